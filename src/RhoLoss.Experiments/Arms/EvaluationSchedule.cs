using RhoLoss.Experiments.Recipes;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Arms;

/// <summary>When an arm is measured, and when it is done: after each epoch, or at equal shares of a budget of steps or seconds.</summary>
/// <param name="length">How long the arm trains.</param>
/// <param name="evaluations">How often it is measured within a budget of steps or seconds.</param>
/// <param name="trainer">The trainer, for how far it is.</param>
internal sealed class EvaluationSchedule(Length length, int evaluations, Trainer trainer)
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

    private int Evaluations => length is Length.OfEpochs epochs ? epochs.Epochs : evaluations;

    /// <summary>Whether the test set is due after a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="measured">How often it was due before.</param>
    public bool IsDue(StepResult step, int measured) =>
        length is Length.OfEpochs ? step.EpochEnded : trainer.Progress >= Math.Min(1, (measured + 1.0) / Evaluations);

    /// <summary>
    /// Whether no step may follow: the last epoch was evaluated, or a budget is spent, though there
    /// were fewer steps than evaluations wanted.
    /// </summary>
    public bool IsDone(int measured) =>
        measured >= Evaluations || (length is not Length.OfEpochs && measured > 0 && trainer.Progress >= 1);
}
