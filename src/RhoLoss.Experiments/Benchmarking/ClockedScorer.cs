using System.Diagnostics;
using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>Times the model that another scorer runs, without the gathering of what it runs on.</summary>
internal sealed class ClockedScorer(Scorer inner) : Scorer
{
    public override string Name => inner.Name;

    public override bool SpeaksForTarget => inner.SpeaksForTarget;

    /// <summary>Since <see cref="Reset"/>.</summary>
    public double Seconds { get; private set; }

    public void Reset() => Seconds = 0;

    public override Tensor Logits(Candidates candidates)
    {
        _ = candidates.Inputs;   // gathered now rather than inside
        long started = Stopwatch.GetTimestamp();
        Tensor logits = inner.Logits(candidates);
        Seconds += Stopwatch.GetElapsedTime(started).TotalSeconds;
        return logits;
    }

    public override Tensor? Shortlist(Candidates candidates, SelectionFunction score, int atLeast) =>
        inner.Shortlist(candidates, score, atLeast);

    public override void Observe(Batch batch, Tensor logits) => inner.Observe(batch, logits);

    protected override void Dispose(bool disposing)
    {
        if (disposing) { inner.Dispose(); }
        base.Dispose(disposing);
    }
}
