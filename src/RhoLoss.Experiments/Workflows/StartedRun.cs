using System.Text.Json.Serialization;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Selection;

namespace RhoLoss.Experiments.Workflows;

/// <summary>
/// What a run was started with: <c>started.json</c>. A run that is continued with anything else would be neither the one nor the
/// other, so it is refused.
/// </summary>
/// <param name="Recipe">Every key of the recipe with its value as TOML.</param>
/// <param name="Training">D.</param>
/// <param name="Test">The test set.</param>
/// <param name="Holdout">D_ho, where irreducible losses were of a model trained on it, or a method used it itself; else null.</param>
/// <param name="IrreducibleLosses">Hash of the irreducible losses; null where no method needs them.</param>
/// <param name="Weights">SHA-256 of the file of weights that every model starts from; null where there is none.</param>
/// <param name="IrreducibleLossWeights">The same of the model of an earlier run that irreducible losses are of.</param>
/// <param name="Vocabulary">SHA-256 of the vocabulary that documents were cut by; null where there is none.</param>
internal sealed record StartedRun(
    IReadOnlyDictionary<string, string> Recipe, StartedData Training, StartedData Test, StartedData? Holdout, string? IrreducibleLosses,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Weights = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? IrreducibleLossWeights = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Vocabulary = null)
{
    /// <summary>What a run is about to be started with.</summary>
    public static StartedRun Of(Recipe recipe, ExperimentData data, IrreducibleLosses? losses) => new(
        ValuesOf(recipe), StartedData.Of(data.Training), StartedData.Of(data.Test),
        HoldoutOf(recipe, data, losses is not null), losses?.ContentHash(), WeightsOf(recipe),
        losses is null ? null : PreviousRun.HashOf(recipe), data.Training.Tokens?.Sha256);

    /// <summary>
    /// What the run in a folder was started with; null while nothing was trained that continuing would build on, and where a
    /// finished run does not say it.
    /// </summary>
    /// <exception cref="InvalidInputException">Something was trained, but what it was started with is not known.</exception>
    public static StartedRun? In(RunFolder folder)
    {
        if (!folder.HasTrained || (folder.IsComplete && !File.Exists(folder.StartedPath))) { return null; }
        if (!File.Exists(folder.StartedPath))
        {
            throw new InvalidInputException(
                $"{folder.Location} has no {Path.GetFileName(folder.StartedPath)}, "
                + "where a run says which recipe and data it was started with: an earlier version of rho started it, "
                + "or the file was removed. Start a new run with another --out; `rho evaluate` reads the checkpoints of this one.");
        }
        return RecordedIn(folder);
    }

    /// <summary>What the run in a folder recorded at its start; null where it recorded nothing, as those of earlier versions.</summary>
    public static StartedRun? RecordedIn(RunFolder folder) =>
        File.Exists(folder.StartedPath) ? RunJson.Read<StartedRun>(folder.StartedPath) : null;

    /// <summary>Writes <c>started.json</c>.</summary>
    public void Save(RunFolder folder) =>
        RunJson.Save(this, folder.StartedPath);

    /// <summary>Every key of a recipe with its value as TOML.</summary>
    public static IReadOnlyDictionary<string, string> ValuesOf(Recipe recipe) =>
        RecipeBinder.ValuesOf(recipe).ToDictionary(value => value.Key.Name, value => value.Toml, StringComparer.Ordinal);

    /// <summary>
    /// Refuses a recipe that differs from the one of the start in what decides the run; what may differ is returned in words,
    /// null for nothing.
    /// </summary>
    public string? RequireSame(Recipe recipe, string place) => RequireSame(Recipe, recipe, place);

    /// <summary>The same for a run of which only the recipe is known.</summary>
    public static string? RequireSame(IReadOnlyDictionary<string, string> before, Recipe now, string place)
    {
        (RecipeKey Key, string Before, string Now)[] changes = ChangesFrom(before, now);
        string[] refused =
        [
            .. changes.Where(change => change.Key.Decides != Decides.Nothing || IsOtherWords(change.Key, change.Before, change.Now))
                .Select(change => $"{change.Key.Name} = {change.Before}, but now it is {change.Now}"),
        ];
        if (refused.Length > 0)
        {
            throw new InvalidInputException(
                $"{place} was started with {string.Join("; with ", refused)}. A run goes on as it was started: "
                + $"set {(refused.Length == 1 ? "it" : "them")} back to continue it, or give another --out to start a new one.");
        }
        if (changes.Length == 0) { return null; }
        IEnumerable<string> allowed = changes.Select(change => $"{change.Key.Name} was changed from {change.Before} to {change.Now}");
        return $"since the run was started, {string.Join("; ", allowed)}";
    }

    /// <summary>Another place of a vocabulary is none of its own; words that are counted are no file's.</summary>
    private static bool IsOtherWords(RecipeKey key, string before, string now) =>
        key.Name == "data.vocabulary" && before != now && new[] { before, now }.Contains($"\"{TextOptions.Words}\"");

    /// <summary>
    /// Refuses to measure a checkpoint on another test set than the run did, or as another network than it trained: the accuracy would be
    /// taken for the run's own.
    /// </summary>
    /// <param name="recipe">The recipe as it is now.</param>
    /// <param name="place">The run folder.</param>
    public void RequireSameToEvaluate(Recipe recipe, string place)
    {
        string[] changed =
        [
            .. ChangesFrom(Recipe, recipe)
                .Where(change => change.Key.Decides != Decides.Nothing && change.Key.Section is ("data" or "model"))
                .Select(change => $"{change.Key.Name} = {change.Before}, but now it is {change.Now}"),
        ];
        if (changed.Length > 0)
        {
            throw new InvalidInputException(
                $"{place} was trained with {string.Join("; with ", changed)}. Set {(changed.Length == 1 ? "it" : "them")} back in its "
                + "config.toml to evaluate its checkpoints.");
        }
    }

    /// <summary>The same for the test set itself.</summary>
    /// <param name="test">The test set as it is now.</param>
    /// <param name="place">The run folder.</param>
    public void RequireSameToEvaluate(LabeledDataset test, string place)
    {
        if ((VocabularyDifference(test) ?? Test.DifferenceFrom("test set", test)) is { } difference)
        {
            throw new InvalidInputException(
                $"{place} was measured on another test set: {difference}. Restore the test set to evaluate the run's checkpoints.");
        }
    }

    /// <summary>Refuses to inspect other data than the run had, which would be taken for the run's own.</summary>
    /// <param name="training">The training set as it is now.</param>
    /// <param name="test">The test set as it is now.</param>
    /// <param name="place">The run folder.</param>
    public void RequireSameToInspect(LabeledDataset training, LabeledDataset test, string place)
    {
        if ((Training.DifferenceFrom("training set", training) ?? Test.DifferenceFrom("test set", test)) is { } difference)
        {
            throw new InvalidInputException(
                $"{place} was started with other data: {difference}. Restore the data, or inspect them as they are now by a recipe.");
        }
    }

    /// <summary>
    /// Refuses weights to start from, or to take irreducible losses from, that are not those of the start: arms of one comparison would
    /// differ in them.
    /// </summary>
    public void RequireSameWeights(Recipe recipe, string place)
    {
        RequireSameWeights(Weights, WeightsOf(recipe), recipe.Model.Weights, place);
        if (IrreducibleLossWeights is { } before)
        {
            RequireSameWeights(before, PreviousRun.HashOf(recipe), recipe.IrreducibleLoss.Weights, place);
        }
    }

    private static void RequireSameWeights(string? before, string? now, string file, string place)
    {
        if (before is null || now is null || now == before) { return; }
        throw new InvalidInputException(
            $"{place} was started with other weights: {file} has changed (SHA-256 {before[..8]}, now {now[..8]}). "
            + "Restore that file to continue it, or give another --out to start a new run.");
    }

    /// <summary>Refuses data that are not those of the start.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">Its data as they are now.</param>
    /// <param name="place">The run folder.</param>
    public void RequireSame(Recipe recipe, ExperimentData data, string place)
    {
        string[] differences =
        [
            .. new[]
            {
                VocabularyDifference(data.Training),
                Training.DifferenceFrom("training set", data.Training),
                Test.DifferenceFrom("test set", data.Test),
                Holdout is null || HoldoutOf(recipe, data, usesLosses: true) is null
                    ? null : Holdout.DifferenceFrom("holdout", data.Holdout!),
            }.OfType<string>(),
        ];
        if (differences.Length > 0)
        {
            throw new InvalidInputException(
                $"{place} was started with other data: {string.Join("; ", differences)}. "
                + "Restore the data to continue it, or give another --out to start a new run.");
        }
    }

    /// <summary>What differs in the vocabulary, in words; null for nothing.</summary>
    private string? VocabularyDifference(LabeledDataset data) =>
        Vocabulary is { } before && data.Tokens?.Sha256 is { } now && now != before
            ? $"the vocabulary has changed (SHA-256 {before[..8]}, now {now[..8]})" : null;

    /// <summary>Keys whose values differ. One that is younger than the run had its default.</summary>
    private static (RecipeKey Key, string Before, string Now)[] ChangesFrom(IReadOnlyDictionary<string, string> before, Recipe now) =>
    [
        .. RecipeBinder.ValuesOf(now)
            .Select(value => (value.Key, Before: ValueIn(before, value.Key), Now: value.Toml))
            .Where(change => change.Before != change.Now),
    ];

    private static string ValueIn(IReadOnlyDictionary<string, string> before, RecipeKey key) =>
        before.GetValueOrDefault(key.Name) ?? before.GetValueOrDefault(key.NameInFiles, key.DefaultToml);

    private static string? WeightsOf(Recipe recipe) => PreviousRun.HashOf(ShippedWeights.FileOf(recipe.Model.Weights));

    /// <summary>Refuses irreducible losses that are not those of the start.</summary>
    public void RequireSame(IrreducibleLosses? losses, string place)
    {
        if (IrreducibleLosses is { } before && losses is not null && losses.ContentHash() is var now && now != before)
        {
            throw new InvalidInputException(
                $"{place} was started with other irreducible losses (hash {before[..8]}, now {now[..8]}): "
                + "they were made anew since, by a model that came out different. "
                + "Restore their file to continue the run, or give another --out to start a new one.");
        }
    }

    /// <summary>
    /// The holdout, only where losses come from it, or a method counts its n-grams or trains on it: its files are not read for anything
    /// else.
    /// </summary>
    private static StartedData? HoldoutOf(Recipe recipe, ExperimentData data, bool usesLosses)
    {
        bool usesHoldout = recipe.Arms.Append(RecipeArm.Parse(recipe.Training.Method)).Any(arm => arm.Method.NeedsHoldout);
        LabeledDataset? holdout = usesHoldout ? data.Holdout : usesLosses ? IrreducibleLossReading.HoldoutOf(recipe, data) : null;
        return holdout is null ? null : StartedData.Of(holdout);
    }
}

/// <summary>A data set at the start of a run.</summary>
/// <param name="Count">Number of examples.</param>
/// <param name="Fingerprint">Over inputs, labels and ids.</param>
internal sealed record StartedData(int Count, string Fingerprint)
{
    public static StartedData Of(LabeledDataset data) => new(data.Count, data.Fingerprint.Value);

    /// <summary>What differs, in words; null for nothing.</summary>
    public string? DifferenceFrom(string name, LabeledDataset data) => data.Fingerprint.Value == Fingerprint ? null
        : data.Count != Count ? FormattableString.Invariant($"the {name} had {Count} examples, now it has {data.Count}")
        : $"inputs, labels or ids of the {name} have changed "
            + $"(fingerprint {Fingerprint[..Math.Min(8, Fingerprint.Length)]}, now {data.Fingerprint.Value[..8]})";
}
