using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// A number that an evaluation yields. One more in <see cref="Standard"/> is measured by every run, and is then in its logs, in its
/// summary and, with a <see cref="Title"/>, in the tables.
/// </summary>
/// <param name="Name">Name in files, of letters and digits: <c>accuracy</c>.</param>
/// <param name="Of">The number; null where these examples have none. Its tensors belong to the evaluation.</param>
public sealed record Metric(string Name, Func<EvaluatedExamples, double?> Of)
{
    /// <summary>Name of the share that is predicted right, 0 to 1; null where nothing is right or wrong.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>Name of the mean loss of the examples; in nats for a cross-entropy.</summary>
    public const string Loss = "loss";

    /// <summary>What every evaluation measures, in this order.</summary>
    public static IReadOnlyList<Metric> Standard { get; } =
    [
        new(Accuracy, e => e.Correct?.to(float64).mean().item<double>()),
        new(Loss, e => e.Losses.to(float64).mean().item<double>()),
        new("worstClassAccuracy", e => e.AccuracyByClass.Min()) { Title = "worst class", IsShare = true },
    ];

    /// <summary>Head of its column in tables of results, which show it at the end of training; null for no column of its own.</summary>
    public string? Title { get; init; }

    /// <summary>Whether it is a share between 0 and 1, shown in per cent.</summary>
    public bool IsShare { get; init; }

    /// <summary>Head of its column with its unit; null without a <see cref="Title"/>.</summary>
    public string? Heading => Title is not null && IsShare ? $"{Title} %" : Title;
}
