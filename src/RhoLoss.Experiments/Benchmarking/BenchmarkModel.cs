using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>A model with the shape it is usually trained on and the proxy that would score for it.</summary>
internal sealed record BenchmarkModel(Architecture Target, Architecture Proxy, IReadOnlyList<long> InputShape)
{
    public const int Classes = 10;
    private const string ShortName = "resnet18";

    /// <summary>Names that are understood: networks for images.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [ShortName, .. ModelTable.All.Where(model => !model.ReadsText).Select(model => model.Name)];

    /// <exception cref="InvalidInputException">There is no such model.</exception>
    public static BenchmarkModel Find(string name)
    {
        if (!Names.Contains(name))
        {
            throw new InvalidInputException(
                $"There is no model '{name}' to measure. "
                + $"Known are {string.Join(", ", Names)}; the nearest is {NearestName.Of(name, Names)}.");
        }
        ModelKind kind = ModelTable.Get(name == ShortName ? ModelTable.ResNet18 : name);
        return new BenchmarkModel(new(kind.Name, [512, 512, 512]), new(kind.UsualProxy, [128]), kind.UsualInput);
    }
}
