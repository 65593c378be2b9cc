using System.Globalization;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Logging;

namespace RhoLoss.Experiments.Workflows;

/// <summary>
/// Whether large batches are larger than the training set. It is no error: the share that is trained on, n_b / n_B, stays as the recipe has
/// it. But a step then trains on fewer points than <c>training.batch-size</c> says, on a single one in the extreme.
/// </summary>
internal static class LargeBatchNotice
{
    /// <summary>What to say at the start of a run of these arms on a number of training points; null where there is nothing.</summary>
    public static RunEvent.Notice? Of(Recipe recipe, IEnumerable<string> methods, int trainingPoints)
    {
        int batch = recipe.Training.BatchSize;
        (string Arm, int LargeBatch)[] above =
        [
            .. RecipeArm.Parse(methods).Select(arm => (arm.Name, new ArmSelection(recipe, arm, null).LargeBatchSize))
                .Where(arm => arm.LargeBatchSize > trainingPoints && arm.LargeBatchSize > batch),
        ];
        if (above.Length == 0) { return null; }
        int largest = above.Max(arm => arm.LargeBatch);
        string arms = string.Join(" and ", above.Where(arm => arm.LargeBatch == largest).Select(arm => arm.Arm).Distinct());
        long trainedOn = Math.Max(1, (long)trainingPoints * batch / largest);
        return new RunEvent.Notice(string.Create(CultureInfo.InvariantCulture,
            $"{arms} would choose each batch from {largest} points, but there are "
            + $"{Counted.Of(trainingPoints, "training point")}: a step chooses from all of them and trains on {trainedOn}, not on {batch}, "
            + $"so that the share n_b / n_B stays. Set training.large-batch-size to {trainingPoints} at most, "
            + $"or a larger share after the @ of an arm."));
    }
}
