using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Recipes;

/// <summary>Where a key is read at all.</summary>
/// <param name="Key">Full name.</param>
/// <param name="Where">In words that finish "it is only read …".</param>
/// <param name="Reads">Whether a recipe reads it.</param>
internal sealed record KeyScope(string Key, string Where, Func<Recipe, bool> Reads);

/// <summary>
/// Every key that only some recipes read: a value given for one of them elsewhere changes nothing, which its author should know. Keys that
/// are not here are always read, or are refused where they are not.
/// </summary>
internal static class KeyScopes
{
    /// <summary>Keys that say how an irreducible-loss model is trained: they decide nothing where one is read that is there.</summary>
    public static string[] OfLossTraining { get; } =
    [
        .. ((string[])["epochs", "epoch-examples", "validation-examples", "patience", "batch-size", "learning-rate", "weight-decay", "seed",
            "logit-adjustment", "precision"]).Select(leaf => $"irreducible-loss.{leaf}"),
    ];

    private static readonly string ForImageFiles = $"for image files (data.set = {Or(DataKinds.ImageFiles)})";
    private static readonly string ForTexts = $"for texts (data.set = {Or(DataKinds.Texts)})";

    /// <summary>The table.</summary>
    public static IReadOnlyList<KeyScope> All { get; } =
    [
        .. Each(["data.image-size", "data.skip-bad", "data.loader-threads", "data.cache-megabytes"], ForImageFiles,
            r => DataKinds.ImageFiles.Contains(r.Data.Set)),
        new("data.max-length", ForTexts, IsText),
        new("data.vocabulary", $"{ForTexts}, and for documents with data.tokens = vocabulary",
            r => IsText(r) || (IsCorpus(r) && r.Data.Tokens == TokenChoice.Vocabulary)),
        .. Each(["data.text-column", "data.label-column"], "for your own texts (data.set = text)", IsOwnText),
        .. Each(["data.tokens", "data.sequence-length"], $"for documents (data.set = {Or(DataKinds.Corpora)})", IsCorpus),
        .. Each(["data.pool", "data.holdout", "data.test", "data.text-field", "data.on-task"],
            "for your own documents (data.set = corpus)", IsOwnCorpus),
        new("data.test-fraction", "for your own texts (data.set = text) without a test file, and for a corpus without one",
            r => (IsOwnText(r) && r.Data.TestFile.Length == 0) || IsOwnCorpus(r)),
        new("data.augment", "for images", r => !IsText(r) && !IsCorpus(r)),
        new("data.split-seed", "where a split is drawn, which data.set has fixed, or by data.long-tail or data.relevance-classes",
            r => !DataKinds.HasFixedSplit(r.Data.Set) || r.Data.LongTail > 1 || r.Data.RelevanceClasses > 0),
        new("data.relevance-share", "with data.relevance-classes above 0", r => r.Data.RelevanceClasses > 0),

        new("noise.seed", "with noise.fraction above 0", HasNoise),
        new("noise.holdout", "with noise.fraction above 0 and a holdout", r => HasNoise(r) && r.Data.HoldoutFraction > 0),

        new("model.hidden", $"for model.name = {WithWidths}", r => HasWidths(r.Model.Name)),
        new("model.dropout", $"for model.name = {ModelTable.NamesOf(model => model.HasDropout, " or ")}",
            r => ModelTable.Get(r.Model.Name).HasDropout),

        .. RecipeKeys.All.Where(key => key.Section == "irreducible-loss" && key.Leaf is not ("hidden" or "charge"))
            .Select(key => new KeyScope(key.Name, "where an arm needs irreducible losses", NeedsIrreducibleLosses))
            .ExceptBy(OfLossTraining, scope => scope.Key),
        .. Each(OfLossTraining, "where an arm needs irreducible losses and irreducible-loss.weights is empty",
            r => NeedsIrreducibleLosses(r) && r.IrreducibleLoss.Reference.Trains),
        new("irreducible-loss.hidden", $"for irreducible-loss.model = {WithWidths}, where an arm needs irreducible losses",
            r => NeedsIrreducibleLosses(r) && HasWidths(r.IrreducibleLoss.Model)),
        new("irreducible-loss.charge", "with a budget of training.seconds", r => r.Training.Length is Length.OfSeconds),

        // 0 is no budget: it says that there is none, beside one of seconds too. A plan has that number of steps in any case.
        new("training.steps", "without a budget of training.seconds, or by plans",
            r => r.Training.Steps == 0 || r.Training.Length is not Length.OfSeconds
                || r.Arms.Any(arm => arm.ScorerIn(r.Scoring).ReplaysPlan)),
        new("training.epochs", "without a budget of training.steps or training.seconds", r => r.Training.CountsEpochs),
        new("training.evaluations", "with a budget of training.steps or training.seconds", r => !r.Training.CountsEpochs),

        new("training.early-stop", "with more evaluations than it waits for", r => r.Training.EarlyStop < r.Training.MostEvaluations),

        new("optimizer.warmup", "with optimizer.schedule = linear or cosine", r => r.Optimizer.Schedule != ScheduleChoice.Constant),
        new("optimizer.momentum", "for optimizer.name = sgd", r => r.Optimizer.Name == OptimizerChoice.Sgd),
        .. Each(["optimizer.beta1", "optimizer.beta2", "optimizer.epsilon"], "for optimizer.name = adamw",
            r => r.Optimizer.Name == OptimizerChoice.AdamW),

        new("headline.baseline", "with headline.arm", r => r.Headline.Arm.Length > 0),

        .. MethodTable.All.SelectMany(m => m.AllKeys).Union(ScorerTable.All.SelectMany(s => s.AllKeys)).Select(OfArms),
    ];

