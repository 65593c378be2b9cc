using RhoLoss.Datasets;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Running;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>A model with the shape it is usually trained on and the proxy that would score for it.</summary>
internal sealed record BenchmarkModel(Architecture Target, Architecture Proxy, IReadOnlyList<long> InputShape)
{
    public const int Classes = 10;
    private static readonly ValueList<int> NoWidths = [];

    /// <summary>Names that are understood.</summary>
    public static IReadOnlyList<string> Names { get; } = ["resnet18", "resnet-18", "small-cnn", "mlp"];

    /// <exception cref="InvalidInputException">There is no such model.</exception>
    public static BenchmarkModel Find(string name)
    {
        var smallMlp = new Architecture("mlp", [128]);
        return name switch
        {
            "resnet18" or "resnet-18" => new(new("resnet-18", NoWidths), new("small-cnn", NoWidths), [3, 32, 32]),
            "small-cnn" => new(new("small-cnn", NoWidths), smallMlp, [3, 32, 32]),
            "mlp" => new(new("mlp", [512, 512, 512]), smallMlp, [1, 28, 28]),
            _ => throw new InvalidInputException($"There is no model '{name}' to measure. Known are {string.Join(", ", Names)}; the nearest is {NearestName.Of(name, Names)}."),
        };
    }
}
