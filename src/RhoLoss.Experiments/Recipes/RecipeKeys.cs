using System.Text;
using RhoLoss.Datasets;
using static RhoLoss.Experiments.Recipes.RecipeRule;
using static RhoLoss.Experiments.Recipes.RecipeValueKind;

namespace RhoLoss.Experiments.Recipes;

/// <summary>
/// Every key of a recipe. This table is the only place that knows names, defaults, rules and meanings; a new key is one
/// entry here and the property of the same name in its section's record.
/// </summary>
public static class RecipeKeys
{
    private static readonly ValueList<long> DefaultWidths = [512, 512, 512];

    /// <summary>The keys in the order in which they are shown and written.</summary>
    public static IReadOnlyList<RecipeKey> All { get; } =
    [
        new("name", Text, "", FolderName, "name in summaries and run folders; empty: the name of the recipe's file"),

        new("data.set", Text, "fashion-mnist-subset", NotEmpty, "dataset"),
        new("data.directory", Text, "", Anything, "where its files are; empty: the known places"),
        new("data.holdout-fraction", Real, 0.5, ShareBelowOne, "share of the training files kept as holdout for the irreducible-loss model; 0: all of them train, for a cross-fit or methods without irreducible losses"),
        new("data.split-seed", WholeNumber, 0L, Seed, "seed of the split into training set and holdout"),
        new("data.long-tail", Real, 1.0, Ratio, "size of the most frequent class over that of the rarest, exponential in between, in training set and holdout; 1: as they are"),
        new("data.duplicate", WholeNumber, 1L, AtLeast(1), "times every training example is there, after noise, so that its copies share their label"),
        new("data.augment", Text, "auto", OneOf("auto", "none", "crop-flip"), "augmentation of training inputs; auto: what the dataset usually gets"),

        new("noise.kind", Text, "none", OneOf("none", "uniform", "structured"), "label noise; uniform: a new label drawn from all classes; structured: of the four most confused classes, the label each is taken for"),
        new("noise.fraction", Real, 0.0, Share, "share of points that get noise; structured: probability of a point of the four classes, 0.5 in the paper"),
        new("noise.holdout", Switch, true, Anything, "whether the holdout gets the same noise"),
        new("noise.seed", WholeNumber, 0L, Seed, "seed of the noise; the same for every method and seed"),

        new("model.name", Text, "mlp", OneOf("mlp", "small-cnn", "resnet-18"), "target network"),
        new("model.hidden", WholeNumberList, DefaultWidths, Widths, "widths of the hidden layers; only read for mlp"),

        new("irreducible-loss.model", Text, "mlp", OneOf("mlp", "small-cnn", "resnet-18"), "network trained on the holdout"),
        new("irreducible-loss.hidden", WholeNumberList, DefaultWidths, Widths, "widths of its hidden layers; only read for mlp"),
        new("irreducible-loss.epochs", WholeNumber, 20L, AtLeast(1), "most epochs it trains for; the one with the lowest loss on the training set is kept"),
        new("irreducible-loss.patience", WholeNumber, 0L, AtLeast(0), "epochs without improvement before it stops; 0: never stops early"),
        new("irreducible-loss.batch-size", WholeNumber, 320L, AtLeast(1), "its batch size"),
        new("irreducible-loss.learning-rate", Real, 0.001, Positive, "its AdamW step size; the target's is optimizer.learning-rate"),
        new("irreducible-loss.weight-decay", Real, 0.01, NotNegative, "its decoupled weight decay"),
        new("irreducible-loss.cross-fit", Switch, false, Anything, "two models on halves of the training set instead of a holdout; set data.holdout-fraction = 0 with it"),
        new("irreducible-loss.seed", WholeNumber, 0L, Seed, "seed of its initialisation and order"),
        new("irreducible-loss.file", Text, "", Anything, "where the losses are kept; empty: a name of its own in runs/irreducible-losses"),

        new("training.methods", TextList, (ValueList<string>)[Methods.Uniform, Methods.RhoLoss], SomeOf(Methods.All), "methods that compare trains"),
        new("training.method", Text, Methods.RhoLoss, OneOf([.. Methods.All]), "method that train uses"),
        new("training.epochs", WholeNumber, 20L, AtLeast(1), "epochs; in each, every point is scored once"),
        new("training.batch-size", WholeNumber, 32L, AtLeast(1), "points trained on in a step, n_b"),
        new("training.large-batch-size", WholeNumber, 320L, AtLeast(1), "points a step chooses from, n_B"),
        new("training.seeds", WholeNumberList, (ValueList<long>)[0], Seeds, "seeds of initialisation, order and augmentation, one run each"),

        new("optimizer.name", Text, "adamw", OneOf("adamw"), "optimizer"),
        new("optimizer.learning-rate", Real, 0.001, Positive, "step size"),
        new("optimizer.beta1", Real, 0.9, ShareBelowOne, "decay of the mean of gradients"),
        new("optimizer.beta2", Real, 0.999, ShareBelowOne, "decay of the mean of squared gradients"),
        new("optimizer.epsilon", Real, 1e-8, Positive, "added to the root of the squared gradients"),
        new("optimizer.weight-decay", Real, 0.01, NotNegative, "decoupled weight decay"),

        new("scoring.mode", Text, "train", OneOf("train", "eval"), "mode of the network while it scores; train: BatchNorm uses the large batch, dropout is on"),
        new("scoring.running-statistics", Text, "preserve", OneOf("preserve", "update"), "whether scoring in train mode moves BatchNorm's running statistics"),
        new("scoring.variance-reduction", Switch, false, Anything, "gradient-norm-is only: sample by importance only when it reduces the variance enough to pay"),

        new("checkpoints.every-epochs", WholeNumber, 1L, AtLeast(0), "epochs between checkpoints; 0: none"),
        new("checkpoints.every-steps", WholeNumber, 0L, AtLeast(0), "steps between checkpoints; 0: none"),
        new("checkpoints.keep-last", WholeNumber, 2L, AtLeast(1), "newest checkpoints that stay"),
        new("checkpoints.keep-best", WholeNumber, 1L, AtLeast(0), "most accurate checkpoints that stay besides"),

        new("report.baseline", Text, Methods.Uniform, OneOf([.. Methods.All]), "method that speed-ups are measured against"),
        new("report.target-accuracy", Real, 0.0, Share, "test accuracy to reach, as a share; 0: the baseline's best"),
        new("report.log-every-steps", WholeNumber, 0L, AtLeast(0), "steps between logged lines; 0: epochs only"),

        new("machine.device", Text, "cpu", Device, "device of the tensors"),
        new("machine.threads", WholeNumber, 1L, AtLeast(1), "threads inside one operation"),
    ];

