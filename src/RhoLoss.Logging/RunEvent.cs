using System.Globalization;
using RhoLoss.Selection.Gate;
using RhoLoss.Training;

namespace RhoLoss.Logging;

/// <summary>Something that happened in a run. Others than these may be made of it, with lines of their own.</summary>
public abstract record RunEvent
{
    /// <summary>What it is in one line that is said once; null where it is none of one's business.</summary>
    public virtual string? Line => null;

    /// <summary>Where the run is now, for one who looks every few seconds; null where it says nothing of that.</summary>
    public virtual string? Place => null;

    /// <summary>
    /// What the user should know of data, weights, settings and machine, because it bears on the result: each a sentence or two.
    /// Shown also where progress is not.
    /// </summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>A run starts, or continues after <c>StepsTaken</c> steps.</summary>
    /// <param name="Arm">The run.</param>
    /// <param name="StepsTaken">Gradient steps taken before.</param>
    /// <param name="TotalSteps">Steps of the whole run, perhaps estimated.</param>
    public sealed record Started(Arm Arm, long StepsTaken, long TotalSteps) : RunEvent
    {
        /// <inheritdoc/>
        public override string? Line => StepsTaken > 0 ? Invariant($"{Arm}: continues after step {StepsTaken} of {TotalSteps}") : null;
    }

    /// <summary>A gradient step is done. For those who look; nobody keeps it.</summary>
    /// <param name="Arm">The run.</param>
    /// <param name="Step">Gradient steps taken.</param>
    /// <param name="TotalSteps">Steps of the whole run, perhaps estimated.</param>
    /// <param name="Loss">Mean loss of b_t before the update, in nats.</param>
    /// <param name="NetSecondsSaved">A gate's estimate of what selection has saved so far; null without a gate.</param>
    public sealed record Progressed(Arm Arm, long Step, long TotalSteps, double Loss, double? NetSecondsSaved = null) : RunEvent
    {
        /// <inheritdoc/>
        public override string Place =>
            Invariant($"{Arm}: step {Step} of {TotalSteps}, loss {Loss:0.000}")
            + (NetSecondsSaved is { } saved ? Invariant($", net {saved:+0.0;-0.0;0.0} s saved") : "");
    }

    /// <summary>A gradient step to be kept.</summary>
    /// <param name="Arm">The run.</param>
    /// <param name="Step">Its number, from 1.</param>
    /// <param name="Loss">Mean loss of b_t before the update, in nats.</param>
    /// <param name="Quantiles">Of what was selected and rejected, by name, as <see cref="SelectionTracker.Quantiles"/> has them.</param>
    public sealed record Stepped(
        Arm Arm, long Step, double Loss, IReadOnlyDictionary<string, SelectionQuantiles> Quantiles) : RunEvent;

    /// <summary>The gate of a run looked at what selection is worth.</summary>
    /// <param name="Arm">The run.</param>
    /// <param name="Decision">What it found and chose.</param>
    public sealed record GateDecided(Arm Arm, GateDecision Decision) : RunEvent
    {
        /// <inheritdoc/>
        public override string Line =>
            Invariant($"{Arm}: step {Decision.Step}, {Decision}; net {Decision.NetSecondsSaved:+0.0;-0.0;0.0} s saved");
    }

    /// <summary>The model was measured.</summary>
    /// <param name="Arm">The run.</param>
    /// <param name="Point">What was found.</param>
    public sealed record Measured(Arm Arm, MeasuredPoint Point) : RunEvent
    {
        /// <summary>What the run is judged by, where it was measured.</summary>
        public Metric Metric { get; init; } = Metric.Named(Metric.Accuracy);

        /// <inheritdoc/>
        public override string Place => Invariant($"{Arm}: step {Point.Step}, ")
            + string.Join(", ", Point.Metrics.Where(m => m.Value is not null).Select(m => Invariant($"{m.Key} {m.Value:0.000}")));
    }

    /// <summary>A run is complete; <c>Reused</c> when it was found complete.</summary>
    /// <param name="Arm">The run.</param>
    /// <param name="Points">All its points, in order.</param>
    /// <param name="Reused">Whether it was trained earlier.</param>
    public sealed record Finished(Arm Arm, IReadOnlyList<MeasuredPoint> Points, bool Reused = false) : RunEvent
    {
        /// <summary>What the run is judged by, where it was measured.</summary>
        public Metric Metric { get; init; } = Metric.Named(Metric.Accuracy);

        /// <inheritdoc/>
        public override string Line
        {
            get
            {
                if (Reused) { return $"{Arm}: finished earlier"; }
                if (Points.Count == 0) { return $"{Arm}: finished"; }
                MeasuredPoint last = Points[^1];
                string end = Invariant($"after {Counted.Of(last.Step, "step")}");
                string time = Invariant($"{last.Seconds:0.0} s");
                double[] values = [.. Points.Select(point => point.Metrics.GetValueOrDefault(Metric.NameInPoints)).OfType<double>()];
                string unit = Metric.IsShare ? "" : $" {Metric.Words}";
                return values.Length == Points.Count
                    ? $"{Arm}: {Metric.Format(values[^1])}{unit} {end} (best {Metric.Format(Metric.Best(values))}), {time}"
                    : $"{Arm}: finished {end}, {time}";
            }
        }
    }

    /// <summary>Something the user should read, such as a damaged checkpoint.</summary>
    /// <param name="Text">A sentence or two.</param>
    public sealed record Notice(string Text) : RunEvent
    {
        /// <inheritdoc/>
        public override IReadOnlyList<string> Notes => [Text];
    }

    /// <summary>A part of longer work begins or is waited for: progress in words.</summary>
    /// <param name="Text">One line.</param>
    public sealed record Stage(string Text) : RunEvent
    {
        /// <inheritdoc/>
        public override string Line => Text;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
