using System.Globalization;
using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// A number that an evaluation yields. One more in <see cref="Standard"/> is measured by every run, and is then in its logs, in its
/// summary and, with a <see cref="Title"/>, in the tables. Which of two of its values is the better one is asked here.
/// </summary>
/// <param name="Name">Name in files, of letters, digits and hyphens: <c>accuracy</c>.</param>
/// <param name="Of">The number; null where these examples have none. Its tensors belong to the evaluation.</param>
public sealed record Metric(string Name, Func<EvaluatedExamples, double?> Of)
{
    /// <summary>Name of the share that is predicted right, 0 to 1; null where nothing is right or wrong.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>Name of the mean loss of the examples; in nats for a cross-entropy. Points of a run call it <c>testLoss</c>.</summary>
    public const string Loss = "loss";

    /// <summary>Name of the loss of all tokens in bits a byte of text (<see cref="EvaluatedExamples.BitsPerByte"/>).</summary>
    public const string BitsPerByte = "bits-per-byte";

    /// <summary>Name of the exponential of the mean loss of the tokens.</summary>
    public const string Perplexity = "perplexity";

    /// <summary>What every evaluation measures, in this order; of those of tokens, where the loss is one of tokens.</summary>
    public static IReadOnlyList<Metric> Standard { get; } =
    [
        new(Accuracy, e => e.Correct?.to(float64).mean().item<double>()) { IsShare = true },
        new(Loss, e => e.Losses.to(float64).mean().item<double>()) { LowerIsBetter = true },
        new("worstClassAccuracy", e => e.AccuracyByClass.Min()) { Title = "worst class", IsShare = true },
        new(BitsPerByte, e => e.BitsPerByte)
        {
            Title = "bits per byte",
            LowerIsBetter = true,
            IsOfTokens = true,
        },
        new(Perplexity, e => e.TokenLoss is { } loss && double.IsFinite(Math.Exp(loss)) ? Math.Exp(loss) : null)
        {
            Title = "perplexity",
            LowerIsBetter = true,
            IsOfTokens = true,
        },
    ];

    /// <summary>Head of its column in tables of results, which show it at the end of training; null for no column of its own.</summary>
    public string? Title { get; init; }

    /// <summary>Whether it is a share between 0 and 1, shown in per cent.</summary>
    public bool IsShare { get; init; }

    /// <summary>Whether a smaller value is the better one, as of a loss.</summary>
    public bool LowerIsBetter { get; init; }

    /// <summary>Whether it is measured only where the objective is <see cref="TokenCrossEntropy"/>.</summary>
    public bool IsOfTokens { get; init; }

    /// <summary>Head of its column with its unit; null without a <see cref="Title"/>.</summary>
    public string? Heading => Title is not null && IsShare ? $"{Title} %" : Title;

    /// <summary>Name among the metrics of a measured point, where <c>loss</c> is that of a step.</summary>
    public string NameInPoints => Name == Loss ? "testLoss" : Name;

    /// <summary>What a sentence calls it.</summary>
    public string Words => Title ?? Name;

    /// <summary>The standard metric of that name, or name in points.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Metric Named(string name) => Standard.FirstOrDefault(metric => metric.Name == name || metric.NameInPoints == name)
        ?? throw new ArgumentException(
            $"There is no metric '{name}'. Known are {string.Join(", ", Standard.Select(metric => metric.Name))}.", nameof(name));

    /// <summary>Whether a value is at least as good as a target.</summary>
    public bool Reaches(double value, double target) => LowerIsBetter ? value <= target : value >= target;

    /// <summary>The best of values, of which there must be one.</summary>
    public double Best(IEnumerable<double> values) => LowerIsBetter ? values.Min() : values.Max();

    /// <summary>The value as a score of which higher is better, as <see cref="CheckpointStore"/> takes it.</summary>
    public double Score(double value) => LowerIsBetter ? -value : value;

    /// <summary>A value as text: a share in per cent with one decimal, <c>87.5 %</c>, all else with three decimals.</summary>
    public string Format(double value) => IsShare
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * value:0.0} %")
        : value.ToString("0.000", CultureInfo.InvariantCulture);
}
