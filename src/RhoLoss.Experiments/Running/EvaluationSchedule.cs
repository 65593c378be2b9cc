using RhoLoss.Experiments.Recipes;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Running;

/// <summary>When an arm is measured, and when it is done: after each epoch, or at equal shares of a budget of steps or seconds.</summary>
/// <param name="recipe">The recipe.</param>
/// <param name="budget">Share of the recipe's budget that the arm has.</param>
/// <param name="trainer">The trainer, for how far it is.</param>
internal sealed class EvaluationSchedule(Recipe recipe, double budget, Trainer trainer)
{
    /// <summary>Steps of the whole run: known for epochs and steps, estimated for a budget of seconds.</summary>
    public long TotalSteps => Section switch
    {
        { Seconds: > 0 } =>
            trainer.Progress > 0 && trainer.StepsTaken > 0
                ? Math.Max(trainer.StepsTaken, (long)(trainer.StepsTaken / trainer.Progress))
                : 1,
        { Steps: > 0 and var steps } => (long)Math.Round(budget * steps),
        _ => (long)ComputeOptions.EpochsOf(recipe, budget) * trainer.StepsPerEpoch,
    };

    private TrainingSection Section => recipe.Training;

    private int Evaluations => Section.CountsEpochs ? ComputeOptions.EpochsOf(recipe, budget) : Section.Evaluations;

    /// <summary>Whether the test set is due after a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="measured">How often it was due before.</param>
    public bool IsDue(StepResult step, int measured) =>
        Section.CountsEpochs ? step.EpochEnded : trainer.Progress >= Math.Min(1, (measured + 1.0) / Evaluations);

    /// <summary>
    /// Whether no step may follow: the last epoch was evaluated, or a budget is spent, though there
    /// were fewer steps than evaluations wanted.
    /// </summary>
    public bool IsDone(int measured) =>
        measured >= Evaluations || (!Section.CountsEpochs && measured > 0 && trainer.Progress >= 1);
}
