using RhoLoss.Experiments.Runs;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Running;

/// <summary>One arm's history so far, all that a summary needs; complete when it has all epochs.</summary>
/// <param name="Method">Method.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Epochs">One entry an epoch, or an evaluation where the budget is in steps or seconds.</param>
/// <param name="SecondsSpentBefore">Seconds of the irreducible-loss model, of a plan and of svp's proxy that count in its budget.</param>
/// <param name="PreparationSeconds">Seconds of its plan or of svp's proxy, counted in a budget or not.</param>
public sealed record ArmResult(
    string Method, long Seed, IReadOnlyList<EpochResult> Epochs, double SecondsSpentBefore = 0, double PreparationSeconds = 0)
{
    /// <summary>Test accuracy after each epoch.</summary>
    public IReadOnlyList<double> AccuracyByEpoch => [.. Epochs.Select(e => e.Accuracy)];

    /// <summary>The arm as <c>summary.json</c> has it.</summary>
    /// <param name="target">Accuracy that epochs and seconds are counted to; null when nothing is counted.</param>
    /// <param name="countsEpochs">False where the entries are evaluations of a budget, which have no epochs to count.</param>
    public ArmSummary ToSummary(double? target, bool countsEpochs = true)
    {
        EpochResult last = Epochs[^1];
        return new ArmSummary(
            Method, Seed, Epochs.Count, last.Step, last.ExamplesTrained, last.ExamplesScored, last.Seconds, last.ScoringSeconds,
            last.Accuracy, AccuracyByEpoch.Max(),
            target is { } t && countsEpochs ? SpeedupCalculator.EpochsToTarget(AccuracyByEpoch, t) : null,
            target is { } u ? SpeedupCalculator.SecondsToTarget(AccuracyByEpoch, [.. Epochs.Select(e => e.Seconds)], u) : null,
            AccuracyByEpoch, Average(), last.SelectedSha256, [.. Epochs.Select(e => e.Seconds)], [.. Epochs.Select(e => e.Step)],
            SecondsSpentBefore, PreparationSeconds);
    }

    /// <summary>Shares over all selected points of all epochs, each selection counting once.</summary>
    private SelectedSummary Average()
    {
        double? Share(Func<SelectionShares, double?> share) =>
            Epochs.Any(e => share(e.Selected) is null)
                ? null
                : Epochs.Sum(e => share(e.Selected)!.Value * e.Selected.Selected) / Epochs.Sum(e => e.Selected.Selected);
        return new SelectedSummary(Share(s => s.Corrupted), Share(s => s.AlreadyCorrect), Share(s => s.LowRelevance));
    }
}

/// <summary>
/// An arm after an epoch. Counts and times are totals since its start; times exclude evaluation, tracking and checkpoints.
/// </summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Step">Gradient steps.</param>
/// <param name="Accuracy">Test accuracy, 0 to 1.</param>
/// <param name="TestLoss">Mean test loss in nats.</param>
/// <param name="TrainLoss">Mean over the epoch's steps of the loss of b_t before the update, in nats.</param>
/// <param name="Seconds">Wall-clock seconds of training.</param>
/// <param name="ScoringSeconds">Of these, seconds to gather, score and choose.</param>
/// <param name="ExamplesTrained">Examples trained on, with repetition.</param>
/// <param name="ExamplesScored">Examples that went through the model to be scored, with repetition.</param>
/// <param name="Selected">Shares of this epoch's selected points.</param>
/// <param name="SelectedSha256">Hash over the ids of all selected points so far, in order: equal hashes, equal selections.</param>
public sealed record EpochResult(
    int Epoch, long Step, double Accuracy, double TestLoss, double TrainLoss, double Seconds, double ScoringSeconds,
    long ExamplesTrained, long ExamplesScored, SelectionShares Selected, string SelectedSha256);
