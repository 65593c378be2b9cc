using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.NGrams;

namespace RhoLoss.Experiments.Data;

/// <summary>
/// The rules of a recipe that only its data can tell to be broken: how many classes and examples there are. They are looked at once, before
/// anything is made of the data.
/// </summary>
internal static class DataRules
{
    /// <summary>The most confused classes that structured noise flips; the paper's number.</summary>
    public const int FlippedClasses = 4;

    /// <summary>Checks the data as they were read.</summary>
    /// <exception cref="InvalidInputException">
    /// The recipe asks of them what they do not have; the message names the key and the fix.
    /// </exception>
    public static void Require(Recipe recipe, DatasetSplits splits)
    {
        LabeledDataset training = splits.Training;
        if (training.Classes == 0) { RequireNothingOfClasses(recipe); }
        foreach (SelectionMethod method in recipe.Arms.Select(arm => arm.Method)) { RequireFor(method, recipe, splits); }
        if (recipe.Noise.Kind == NoiseKind.Structured) { RequireForStructuredNoise(recipe, training); }
        if (recipe.Data.RelevanceClasses > 0 && recipe.Data.RelevanceClasses >= training.Classes)
        {
            throw new InvalidInputException(
                $"data.relevance-classes must be below the {Counted.Of(training.Classes, "class", "classes")} of {recipe.Data.Set}, "
                + $"so that some are left to thin out, but is {recipe.Data.RelevanceClasses}. Set a smaller number, or 0 for none.");
        }
        if ((long)recipe.Data.Duplicate * training.Count > Array.MaxLength)
        {
            throw new InvalidInputException(
                $"data.duplicate must leave {Array.MaxLength} training examples at most, but {recipe.Data.Duplicate} times the "
                + $"{Counted.Of(training.Count, "example")} of {recipe.Data.Set} are more. Set a smaller number, or 1 for no copies.");
        }
    }

    private static void RequireFor(SelectionMethod method, Recipe recipe, DatasetSplits splits)
    {
        if (method.NeedsRelevance && splits.Training is not { Classes: 0, Tokens: not null })
        {
            throw new InvalidInputException(
                $"{method.Name} counts n-grams of documents, but {recipe.Data.Set} has none. "
                + "Set data.set = \"corpus\", or choose another method.");
        }
        if (method.NGrams is { Order: { } order } && splits.Training.Tokens is { Size: var size })
        {
            RequireOrder($"{method.Section}.{order.Name}", (int)recipe.Scoring.Of(order), size);
        }
        if (method.NeedsHoldout && splits.Holdout is null)
        {
            throw new InvalidInputException(
                $"{method.Name} needs a holdout, but data.holdout-fraction is 0. Set it above 0, or choose another method.");
        }
        if (method.HoldoutShare is { } share) { RequireBothKinds($"{method.Section}.{share.Name}", recipe.Scoring.Of(share), recipe); }
        if (method.NeedsProvenance && recipe.Noise.Kind == NoiseKind.None && recipe.Data.RelevanceClasses == 0
            && splits.Training.Flag(ExampleFlags.LowRelevance) is null)
        {
            throw new InvalidInputException(
                $"{method.Name} trains on what is known to be clean and relevant, but of these data nothing is known. "
                + "Set noise.kind, data.relevance-classes or data.on-task, or choose another method.");
        }
    }

    /// <summary>Refuses n-grams that a vocabulary of that many tokens leaves no room for.</summary>
    private static void RequireOrder(string key, int order, int size)
    {
        int largest = new NGramOptions { VocabularySize = size }.LargestOrder;
        if (order <= largest) { return; }
        string fits = largest == 0 ? "none fits. Choose a smaller vocabulary, or data.tokens = bytes."
            : FormattableString.Invariant($"the longest that fit are of {largest}. Set {key} to {largest} or less.");
        throw new InvalidInputException(
            FormattableString.Invariant($"{key} = {order} asks for n-grams of {order} of {size} tokens, but {fits}"));
    }

    /// <summary>Refuses a share that would leave one kind out of a batch.</summary>
    private static void RequireBothKinds(string key, double share, Recipe recipe)
    {
        int size = recipe.Training.BatchSize, held = HoldoutMixSampler.CountOf(share, size);
        if (held >= 1 && held < size) { return; }
        string value = share.ToString(CultureInfo.InvariantCulture);
        throw new InvalidInputException(
            $"{key} must put at least one example of the holdout and one of the pool into every batch, but {value} of "
            + $"training.batch-size = {size} is {held} of the holdout. "
            + (size < 2 ? "Set training.batch-size to 2 or more." : FormattableString.Invariant(
                $"Set {key} between {1.0 / size:0.####} and {1 - 1.0 / size:0.####}, or training.batch-size higher.")));
    }

    private static void RequireNothingOfClasses(Recipe recipe)
    {
        (string Key, bool Set)[] ofClasses =
        [
            ("noise.kind", recipe.Noise.Kind != NoiseKind.None), ("data.long-tail", recipe.Data.LongTail > 1),
            ("data.relevance-classes", recipe.Data.RelevanceClasses > 0),
            ("irreducible-loss.logit-adjustment", recipe.IrreducibleLoss.LogitAdjustment > 0),
        ];
        if (ofClasses.FirstOrDefault(key => key.Set).Key is { } asked)
        {
            throw new InvalidInputException($"{asked} is about classes, but the examples of {recipe.Data.Set} have none. Remove {asked}.");
        }
    }

    private static void RequireForStructuredNoise(Recipe recipe, LabeledDataset training)
    {
        if (training.Tokens is not null)
        {
            throw new InvalidInputException(
                "noise.kind = structured reads the confusions of an MLP on images, but the data are text. "
                + "Set noise.kind to uniform, or bring wrong labels with data.labels.");
        }
        if (training.Classes < FlippedClasses)
        {
            throw new InvalidInputException(
                $"noise.kind = structured flips the {FlippedClasses} most confused classes, but {recipe.Data.Set} has "
                + $"{Counted.Of(training.Classes, "class", "classes")}. "
                + "Set noise.kind to uniform, or bring wrong labels with data.labels.");
        }
    }
}
