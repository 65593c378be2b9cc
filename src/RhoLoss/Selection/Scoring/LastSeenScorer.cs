using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// Scores from memory: the logits each example had when it was last trained on or rescored. Training refreshes what it selects for free;
/// a budgeted rescore refreshes the oldest of every large batch, so that nothing is forgotten for good.
/// </summary>
public sealed class LastSeenScorer : RememberingScorer
{
    private readonly int _rescored;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="data">The training set whose examples will be scored. Not owned.</param>
    /// <param name="rescorer">
    /// Runs a model on the candidates that are refreshed; owned. One in eval mode: a handful of examples has no statistics of its own.
    /// </param>
    /// <param name="rescored">How many candidates of each large batch are refreshed, the oldest first; 0 leaves it to training.</param>
    public LastSeenScorer(LabeledDataset data, Scorer rescorer, int rescored) : base(data, Checked(rescorer, rescored))
    {
        _rescored = rescored;
    }

    /// <inheritdoc/>
    public override string Name => "last-seen";

    /// <inheritdoc/>
    public override Tensor Logits(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        if (_rescored > 0)
        {
            Tensor byAge = sort(Table.AgeOf(candidates.Indices), descending: true, stable: true).indices;
            Tensor oldest = byAge.slice(0, 0, Math.Min(_rescored, candidates.Count), 1);
            Candidates refreshed = candidates.Subset(oldest).ScoredBy(Inner);
            Table.Remember(refreshed.Indices, refreshed.Logits);
            candidates.CountForwarded(refreshed.Forwarded);
        }
        return Table.LogitsOf(candidates.Indices);
    }

    /// <inheritdoc/>
    public override void Observe(Batch batch, Tensor logits)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Table.Remember(batch.Indices, logits);
        Table.Tick();
        Inner.Observe(batch, logits);
    }

    /// <summary>Before there is a table that a refusal would have to free.</summary>
    private static Scorer Checked(Scorer rescorer, int rescored)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rescored);
        return rescorer;
    }
}
