using System.Text.Json.Serialization;

namespace RhoLoss.Logging;

/// <summary>A model as it was measured during training. Counts and times are totals since the start of the run.</summary>
public sealed record MeasuredPoint
{
    /// <summary>A point.</summary>
    /// <param name="step">Gradient steps.</param>
    /// <param name="epoch">Number of the epoch that has ended or, where no epochs are counted, of the measurement, from 1.</param>
    /// <param name="seconds">Wall-clock seconds of training, without measurements and checkpoints.</param>
    /// <param name="selectionSeconds">Of these, seconds to gather, score and choose.</param>
    /// <param name="examplesTrained">Examples trained on, with repetition.</param>
    /// <param name="forwardPasses">Examples that went through a model to be scored, one counted as often as it did.</param>
    /// <param name="metrics">
    /// What was measured, by name; null where the number is not known here. A name is of letters, digits, - and _; dots make groups, as in
    /// <c>selected.corrupted</c>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A metric is not finite, is called like another value of a point, or has a name of other characters.
    /// </exception>
    public MeasuredPoint(
        long step, int epoch, double seconds, double selectionSeconds, long examplesTrained, long forwardPasses,
        IReadOnlyDictionary<string, double?> metrics)
    {
        (Step, Epoch, Seconds, SelectionSeconds) = (step, epoch, seconds, selectionSeconds);
        (ExamplesTrained, ForwardPasses, Metrics) = (examplesTrained, forwardPasses, metrics);
    }

    /// <summary>Gradient steps.</summary>
    public long Step { get; }

    /// <summary>Number of the epoch or measurement, from 1.</summary>
    public int Epoch { get; }

    /// <summary>Wall-clock seconds of training.</summary>
    public double Seconds { get; }

    /// <summary>Of these, seconds to gather, score and choose: <c>scoringSeconds</c> in files.</summary>
    [JsonPropertyName("scoringSeconds")]
    public double SelectionSeconds { get; }

    /// <summary>Examples trained on, with repetition.</summary>
    public long ExamplesTrained { get; }

    /// <summary>Examples that went through a model to be scored, with repetition: <c>examplesScored</c> in files.</summary>
    [JsonPropertyName("examplesScored")]
    public long ForwardPasses { get; }

    /// <summary>What was measured, by name; null where it is not known here.</summary>
    public IReadOnlyDictionary<string, double?> Metrics
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            PointFields.Require(value);
            field = value;
        }
    }

    /// <summary>
    /// SHA-256 over the ids trained on so far in their order, in hexadecimal: equal hashes, equal selections; null where nobody keeps it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SelectedSha256 { get; init; }

    /// <summary>The metric, which must be known.</summary>
    /// <exception cref="ArgumentException">It was not measured.</exception>
    public double Metric(string name) => Metrics.GetValueOrDefault(name)
        ?? throw new ArgumentException($"'{name}' is not among what was measured: {string.Join(", ", Metrics.Keys)}.", nameof(name));
}