    /// <summary>The names of the sections, in order.</summary>
    public static IReadOnlyList<string> Sections { get; } =
        [.. All.Select(key => key.Section).Where(section => section.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>The key of that full name, or null.</summary>
    public static RecipeKey? Find(string name) => All.FirstOrDefault(key => string.Equals(key.Name, name, StringComparison.Ordinal));

    /// <summary>The known key a mistyped one most likely stands for: the same word in another section, else the fewest edits away.</summary>
    public static string Nearest(string name)
    {
        var leaf = name[(name.LastIndexOf('.') + 1)..];
        var moved = All.Where(key => string.Equals(key.Leaf, leaf, StringComparison.Ordinal)).Select(key => key.Name).ToList();
        return NearestName.Of(name, moved.Count > 0 ? moved : All.Select(key => key.Name));
    }

    /// <summary>The keys as a Markdown table, for the documentation.</summary>
    public static string ToMarkdown()
    {
        var table = new StringBuilder("| key | default | must be | meaning |\n|---|---|---|---|\n");
        foreach (var key in All)
        {
            var rule = ReferenceEquals(key.Rule, Anything) ? KindInWords(key.Kind) : key.Rule.Requirement;
            table.Append(System.Globalization.CultureInfo.InvariantCulture, $"| `{key.Name}` | `{key.DefaultToml}` | {rule} | {key.Documentation} |\n");
        }
        return table.ToString();
    }

    internal static string KindInWords(RecipeValueKind kind) => kind switch
    {
        Text => "a text in quotes",
        WholeNumber => "a whole number",
        Real => "a number",
        Switch => "true or false",
        TextList => "a list of texts",
        _ => "a list of whole numbers",
    };
}
