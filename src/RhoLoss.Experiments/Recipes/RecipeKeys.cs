using System.Text;
using RhoLoss.Experiments.Registry;
using RhoLoss.Training;
using static RhoLoss.Experiments.Recipes.Decides;
using static RhoLoss.Experiments.Recipes.RecipeRule;
using static RhoLoss.Experiments.Recipes.RecipeValueKind;

namespace RhoLoss.Experiments.Recipes;

/// <summary>
/// Every key of a recipe. This table alone says their names, rules and meanings, and what a recipe without a key stands for;
/// the library's own options have defaults of their own. A new key is one entry here and the property of the same name in its
/// section's record.
/// </summary>
public static partial class RecipeKeys
{
    /// <summary>The word that leaves a choice to the program.</summary>
    internal const string Automatic = "auto";

    private static readonly ValueList<long> DefaultWidths = [512, 512, 512];

    /// <summary>The keys in the order in which they are shown and written.</summary>
    public static IReadOnlyList<RecipeKey> All { get; } =
    [
        new("name", Text, "", FolderName, "name in summaries and run folders; empty: the name of the recipe's file"),

        .. OfData,

        new("noise.kind", Text, "none", OneOf("none", "uniform", "structured"),
            "label noise; uniform: a new label drawn from all classes, the old one among them; "
            + "structured: of the four most confused classes, the label each is taken for"),
        new("noise.fraction", Real, 0.0, Share,
            "share of points that get noise; structured: probability of a point of the four classes, 0.5 in the paper"),
        new("noise.holdout", Switch, true, Anything, "whether the holdout gets the same noise"),
        new("noise.seed", WholeNumber, 0L, Seed, "seed of the noise; the same for every method and seed"),

        new("model.name", Text, ModelTable.Mlp, OneOf([.. ModelTable.Names]), "target network"),
        new("model.hidden", WholeNumberList, DefaultWidths, Widths, "widths of the hidden layers; only read for mlp"),
        new("model.dropout", Real, 0.0, ShareBelowOne,
            "rate of dropout after hidden layers; only read for mlp, small-cnn (its fully connected ones) "
            + "and language models (GPT-2's places)"),
        new("model.weights", Text, "", Anything,
            "safetensors file of weights to start from, by name, or a name of weights that ship with the tool; "
            + "its classifier is left out where the classes differ; empty: from scratch")
            { IsPath = true, IsWord = ShippedWeights.Has },

        new("irreducible-loss.model", Text, ModelTable.Mlp, OneOf([.. ModelTable.Names]), "network trained on the holdout"),
        new("irreducible-loss.hidden", WholeNumberList, DefaultWidths, Widths, "widths of its hidden layers; only read for mlp"),
        new("irreducible-loss.epochs", WholeNumber, 20L, AtLeast(1),
            "most epochs it trains for; the one with the lowest loss on the training set is kept"),
        new("irreducible-loss.epoch-examples", WholeNumber, 0L, AtLeast(0),
            "examples between two looks at the loss on the training set, at most; 0: all"),
        new("irreducible-loss.validation-examples", WholeNumber, 0L, AtLeast(0), "training examples that judge a checkpoint; 0: all"),
        new("irreducible-loss.patience", WholeNumber, 0L, AtLeast(0), "epochs without improvement before it stops; 0: never stops early"),
        new("irreducible-loss.batch-size", WholeNumber, 320L, AtLeast(1), "its batch size"),
        new("irreducible-loss.learning-rate", Real, 0.001, Positive, "its AdamW step size; the target's is optimizer.learning-rate"),
        new("irreducible-loss.weight-decay", Real, 0.01, NotNegative, "its decoupled weight decay"),
        new("irreducible-loss.cross-fit", Switch, false, Anything,
            "two models on halves of the training set instead of a holdout; set data.holdout-fraction = 0 with it"),
        new("irreducible-loss.seed", WholeNumber, 0L, Seed, "seed of its initialisation and order"),
        new("irreducible-loss.logit-adjustment", Real, 0.0, NotNegative,
            "0: as in the paper; 1: the network does not favour frequent classes (Menon et al., 2021), for long-tailed data"),
        new("irreducible-loss.temperature", Real, 1.0, Positive,
            "its logits are divided by this before their loss is taken; 1: as in the paper; above 1 softens the losses, "
            + "2 for example where the model is far ahead of the target; more wrong labels are then selected"),
        new("irreducible-loss.precision", Text, "auto", OneOf("auto", "float32", "bfloat16"),
            "numbers it is trained in; its losses are computed in float32; "
            + "auto: bfloat16, channels-last, for convolutions, float32 for an mlp"),
        new("irreducible-loss.charge", Switch, true, Anything,
            "whether the seconds of the irreducible-loss model and of what an arm prepares (plan, n-grams, choice) count in a budget of "
            + "seconds")
            { Decides = Run },
        new("irreducible-loss.weights", Text, "", Anything,
            "safetensors file of weights, checkpoint or folder of an earlier run whose model is of irreducible-loss.model and is read "
            + "instead of training one, or a name of weights that ship with the tool; empty: one is trained")
            { IsPath = true, IsWord = ShippedWeights.Has, Decides = Run },   // its content decides the losses, wherever it is
        new("irreducible-loss.file", Text, "", Anything,
            "where the losses are kept, or a text id,loss of your own; empty: a name of its own in runs/irreducible-losses")
            { IsPath = true, Decides = Nothing },

        new("training.methods", TextList, (ValueList<string>)[MethodTable.Uniform, MethodTable.RhoLoss], RecipeRule.Arms,
            "arms that compare trains, each a method, if wanted with +scorer, @share and ~budget"),
        new("training.method", Text, MethodTable.RhoLoss, RecipeRule.Arm, "method that train uses"),
        new("training.epochs", WholeNumber, 20L, AtLeast(1), "epochs; in each, every point is scored once") { Decides = Plan },
        new("training.steps", WholeNumber, 0L, AtLeast(0), "budget in gradient steps instead of epochs; 0: none") { Decides = Plan },
        new("training.seconds", Real, 0.0, NotNegative,
            "budget in seconds of training instead of epochs, scoring included, evaluation not; 0: none"),
        new("training.evaluations", WholeNumber, 20L, AtLeast(1), "test evaluations within a budget of steps or seconds"),
        new("training.early-stop", WholeNumber, 0L, AtLeast(0),
            "evaluations in a row without a better report.metric on the test set after which an arm ends; the schedule of the step size "
            + "stays that of the whole budget; 0: it never ends early"),
        new("training.batch-size", WholeNumber, 32L, AtLeast(1), "points trained on in a step, n_b") { Decides = Plan },
        new("training.large-batch-size", WholeNumber, 320L, AtLeast(1), "points a step chooses from, n_B") { Decides = Plan },
        new("training.accumulate", WholeNumber, 1L, AtLeast(1),
            "parts of training.batch-size whose gradients are computed one after the other and added up, in the memory of one; n_b stays; "
            + "1: all at once"),
        new("training.seeds", WholeNumberList, (ValueList<long>)[0], Seeds,
            "seeds of initialisation, order and augmentation, one run each"),
        new("training.precision", Text, "float32", OneOf("float32", "bfloat16"),
            "numbers of convolution and linear layers; the weights that are updated and saved are float32 in any case"),
        new("training.channels-last", Switch, false, Anything,
            "memory layout of images inside the network; faster for convolutions, results differ in the last bits"),

        new("optimizer.name", Text, "adamw", OneOf("adamw", "sgd"), "optimizer"),
        new("optimizer.learning-rate", Real, 0.001, Positive, "step size"),
        new("optimizer.schedule", Text, "constant", OneOf("constant", "linear", "cosine"),
            "how the step size decays to 0 within the budget, whatever its unit"),
        new("optimizer.warmup", Real, 0.05, ShareBelowOne, "share of the budget in which the step size rises first; not read for constant"),
        new("optimizer.momentum", Real, 0.0, ShareBelowOne, "share of the last direction that stays; only read for sgd"),
        new("optimizer.beta1", Real, 0.9, ShareBelowOne, "decay of the mean of gradients; only read for adamw"),
        new("optimizer.beta2", Real, 0.999, ShareBelowOne, "decay of the mean of squared gradients; only read for adamw"),
        new("optimizer.epsilon", Real, 1e-8, Positive, "added to the root of the squared gradients; only read for adamw"),
        new("optimizer.weight-decay", Real, 0.01, NotNegative, "weight decay; decoupled for adamw, added to the gradient for sgd"),
        new("optimizer.clip-norm", Real, 0.0, NotNegative,
            "highest 2-norm of all gradients of the target together; larger ones are scaled down to it before an update; 0: none are"),

        new("scoring.mode", Text, "train", OneOf("train", "eval"),
            "mode of the network while it scores; train: BatchNorm uses the large batch, dropout is on")
            { Decides = Run },
        new("scoring.running-statistics", Text, "preserve", OneOf("preserve", "update"),
            "whether scoring in train mode moves BatchNorm's running statistics")
            { Decides = Run },
        new("scoring.scorer", Text, ScorerTable.Target.Name, OneOf([.. ScorerTable.Names]),
            "where the logits of candidates come from, for arms that do not say")
            { Decides = Run },
        new("scoring.refresh-every", WholeNumber, 1L, AtLeast(1), "replica: steps between copies of the target") { Decides = Run },
        new("scoring.proxy-model", Text, ModelTable.Mlp, OneOf([.. ModelTable.Names]), "proxy and plan: the small network that scores"),
        new("scoring.proxy-hidden", WholeNumberList, (ValueList<long>)[128], Widths,
            "proxy and plan: widths of its hidden layers; only read for mlp"),
        new("scoring.proxy-train-every", WholeNumber, 1L, AtLeast(1), "proxy: steps of the target for one of the proxy") { Decides = Run },
        new("scoring.proxy-train-share", Real, 1.0, PositiveShare, "proxy: share of the selected points it trains on") { Decides = Run },
        new("scoring.proxy-downscale", Text, "1", OneOf("1", "2", "4"), "proxy: images are averaged over squares of this side first")
            { Decides = Run },
        new("scoring.proxy-precision", Text, "auto", OneOf("auto", "float32", "bfloat16"),
            "proxy: numbers it computes in; auto: bfloat16, channels-last, for convolutions, float32 for an mlp")
            { Decides = Run },
        new("scoring.proxy-learning-rate", Real, 0.001, Positive, "proxy and plan: its AdamW step size"),
        new("scoring.plan-file", Text, "", Anything, "where plans are kept; empty: a name of their own in runs/plans")
            { IsPath = true, Decides = Nothing },
        new("scoring.dropout-passes", WholeNumber, 10L, AtLeast(1),
            "bald and the entropies: Monte-Carlo dropout passes over each candidate"),

        .. MethodTable.All.SelectMany(method => method.Parameters.Select(parameter => RecipeKey.Of(method.Section, parameter))),
        .. ScorerTable.All.SelectMany(scorer => scorer.Parameters.Select(parameter => RecipeKey.Of(scorer.Section, parameter))),

        new("checkpoints.every-epochs", WholeNumber, 1L, AtLeast(0), "epochs between checkpoints; 0: none"),
        new("checkpoints.every-steps", WholeNumber, 0L, AtLeast(0), "steps between checkpoints; 0: none"),
        new("checkpoints.keep-last", WholeNumber, 2L, AtLeast(1), "newest checkpoints that stay"),
        new("checkpoints.keep-best", WholeNumber, 1L, AtLeast(0), "best checkpoints that stay besides"),

        new("report.baseline", Text, MethodTable.Uniform, RecipeRule.Arm, "arm that speed-ups are measured against"),
        new("report.metric", Text, Automatic, OneOf([Automatic, .. Metric.Standard.Select(metric => metric.NameInPoints)]),
            "what arms are compared by on the test set; auto: what the network is for, accuracy for classes")
            { Decides = Run },
        new("report.target-accuracy", Real, 0.0, Share, "test accuracy to reach, as a share; 0: the baseline's best"),
        new("report.target-metric", Real, 0.0, NotNegative,
            "the same for another report.metric than accuracy: the value to reach; 0: the baseline's best"),
        new("report.log-every-steps", WholeNumber, 0L, AtLeast(0), "steps between logged lines; 0: epochs only"),

        new("headline.arm", Text, "", OptionalArm,
            "the claim of a comparison: the arm of training.methods that reaches the last metric of headline.baseline sooner; empty: none"),
        new("headline.baseline", Text, MethodTable.Uniform, RecipeRule.Arm, "the arm of training.methods that it is held against"),

        new("machine.device", Text, "cpu", Device, "device of the tensors"),
        new("machine.threads", WholeNumber, 1L, Threads,
            "threads inside one operation; 0: as many as measure fastest, "
            + "separately for training the irreducible-loss model and the target; 1 makes runs repeatable to the bit"),
    ];

