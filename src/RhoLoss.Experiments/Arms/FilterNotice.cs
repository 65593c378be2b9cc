using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Logging;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Arms;

/// <summary>
/// Says so where the filter of an arm lets fewer examples pass than are trained on: batches are then filled up at random from the others.
/// </summary>
internal static class FilterNotice
{
    /// <summary>The notice, or null where enough pass or the arm has no filter.</summary>
    /// <param name="selection">The arm, with its irreducible losses.</param>
    /// <param name="training">D.</param>
    public static RunEvent.Notice? Of(ArmSelection selection, LabeledDataset training)
    {
        if (selection is not { Arm.Method: { HighestLoss: { } parameter } method, IrreducibleLosses: { } losses }) { return null; }
        double highest = selection.Recipe.Scoring.Of(parameter);
        using IDisposable scope = NewDisposeScope();
        long passing = losses.Of(training.Ids).le(Scalars.Of(highest)).sum().item<long>();
        double share = (double)selection.Recipe.Training.BatchSize / selection.LargeBatchSize;
        return passing >= share * training.Count ? null : new RunEvent.Notice(string.Create(
            CultureInfo.InvariantCulture,
            $"{selection.Arm.Label}: {passing} of {Counted.Of(training.Count, "training example")} have an irreducible loss of at most "
            + $"{highest} nats, fewer than the {100 * share:0.#} % that are trained on, so that batches are filled up at random. "
            + $"Raise {method.Section}.{parameter.Name}."));
    }
}
