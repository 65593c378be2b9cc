using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>Times the model that another scorer runs, without the gathering of what it runs on.</summary>
internal sealed class ClockedScorer(Scorer inner, TimeProvider clock) : Scorer
{
    public override string Name => inner.Name;

    public override bool SpeaksForTarget => inner.SpeaksForTarget;

    /// <summary>Since <see cref="Reset"/>.</summary>
    public double Seconds { get; private set; }

    public void Reset() => Seconds = 0;

    public override Measurements Measure(Candidates candidates, Measures wanted)
    {
        _ = candidates.Inputs;   // gathered now rather than inside
        long started = clock.GetTimestamp();
        Measurements measured = inner.Measure(candidates, wanted);
        Seconds += clock.GetElapsedTime(started).TotalSeconds;
        return measured;
    }

    public override Tensor? Shortlist(Candidates candidates, SelectionFunction score, int atLeast) =>
        inner.Shortlist(candidates, score, atLeast);

    public override void Observe(TrainedBatch trained) => inner.Observe(trained);

    protected override void Dispose(bool disposing)
    {
        if (disposing) { inner.Dispose(); }
        base.Dispose(disposing);
    }
}
