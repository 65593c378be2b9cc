using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>The arms that are compared: uniform, and RHO-LOSS with each scorer as a run would set it up.</summary>
internal sealed record ScorerArms(BenchmarkModel Model, BenchmarkData Data, BenchmarkOptions Options)
{
    public const string Uniform = MethodTable.Uniform;

    /// <summary>
    /// The proxy in the precision that recipes do not give it unless asked: measured beside it, to show what the choice is worth.
    /// </summary>
    public const string OtherProxy = "proxy in the other precision";

    private const long ProxySeed = 3;

    /// <summary>
    /// Scorers that work beside the target. A plan does not: it belongs to an order of batches, and so to a trainer of its own.
    /// </summary>
    public static IReadOnlyList<string> BesideTarget { get; } =
        [.. ScorerTable.All.Where(scorer => !scorer.ReplaysPlan).Select(scorer => scorer.Name)];

    /// <summary>What the target trains in: either precision, channels-last, which is the faster layout in both.</summary>
    public static ComputeFormat FormatOf(Precision precision) => Fast with { Precision = precision };

    private static ComputeFormat Fast { get; } = new() { Precision = Precision.BFloat16, ChannelsLast = true };

    /// <summary>A target of that precision with uniform and these scorers.</summary>
    public TimedTrainer Train(Precision precision, IEnumerable<string> scorers) =>
        new(
            NewTarget(), Data.Training,
            target =>
                scorers.ToDictionary(name => name, name => Scored(target, name))
                    .Prepend(new(Uniform, Chance(target)))
                    .ToDictionary(StringComparer.Ordinal),
            FormatOf(precision), Options);

    /// <summary>A target of that precision which replays a plan of that many steps.</summary>
    public TimedTrainer Replay(Precision precision, int steps) =>
        new(
            NewTarget(), Data.Training,
            _ => Arms(ScorerTable.Plan.Name, new BenchmarkArm(new PlannedSelector(RandomPlan(steps)))),
            FormatOf(precision), Options);

    /// <summary>What it takes to make a plan: the proxy alone, scoring with itself.</summary>
    public TimedTrainer MakePlan() =>
        new(
            Model.Proxy.Create(Data.Training, ProxySeed), Data.Training,
            target => Arms(ScorerTable.Target.Name, Scored(target, ScorerTable.Target.Name)),
            ComputeFormat.Default, Options);

    public nn.Module<Tensor, Tensor> NewTarget() => Model.Target.Create(Data.Training, seed: 0);

    public ReplicaScorer ReplicaOf(FlatParameters target) => new(target, NewTarget(), Fast);

    private static Dictionary<string, BenchmarkArm> Arms(string name, BenchmarkArm arm) => new(StringComparer.Ordinal) { [name] = arm };

    private BenchmarkArm Chance(TrainingTarget target) => new(Select(new TargetScorer(target.Model), SelectionFunctions.Uniform));

    private BenchmarkArm Scored(TrainingTarget target, string name)
    {
        // The clock is on the innermost scorer, the one that runs a model.
        ClockedScorer? clock = null;
        Precision proxy = name != OtherProxy ? ProxyPrecision
            : ProxyPrecision == Precision.BFloat16 ? Precision.Float32 : Precision.BFloat16;
        var parts = new ScorerParts(
            target, AsByDefault, Options.Batch, Measures.Loss, NewTarget, _ => Model.Proxy.Create(Data.Training, ProxySeed),
            FormatOf(proxy), ProxySeed)
        {
            Around = scorer => clock = new ClockedScorer(scorer, DeviceClock.For(target.TrainingSet.Ids.device)),
        };
        ScorerKind kind = name == OtherProxy ? ScorerTable.Proxy : ScorerTable.Find(name)!;
        return new BenchmarkArm(Select(kind.Create!(parts), SelectionFunctions.ReducibleHoldoutLoss), clock);
    }

    /// <summary>What a recipe that is silent says of scorers.</summary>
    private static ScoringSection AsByDefault { get; } = RecipeLoader.Parse("", "bench", "bench", []).Recipe.Scoring;

    /// <summary>What a recipe's proxy of this architecture computes in.</summary>
    public Precision ProxyPrecision => ComputeOptions.SmallModelFormatOf(Model.Proxy).Precision;

    private BatchSelector Select(Scorer scorer, SelectionFunction score) =>
        new(scorer, score, Data.IrreducibleLosses, Options.Batch, new BatchSelectorOptions { LargeBatchSize = Options.LargeBatch });

    /// <summary>The first n_b of every large batch, in the order in which a trainer will draw them.</summary>
    private SelectionPlan RandomPlan(int steps)
    {
        using IDisposable scope = NewDisposeScope();
        long order = Seeding.Of(TimedTrainer.Seed, Purpose.Order);
        using var sampler = new ShuffledSampler(Data.Training.Ids, Options.LargeBatch, order);
        Tensor[] chosen = [.. Enumerable.Range(0, steps).Select(_ => sampler.Next().Ids.slice(0, 0, Options.Batch, 1))];
        return SelectionPlan.Of(
            chosen, new PlanKey(Data.Training.Fingerprint.Value, order, null, Options.Batch, Options.LargeBatch), "chance", 0);
    }
}
