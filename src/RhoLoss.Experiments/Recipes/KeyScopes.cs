using RhoLoss.Experiments.Running;
using RhoLoss.Logging;

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
    private static readonly string ForImageFiles = $"for image files (data.set = {Or(DataKinds.ImageFiles)})";
    private static readonly string ForTexts = $"for texts (data.set = {Or(DataKinds.Texts)})";

    /// <summary>The table.</summary>
    public static IReadOnlyList<KeyScope> All { get; } =
    [
        .. Each(["data.image-size", "data.skip-bad", "data.loader-threads", "data.cache-megabytes"], ForImageFiles,
            r => DataKinds.ImageFiles.Contains(r.Data.Set)),
        .. Each(["data.vocabulary", "data.max-length"], ForTexts, IsText),
        .. Each(["data.text-column", "data.label-column"], "for your own texts (data.set = text)", IsOwnText),
        new("data.test-fraction", "for your own texts (data.set = text) without a test file",
            r => IsOwnText(r) && r.Data.TestFile.Length == 0),
        new("data.augment", "for images", r => !IsText(r)),
        new("data.split-seed", "where a split is drawn, which data.set has fixed, or by data.long-tail or data.relevance-classes",
            r => !DataKinds.HasFixedSplit(r.Data.Set) || r.Data.LongTail > 1 || r.Data.RelevanceClasses > 0),
        new("data.relevance-share", "with data.relevance-classes above 0", r => r.Data.RelevanceClasses > 0),

        new("noise.seed", "with noise.fraction above 0", HasNoise),
        new("noise.holdout", "with noise.fraction above 0 and a holdout", r => HasNoise(r) && r.Data.HoldoutFraction > 0),

        new("model.hidden", "for model.name = mlp", r => r.Model.Name == ModelNames.Mlp),
        new("model.dropout", "for model.name = mlp or small-cnn", r => r.Model.Name is ModelNames.Mlp or ModelNames.SmallCnn),

        .. RecipeKeys.All.Where(key => key.Section == "irreducible-loss" && key.Leaf is not ("hidden" or "charge"))
            .Select(key => new KeyScope(key.Name, "where an arm needs irreducible losses", NeedsIrreducibleLosses)),
        new("irreducible-loss.hidden", "for irreducible-loss.model = mlp, where an arm needs irreducible losses",
            r => NeedsIrreducibleLosses(r) && r.IrreducibleLoss.Model == ModelNames.Mlp),
        new("irreducible-loss.charge", "with a budget of training.seconds", r => r.Training.Seconds > 0),

        new("training.epochs", "without a budget of training.steps or training.seconds", r => r.Training.CountsEpochs),
        new("training.evaluations", "with a budget of training.steps or training.seconds", r => !r.Training.CountsEpochs),

        new("optimizer.warmup", "with optimizer.schedule = linear or cosine", r => r.Optimizer.Schedule != "constant"),
        new("optimizer.momentum", "for optimizer.name = sgd", r => r.Optimizer.Name == "sgd"),
        .. Each(["optimizer.beta1", "optimizer.beta2", "optimizer.epsilon"], "for optimizer.name = adamw",
            r => r.Optimizer.Name == "adamw"),

        new("scoring.refresh-every", "where an arm's scorer is replica, and by auto",
            r => Uses(r, Scorers.Replica) || Has(r, Methods.Auto)),
        .. Each(["scoring.proxy-model", "scoring.proxy-learning-rate"],
            "where an arm's scorer is proxy or plan, and by svp and auto", HasSmallNetwork),
        new("scoring.proxy-hidden", "for scoring.proxy-model = mlp, where an arm's scorer is proxy or plan, and by svp and auto",
            r => HasSmallNetwork(r) && r.Scoring.ProxyModel == ModelNames.Mlp),
        .. Each(["scoring.proxy-train-every", "scoring.proxy-train-share", "scoring.proxy-downscale"],
            "where an arm's scorer is proxy, and by auto", r => Uses(r, Scorers.Proxy) || Has(r, Methods.Auto)),
        new("scoring.proxy-precision", "where an arm's scorer is proxy, and by svp and auto",
            r => Uses(r, Scorers.Proxy) || Has(r, Methods.Svp, Methods.Auto)),
        new("scoring.rescored", "where an arm's scorer is last-seen", r => Uses(r, Scorers.LastSeen)),
        new("scoring.cascade-share", "where an arm's scorer is cascade", r => Uses(r, Scorers.Cascade)),
        new("scoring.plan-file", "where an arm's scorer is plan", r => Uses(r, Scorers.Plan)),
        new("scoring.exponent", "by learnability-sampled", r => Has(r, Methods.SampledLearnability)),
        .. Each(["scoring.irreducible-exponent", "scoring.target-exponent"], "by learnability-tempered",
            r => Has(r, Methods.TemperedLearnability)),
        new("scoring.smoothing", "by learnability-smoothed", r => Has(r, Methods.SmoothedLearnability)),
        new("scoring.filter", "by filter-uniform", r => Has(r, Methods.FilterUniform)),
        new("scoring.svp-epochs", "by svp", r => Has(r, Methods.Svp)),
        new("scoring.dropout-passes", "by bald and the entropies", r => Arms(r).Any(Methods.NeedsDropout)),
        new("scoring.variance-reduction", "by gradient-norm-is", r => Has(r, Methods.GradientNormImportanceSampling)),
    ];

    private static IEnumerable<KeyScope> Each(string[] keys, string where, Func<Recipe, bool> reads) =>
        keys.Select(key => new KeyScope(key, where, reads));

    /// <summary>The arms of whatever command runs the recipe: those that compare trains and the one that train does.</summary>
    private static IEnumerable<string> Arms(Recipe recipe) => recipe.Training.Methods.Append(recipe.Training.Method);

    private static bool Has(Recipe recipe, params string[] methods) =>
        Arms(recipe).Any(arm => methods.Contains(MethodSpec.Parse(arm).Method));

    private static bool Uses(Recipe recipe, string scorer) =>
        Arms(recipe).Any(arm => new ArmSelection(recipe, new Arm(arm, Seed: 0), null).Scorer == scorer);

    private static bool HasSmallNetwork(Recipe recipe) =>
        Uses(recipe, Scorers.Proxy) || Uses(recipe, Scorers.Plan) || Has(recipe, Methods.Svp, Methods.Auto);

    private static bool NeedsIrreducibleLosses(Recipe recipe) => Arms(recipe).Any(Methods.NeedsIrreducibleLosses);

    private static bool HasNoise(Recipe recipe) => recipe.Noise is { Kind: not "none", Fraction: > 0 };

    private static bool IsText(Recipe recipe) => DataKinds.Texts.Contains(recipe.Data.Set);

    private static bool IsOwnText(Recipe recipe) => recipe.Data.Set == RhoLoss.Datasets.Text.OwnText.Name;

    private static string Or(IReadOnlyList<string> names) => $"{string.Join(", ", names.SkipLast(1))} or {names[^1]}";
}
