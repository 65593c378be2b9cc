using System.Diagnostics;
using RhoLoss.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Workflows;

/// <summary>
/// Says which labels of a recipe's training set are likely wrong, by models of its section <c>irreducible-loss</c> that have not seen them,
/// and which examples of all parts are duplicates.
/// </summary>
public static class DataInspection
{
    /// <summary>Inspects the data of a recipe as its run would read them, noise included.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="run">The run whose recipe it is, which recorded what data it had; null for a recipe by itself.</param>
    /// <param name="cancellation">Stops between steps; nothing is written.</param>
    /// <exception cref="InvalidInputException">
    /// The data have no classes, cannot be read or are not those that the run had, the network does not fit them, or something is where
    /// files would be written.
    /// </exception>
    public static InspectionReport Run(
        Recipe recipe, InspectionOptions options, Action<RunEvent> report, RunFolder? run = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(report);
        if (DataKinds.IsCorpus(recipe.Data.Set)) { throw WithoutClasses(recipe); }
        var files = new InspectionFiles(options);
        files.RequireFree(recipe);
        using var viewer = ExampleViewer.Open(recipe);
        LabeledDataset training = viewer.Data.Training;
        if (training.Classes == 0) { throw WithoutClasses(recipe); }
        if (run is not null) { StartedRun.RecordedIn(run)?.RequireSameToInspect(training, viewer.Data.Test, run.Location); }
        report(RunSession.Describe(viewer.Data));
        Architecture network = IrreducibleLossName.ArchitectureOf(recipe);
        network.RequireInputs(training, downscale: 1);
        files.RequireWritable();

        using IDisposable scope = NewDisposeScope();
        long started = Stopwatch.GetTimestamp();
        IReadOnlyList<InspectedExample> duplicates = DuplicateExamples.In(viewer);   // first: makes the fingerprints that folds need
        long trains = Stopwatch.GetTimestamp();
        Tensor logProbabilities = OutOfSampleTraining.Run(recipe, viewer.Data, report, cancellation);
        double trained = Stopwatch.GetElapsedTime(trains).TotalSeconds;
        var judged = JudgedLabels.Of(training, logProbabilities, viewer.StoredLabels(ExampleViewer.TrainingPart).ContainsKey);
        (IReadOnlyList<InspectedExample> wrong, IReadOnlyList<string> written) =
            files.Write(recipe, viewer, judged, judged.Examples(viewer), duplicates);
        return new InspectionReport(
            viewer.Name, viewer.Source, FormattableString.Invariant($"{OutOfSampleTraining.Folds} × {network.Title}"), wrong, duplicates,
            judged.Classes(viewer),
            new InspectionCounts(
                training.Count, DuplicateExamples.CountCopies(training), wrong.Count, judged.WrongByClass.Sum(), duplicates.Count),
            judged.Known, new InspectionSeconds(trained, Stopwatch.GetElapsedTime(started).TotalSeconds - trained), written);
    }

    private static InvalidInputException WithoutClasses(Recipe recipe) => new(
        $"rho inspect judges labels that are classes, but the examples of {recipe.Data.Set} are documents for a language model, which have "
        + "none. Give a recipe or run whose examples have classes.");
}