    private static IEnumerable<KeyScope> Each(string[] keys, string where, Func<Recipe, bool> reads) =>
        keys.Select(key => new KeyScope(key, where, reads));

    /// <summary>A key that methods and scorers read: those whose rows name it.</summary>
    private static KeyScope OfArms(string key)
    {
        string[] scorers = [.. ScorerTable.All.Where(scorer => scorer.AllKeys.Contains(key)).Select(scorer => scorer.Name)];
        string[] methods = [.. MethodTable.All.Where(method => method.AllKeys.Contains(key)).Select(method => method.Name)];
        string[] where =
        [
            .. key == "scoring.proxy-hidden" ? [$"for scoring.proxy-model = {WithWidths}"] : Array.Empty<string>(),
            .. scorers.Length > 0 ? [$"where an arm's scorer is {Or(scorers)}"] : Array.Empty<string>(),
            .. methods.Length > 0 ? [$"{(scorers.Length > 0 ? "and " : "")}by {Listed(methods, "and")}"] : Array.Empty<string>(),
        ];
        return new KeyScope(key, string.Join(", ", where), recipe => recipe.Arms.Any(arm => Reads(arm, recipe, key))
            && (key != "scoring.proxy-hidden" || HasWidths(recipe.Scoring.ProxyModel)));
    }

    private static bool Reads(RecipeArm arm, Recipe recipe, string key) =>
        arm.Method.AllKeys.Contains(key) || arm.ScorerIn(recipe.Scoring).AllKeys.Contains(key);

    private static bool NeedsIrreducibleLosses(Recipe recipe) => recipe.Arms.Any(arm => arm.Method.NeedsIrreducibleLosses);

    private static string WithWidths => ModelTable.NamesOf(model => model.HasWidths, " or ");

    private static bool HasWidths(string model) => ModelTable.Get(model).HasWidths;

    private static bool HasNoise(Recipe recipe) => recipe.Noise is { Kind: not NoiseKind.None, Fraction: > 0 };

    private static bool IsText(Recipe recipe) => DataKinds.Texts.Contains(recipe.Data.Set);

    private static bool IsOwnText(Recipe recipe) => DataKinds.IsOwnText(recipe.Data.Set);

    private static bool IsCorpus(Recipe recipe) => DataKinds.IsCorpus(recipe.Data.Set);

    private static bool IsOwnCorpus(Recipe recipe) => DataKinds.IsOwnCorpus(recipe.Data.Set);

    private static string Or(IReadOnlyList<string> names) => Listed(names, "or");

    private static string Listed(IReadOnlyList<string> names, string last) =>
        names.Count == 1 ? names[0] : $"{string.Join(", ", names.SkipLast(1))} {last} {names[^1]}";
}