    /// <summary>The names of the sections, in order.</summary>
    public static IReadOnlyList<string> Sections { get; } =
        [.. All.Select(key => key.Section).Where(section => section.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>The key of that full name, or null.</summary>
    public static RecipeKey? Find(string name) => All.FirstOrDefault(key => string.Equals(key.Name, name, StringComparison.Ordinal));

    /// <summary>The key that had that full name in earlier versions, or null.</summary>
    public static RecipeKey? FindFormer(string name) => All.FirstOrDefault(key => key.Former == name);

    /// <summary>Whether there are keys in a section of that name, or in one below it.</summary>
    internal static bool IsSection(string name) =>
        Sections.Any(section => section == name || section.StartsWith(name + ".", StringComparison.Ordinal));

    /// <summary>
    /// The known key a mistyped one most likely stands for: the same word in another section, else the fewest edits away.
    /// </summary>
    public static string Nearest(string name)
    {
        if (FindFormer(name) is { } renamed) { return renamed.Name; }
        string leaf = name[(name.LastIndexOf('.') + 1)..];
        List<string> moved = All.Where(key => string.Equals(key.Leaf, leaf, StringComparison.Ordinal)).Select(key => key.Name).ToList();
        return NearestName.Of(name, moved.Count > 0 ? moved : All.Select(key => key.Name));
    }

    /// <summary>The keys as a Markdown table, for the documentation.</summary>
    public static string ToMarkdown()
    {
        var table = new StringBuilder("| key | default | must be | meaning |\n|---|---|---|---|\n");
        foreach (RecipeKey key in All)
        {
            string rule = ReferenceEquals(key.Rule, Anything) ? KindInWords(key.Kind) : key.Rule.Requirement;
            table.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"| `{key.Name}` | `{key.DefaultToml}` | {rule} | {key.Documentation} |\n");
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
