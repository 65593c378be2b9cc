using RhoLoss.Selection.Scoring;

namespace RhoLoss.Selection;

/// <summary>
/// Counts selections since the last step that a selector was told of. Selecting more than once between steps is allowed; never telling of
/// one is not, where the scorer then falls behind the target.
/// </summary>
internal sealed class MissedSteps(Scorer scorer, Reference? reference)
{
    private const int Allowed = 20;
    private int _selections;

    /// <summary>The selector was told of a step.</summary>
    public void Observed() => _selections = 0;

    /// <summary>Counts a selection that is about to be made.</summary>
    /// <exception cref="InvalidOperationException">Too many passed without a step, and the scorer is out of date.</exception>
    public void Selecting()
    {
        if (_selections == Allowed && (scorer.MissedSteps || reference is { LearnsFromSteps: true }))
        {
            string behind = scorer.MissedSteps ? $"scorer {scorer.Name}" : "reference";
            throw new InvalidOperationException(
                $"Observe must be called after every training step, but {Allowed} selections in a row passed without it, "
                + $"so the {behind} does not know what the target has learnt since. Call selector.Observe(selected.Batch, "
                + "logits.detach()) after optimizer.step(), with the logits of that step.");
        }
        _selections = _selections % Allowed + 1;
    }
}
