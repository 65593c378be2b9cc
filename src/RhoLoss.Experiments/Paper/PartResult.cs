using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Paper;

/// <summary>Which selected points a share counts.</summary>
public enum SelectedShare
{
    /// <summary>Points whose label was replaced by noise.</summary>
    Corrupted,

    /// <summary>Points of the low-relevance classes.</summary>
    LowRelevance,

    /// <summary>
    /// Points that were classified correctly already, while test accuracy was below the weakest
    /// method's final accuracy (paper, Section 4.3).
    /// </summary>
    AlreadyCorrect,
}

/// <summary>The numbers of a part that was run.</summary>
/// <param name="part">The part.</param>
/// <param name="data">The data it ran on.</param>
/// <param name="recipe">Its recipe.</param>
/// <param name="irreducibleLoss">The irreducible-loss model; null when no method needed one.</param>
/// <param name="arms">All arms, complete.</param>
public sealed class PartResult(
    ExperimentPart part, PartData data, Recipe recipe, IrreducibleLossSummary? irreducibleLoss, IReadOnlyList<ArmResult> arms)
{
    /// <summary>What the paper's tables and figures are about.</summary>
    internal static readonly Metric Accuracy = Metric.Named(Metric.Accuracy);

    private readonly IReadOnlyDictionary<long, double> _relativeTarget = SpeedupCalculator.Targets(
        arms.Where(arm => arm.Method == recipe.Report.Baseline).ToDictionary(arm => arm.Seed, arm => arm.ByEpoch(Accuracy)),
        Accuracy, fixedTarget: null);

    /// <summary>The part.</summary>
    public ExperimentPart Part { get; } = part;

    /// <summary>The data it ran on.</summary>
    public PartData Data { get; } = data;

    /// <summary>Its recipe.</summary>
    public Recipe Recipe { get; } = recipe;

    /// <summary>The irreducible-loss model; null when no method needed one.</summary>
    public IrreducibleLossSummary? IrreducibleLoss { get; } = irreducibleLoss;

    /// <summary>Title, with the set where that is not the paper's.</summary>
    public string Title => Data.Substitute ? $"{Part.Title} (on {Data.Set})" : Part.Title;

    /// <summary>What is counted to a target.</summary>
    public string Unit => Recipe.Training.CountsEpochs ? "epochs" : "steps";

    /// <summary>Number of targets.</summary>
    public int Targets => HasFixedTargets ? Part.Targets.Count : 1;

    /// <summary>
    /// Whether accuracies to reach are given rather than the baseline's best. A substitute has a difficulty
    /// of its own, so it has none of the paper's.
    /// </summary>
    public bool HasFixedTargets => Part.Targets.Count > 0 && !Data.Substitute;

    /// <summary>The accuracy that a seed has to reach.</summary>
    public double Target(int index, long seed) => HasFixedTargets ? Part.Targets[index] : _relativeTarget[seed];

    /// <summary>Whether the part has an arm of this name.</summary>
    public bool Has(string method) => Recipe.Training.Methods.Contains(method, StringComparer.Ordinal);

    /// <summary>The arm of a method with a seed.</summary>
    public ArmResult Arm(string method, long seed) => arms.Single(arm => arm.Method == method && arm.Seed == seed);

    /// <summary>A number of each seed, in the order of the recipe's seeds.</summary>
    public IReadOnlyList<T> BySeed<T>(Func<long, T> number) => [.. Recipe.Training.Seeds.Select(number)];

    /// <summary>Test accuracy at the end.</summary>
    public double Final(string method, long seed) => Arm(method, seed).ByEpoch(Accuracy)[^1];

    /// <summary>
    /// Epochs, or steps where the budget is in steps, until the first evaluation at or above a target; null if there is none.
    /// </summary>
    public double? Taken(string method, long seed, int target)
    {
        ArmResult arm = Arm(method, seed);
        return SpeedupCalculator.EpochsToTarget(arm.ByEpoch(Accuracy), Target(target, seed), Accuracy) is not { } entry ? null
            : Recipe.Training.CountsEpochs ? entry : arm.Points[entry - 1].Step;
    }

    /// <summary>A share of the points an arm selected, each selection counting once; null where it is not known.</summary>
    public double? Selected(SelectedShare share, string method, long seed)
    {
        double weakest = Recipe.Training.Methods.Min(other => Final(other, seed));
        return Arm(method, seed).Share(
            share switch
            {
                SelectedShare.Corrupted => "corrupted",
                SelectedShare.LowRelevance => "lowRelevance",
                _ => "alreadyCorrect",
            },
            point => share != SelectedShare.AlreadyCorrect || point.Metric(Metric.Accuracy) < weakest);
    }

    /// <summary>The part as <c>reproduction.json</c> has it.</summary>
    public PartReport ToReport() => new(
        Part.Name, Part.Title, Part.PaperSet, Data.Set, Data.Substitute, $"paper/{Data.Recipe}",
        new Architecture(Recipe.Model.Name, Recipe.Model.Hidden).Title,
        IrreducibleLoss is null
            ? null
            : new Architecture(Recipe.IrreducibleLoss.Model, Recipe.IrreducibleLoss.Hidden).Title
                + (Recipe.IrreducibleLoss.Reference == ReferenceTable.Holdout ? "" : $", {Recipe.IrreducibleLoss.Reference.Name}"),
        IrreducibleLoss?.Accuracy, [.. Recipe.Training.Seeds], Recipe.Training.Length.ToString(), Trained(), Unit,
        [.. Recipe.Training.Methods.Select(ToReport)]);

    private MethodReport ToReport(string method) => new(
        method, BySeed(seed => Final(method, seed)),
        [
            .. Enumerable.Range(0, Targets).Select(target => new TargetReport(
                BySeed(seed => Target(target, seed)), BySeed(seed => Taken(method, seed, target))))
        ],
        BySeed(seed => Selected(SelectedShare.Corrupted, method, seed)), BySeed(seed => Selected(SelectedShare.LowRelevance, method, seed)),
        BySeed(seed => Selected(SelectedShare.AlreadyCorrect, method, seed)));

    private string Trained()
    {
        MeasuredPoint first = arms.First(arm => arm.Method == Recipe.Report.Baseline).Points[0];
        string step =
            FormattableString.Invariant($"{Recipe.Training.BatchSize} of ")
            + FormattableString.Invariant($"{Counted.Of(Recipe.Training.LargeBatchSize, "candidate")} a step");
        return Recipe.Training.CountsEpochs
            ? FormattableString.Invariant($"{step}, {first.ExamplesTrained:N0} {Counted.Word(first.ExamplesTrained, "point")} in ")
                + FormattableString.Invariant($"{first.Step:N0} {Counted.Word(first.Step, "step")} an epoch")
            : step;
    }
}
