using RhoLoss.Data;
using RhoLoss.Logging;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Arms;

/// <summary>
/// What an arm has done and found so far: sums, shares of what it selected, each example, each point. Part of a checkpoint.
/// </summary>
internal sealed class ArmHistory : IDisposable
{
    private const string Points = "The entry points of the checkpoint";
    private const string Fix = "Delete that checkpoint to resume from the one before.";
    private readonly Metric _metric;
    private readonly SelectionTracker _tracker;
    private readonly RunTotals _totals = new();
    private readonly List<MeasuredPoint> _points = [];

    /// <summary>A history in which nothing has happened.</summary>
    /// <param name="data">D. Not owned.</param>
    /// <param name="metric">What the run is judged by.</param>
    public ArmHistory(LabeledDataset data, Metric metric)
    {
        _metric = metric;
        _tracker = new SelectionTracker(data);
        Ledger = new ExampleLedger(data);
    }

    /// <summary>What was found of each example. Owned by the history.</summary>
    public ExampleLedger Ledger { get; }

    /// <summary>What was measured, in order.</summary>
    public IReadOnlyList<MeasuredPoint> Measured => _points;

    /// <summary>Takes in a step while its tensors live.</summary>
    public void Observe(TrainingStep step)
    {
        _tracker.Observe(step);
        Ledger.Observe(step);
        _totals.AddSelected(step.Selected.Indices);
    }

    /// <summary>Adds the numbers of a step.</summary>
    public void Add(StepResult step) => _totals.Add(step);

    /// <summary>Makes and keeps the point of an evaluation; shares and mean loss begin anew.</summary>
    /// <param name="test">The test set.</param>
    /// <param name="stages">What drops candidates before they are scored; null where nothing does.</param>
    public MeasuredPoint Measure(Evaluation test, TwoStageScorer? stages)
    {
        IEnumerable<KeyValuePair<string, double?>> ofStages = stages is null ? [] :
            [new("firstStage.dropped", stages.Dropped), new("firstStage.seconds", stages.FirstStageSeconds)];
        MeasuredPoint point = _totals.Measure(_points.Count + 1, test, _tracker.Shares.Metrics.Concat(ofStages));
        _tracker.Reset();
        _points.Add(point);
        return point;
    }

    /// <summary>Adds itself to a checkpoint, which is to be written before the next step.</summary>
    public void Capture(Checkpoint checkpoint)
    {
        checkpoint.Tensors["tracker"] = _tracker.State;
        Ledger.Capture(checkpoint);
        _totals.Capture(checkpoint);
        checkpoint.Values["points"] = ArmState.Write(_points);
    }

    /// <summary>Continues from a checkpoint.</summary>
    /// <exception cref="InvalidInputException">It lacks a part, or has one of another form.</exception>
    public void Restore(Checkpoint checkpoint)
    {
        _tracker.Restore(checkpoint.Tensor("tracker"));
        Ledger.Restore(checkpoint);
        _totals.Restore(checkpoint);
        _points.Clear();
        List<MeasuredPoint?> points = ArmState.Read<List<MeasuredPoint?>>(checkpoint.Get("points"), Points, Fix);
        _points.AddRange(ArmState.Checked(points, _metric, Points, Fix));
    }

    /// <summary>Frees tracker and ledger.</summary>
    public void Dispose()
    {
        _tracker.Dispose();
        Ledger.Dispose();
    }
}
