using RhoLoss.Experiments.Recipes;
using RhoLoss.Logging;
using RhoLoss.Training;
using static System.FormattableString;

namespace RhoLoss.Experiments.Arms;

/// <summary>
/// When an arm is measured, and when it is done: after each epoch, or at equal shares of a budget of steps or seconds, until that is spent
/// or, where the recipe says so, its metric has not become better for a while.
/// </summary>
/// <param name="length">How long the arm trains at most.</param>
/// <param name="training">How often it is measured within a budget of steps or seconds, and how long it waits for a better value.</param>
/// <param name="metric">What it is judged by.</param>
/// <param name="trainer">The trainer, for how far it is.</param>
internal sealed class EvaluationSchedule(Length length, TrainingSection training, Metric metric, Trainer trainer)
{
    /// <summary>Steps of the whole run: known for epochs and steps, estimated for a budget of seconds.</summary>
    public long TotalSteps => length switch
    {
        Length.OfEpochs epochs => (long)epochs.Epochs * trainer.StepsPerEpoch,
        Length.OfSteps steps => steps.Steps,
        _ when trainer.Progress > 0 && trainer.StepsTaken > 0 =>
            Math.Max(trainer.StepsTaken, (long)(trainer.StepsTaken / trainer.Progress)),
        _ => 1,
    };

    private int Evaluations => length is Length.OfEpochs epochs ? epochs.Epochs : training.Evaluations;

    /// <summary>Whether the test set is due after a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="measured">How often it was due before.</param>
    public bool IsDue(StepResult step, int measured) =>
        length is Length.OfEpochs ? step.EpochEnded : trainer.Progress >= Math.Min(1, (measured + 1.0) / Evaluations);

    /// <summary>
    /// Whether no step may follow: the last epoch was evaluated, or a budget is spent, though there
    /// were fewer steps than evaluations wanted, or the arm has waited long enough for a better value.
    /// </summary>
    /// <param name="measured">All points so far: nothing else is remembered, so a resumed arm ends where it would have.</param>
    public bool IsDone(IReadOnlyList<MeasuredPoint> measured) => IsSpent(measured.Count) || HasWaited(measured);

    /// <summary>What to tell of an arm that is done before its length is spent; null of any other.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="measured">All points so far.</param>
    public RunEvent.Notice? EarlyEndOf(Arm arm, IReadOnlyList<MeasuredPoint> measured)
    {
        if (IsSpent(measured.Count) || !HasWaited(measured)) { return null; }
        int best = BestOf(measured, metric);
        string value = metric.Format(measured[best].Metric(metric.NameInPoints)), since = Counted.Of(training.EarlyStop, "evaluation");
        return new RunEvent.Notice(
            Invariant($"{arm} ended early, after evaluation {measured.Count} of {Evaluations} (step {measured[^1].Step}): ")
            + Invariant($"{metric.Words} was not better than {value}, that of evaluation {best + 1}, in the {since} since ")
            + Invariant($"(training.early-stop = {training.EarlyStop})."));
    }

    /// <summary>Index of the first point that none is better than.</summary>
    internal static int BestOf(IReadOnlyList<MeasuredPoint> measured, Metric metric)
    {
        int best = 0;
        for (int i = 1; i < measured.Count; i++)
        {
            if (Score(i) > Score(best)) { best = i; }
        }
        return best;

        double Score(int i) => metric.Score(measured[i].Metric(metric.NameInPoints));
    }

    private bool IsSpent(int measured) =>
        measured >= Evaluations || (length is not Length.OfEpochs && measured > 0 && trainer.Progress >= 1);

    private bool HasWaited(IReadOnlyList<MeasuredPoint> measured) =>
        training.EarlyStop > 0 && measured.Count > training.EarlyStop
        && measured.Count - 1 - BestOf(measured, metric) >= training.EarlyStop;
}
