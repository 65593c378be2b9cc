using RhoLoss.Datasets;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Running;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>A model with the shape it is usually trained on and the proxy that would score for it.</summary>
internal sealed record BenchmarkModel(Architecture Target, Architecture Proxy, IReadOnlyList<long> InputShape)
{
    public const int Classes = 10;
    private static readonly ValueList<int> NoWidths = [];

    /// <summary>Names that are understood: networks for images.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["resnet18", .. ModelNames.All.Where(name => !new Architecture(name, NoWidths).ReadsText)];

    /// <exception cref="InvalidInputException">There is no such model.</exception>
    public static BenchmarkModel Find(string name)
    {
        var smallMlp = new Architecture(ModelNames.Mlp, [128]);
        return name switch
        {
            ModelNames.Mlp => new(new(name, [512, 512, 512]), smallMlp, [1, 28, 28]),
            ModelNames.SmallCnn => new(new(name, NoWidths), smallMlp, [3, 32, 32]),
            // The small CNN has no stride, so on large images its first linear layer would be larger than a ResNet.
            ModelNames.MobileNetV2Large => new(new(name, NoWidths), smallMlp, [3, 224, 224]),
            _ when ModelNames.IsLarge(name) => new(new(name, NoWidths), new(ModelNames.MobileNetV2Large, NoWidths), [3, 224, 224]),
            _ when Names.Contains(name) =>
                new(new(name == "resnet18" ? ModelNames.ResNet18 : name, NoWidths), new(ModelNames.SmallCnn, NoWidths), [3, 32, 32]),
            _ => throw new InvalidInputException(
                $"There is no model '{name}' to measure. "
                + $"Known are {string.Join(", ", Names)}; the nearest is {NearestName.Of(name, Names)}."),
        };
    }
}
