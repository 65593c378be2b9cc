using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Gate;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Arms;

/// <summary>How an arm chooses its batches: the method, scorer and share of its name, with what the recipe says of each.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="Arm">The arm.</param>
/// <param name="IrreducibleLosses">Shared by all arms; null when no method needs them.</param>
/// <param name="Plan">Path of the plan of an arm that replays one; null for any other.</param>
internal sealed record ArmSelection(Recipe Recipe, RecipeArm Arm, IrreducibleLosses? IrreducibleLosses, string? Plan = null)
{
    /// <summary>The scorer.</summary>
    public ScorerKind Scorer => Arm.ScorerIn(Recipe.Scoring);

    /// <summary>Whether candidates pass through the target or a copy of it.</summary>
    public bool TargetScores => Method.NeedsScorer && Scorer.RunsTarget;

    /// <summary>Whether the small network of the recipe trains for it.</summary>
    public bool UsesProxy => Method.ChoosesViaProxy || Scorer.NeedsProxy
        || (Method.IsGated && ProxyArchitecture.Title != Architecture.TargetOf(Recipe).Title);

    /// <summary>
    /// n_B: n_b / q; where the arm gives no share, the one that was estimated for it, or what its method offers, else that of the recipe;
    /// at most <see cref="MostCandidates"/>.
    /// </summary>
    public int LargeBatchSize => Math.Min(AskedLargeBatchSize, MostCandidates);

    /// <summary>The largest n_B with which no example is trained on too often, and that is no more than the arm trains on at all.</summary>
    public int MostCandidates { get; init; } = int.MaxValue;

    /// <summary>The share of the candidates that suits the data, for a method that estimates it; null: nothing was estimated.</summary>
    public double? EstimatedShare { get; init; }

    private int AskedLargeBatchSize => (Arm.Share ?? EstimatedShare) is { } share && !Method.ChoosesOnce
        ? (int)Math.Round(Recipe.Training.BatchSize / share)
        : Method.BatchesOffered * Recipe.Training.BatchSize ?? Recipe.Training.LargeBatchSize;

    private SelectionMethod Method => Arm.Method;

    /// <summary>What a plan of this arm belongs to.</summary>
    public PlanKey PlanKeyFor(ExperimentData data) => new(data.Training.Fingerprint.Value, ArmSeeds.Training(Arm.Seed),
        data.Augmentation is null ? null : ArmSeeds.Augmentation(Arm.Seed), Recipe.Training.BatchSize, LargeBatchSize,
        Method.NeedsIrreducibleLosses ? IrreducibleLosses?.ContentHash() : null, PlanSettings);

    /// <summary>The method of a plan, the proxy that scores for it, and settings of both that do not have their default.</summary>
    private string PlanSettings => string.Join("; ",
        DecidingKeys.SettingsOf(Recipe, Decides.Plan).Where(setting => setting.StartsWith("scoring.", StringComparison.Ordinal))
            .Prepend($"{Method.Name} by {ProxyArchitecture.Title}"));

    /// <summary>Makes the selector for a target that is about to be trained.</summary>
    public IBatchSelector Create(TrainingTarget target)
    {
        if (Method.NeedsIrreducibleLosses) { IrreducibleLosses?.RequireSameData(target.TrainingSet); }
        if (Method.SamplerChooses) { return new WholeBatches(LargeBatchSize); }
        SelectionFunction score = DrawsUniformly ? SelectionFunctions.Uniform : Method.Score(Recipe.Scoring);
        var options = new BatchSelectorOptions
        {
            LargeBatchSize = LargeBatchSize,
            Objective = target.Objective,
            Drawing = Method.Drawing(Recipe.Scoring),
            OwnsReference = ReferenceKind.Open is not null,
            Seed = Seeding.Of(ArmSeeds.Training(Arm.Seed), Purpose.Selector),
        };
        ScorerParts parts = PartsFor(target);
        if (Method.IsGated) { return CreateGate(parts, score); }
        Reference? reference = Method.TrainsOnHoldout ? null   // losses are of D
            : ByNGrams ?? ReferenceKind.Open?.Invoke(LearningPartsFor(target.TrainingSet)) ?? IrreducibleLosses;
        Scorer scorer = Scorer.Create!(parts);
        if (Method.KeptShare is { } kept) { scorer = Stages = new TwoStageScorer(scorer, Recipe.Scoring.Of(kept)); }
        var selector = new BatchSelector(scorer, score, reference, Recipe.Training.BatchSize, options);
        double weight = DrawsUniformly || Method.NGrams?.RepeatWeight is not { } parameter ? 1 : Recipe.Scoring.Of(parameter);
        return weight == 1 ? selector : new RepeatWeights(selector, target.TrainingSet, weight);
    }

    /// <summary>
    /// The gate, with every scorer that could pay here: a replica only where the target does not compute in its format already. Not
    /// last-seen logits: they cost least, but in runs of a few epochs, where most points were not seen lately, they lost in three of five
    /// kinds of data (docs/results/score-study.md), and the window did not see it.
    /// </summary>
    private AutoSelector CreateGate(ScorerParts parts, SelectionFunction score)
    {
        TrainingTarget target = parts.Target;
        List<Scorer> scorers = [];
        bool fast = target.Parameters.Format is { Precision: Precision.BFloat16, ChannelsLast: true }
            || !Architecture.TargetOf(Recipe).Kind.GainsFromBFloat16;
        scorers.Add((fast ? ScorerTable.Target : ScorerTable.Replica).Create!(parts));
        if (ProxyArchitecture.Title != Architecture.TargetOf(Recipe).Title) { scorers.Add(ScorerTable.Proxy.Create!(parts)); }
        return new AutoSelector(
            target.TrainingSet, new TargetScorer(target.Model, ScoringMode.Eval), scorers, score, IrreducibleLosses!,
            Recipe.Training.BatchSize,
            new GateOptions { Seed = ArmSeeds.Gate(Arm.Seed) })
        { OnDecision = OnDecision };
    }

    /// <summary>What the arm reads irreducible losses from.</summary>
    private ReferenceKind ReferenceKind => ReferenceTable.For(Method, Recipe.IrreducibleLoss.Reference);

    /// <summary>
    /// The IL model goes on from where training on the holdout left it, with a hundredth of the target's learning rate (App. D),
    /// whatever its schedule: the paper has none.
    /// </summary>
    private LearningParts LearningPartsFor(LabeledDataset data) => new(
        () => IrreducibleLossFile.LoadModel(Recipe, data, IrreducibleLosses!),
        new AdamWOptions { LearningRate = 0.01 * Recipe.Optimizer.LearningRate, WeightDecay = Recipe.IrreducibleLoss.WeightDecay },
        ArmSeeds.IrreducibleLoss(Arm.Seed), Recipe.IrreducibleLoss.Temperature);

    /// <summary>Relevance by n-grams, for a method that asks for it; null for any other.</summary>
    public MooreLewisReference? Relevance { get; init; }

    /// <summary>An n-gram model of the holdout, for a method whose score contains its losses; null for any other.</summary>
    public NGramReference? SampleLosses { get; init; }

    /// <summary>The scorer of two stages, once it is made; null for a method of one.</summary>
    public TwoStageScorer? Stages { get; private set; }

    private Reference? ByNGrams => Relevance is { } relevance && SampleLosses is { } losses
        ? new TwoStageReference(relevance, losses) : Relevance;

    /// <summary>Whether a method that may do without choosing found that there is nothing to choose.</summary>
    public bool DrawsUniformly { get; init; }

    /// <summary>What the method chose before training; null for one that does not. The caller owns it.</summary>
    public LabeledDataset? Choose(ExperimentData data, CancellationToken cancellation)
    {
        double share = Arm.Share ?? Math.Min(1, (double)Recipe.Training.BatchSize / Recipe.Training.LargeBatchSize);
        return Method.Choice?.Invoke(new ChoiceParts(
            data.Training, data.Holdout, share, Seeding.Of(ArmSeeds.Training(Arm.Seed), Purpose.Selector),
            () => ChooseViaProxy(data, share, cancellation), Relevance));
    }

    private TorchSharp.torch.Tensor ChooseViaProxy(ExperimentData data, double share, CancellationToken cancellation)
    {
        using torch.nn.Module<torch.Tensor, torch.Tensor> proxy = ProxyArchitecture.Create(data.Training, ArmSeeds.Proxy(Arm.Seed));
        return SelectionViaProxy.Run(proxy, data.Training, share, new TrainerOptions
        {
            Objective = data.Objective,
            BatchSize = Recipe.Training.BatchSize,
            Optimizer = new AdamWOptions { LearningRate = Recipe.Scoring.ProxyLearningRate },
            Format = ProxyFormat,
            Seed = ArmSeeds.Proxy(Arm.Seed),
        }, (int)Recipe.Scoring.Of(MethodTable.ProxyEpochs), cancellation);
    }

    /// <summary>Told of the decisions of a gate.</summary>
    public Action<GateDecision>? OnDecision { get; init; }

    /// <summary>Makes the selector that replays the plan of this arm.</summary>
    public IBatchSelector Replay(ExperimentData data) => new PlannedSelector(SelectionPlan.Load(Plan!, PlanKeyFor(data)));

    private ScorerParts PartsFor(TrainingTarget target) => new(
        target, Recipe.Scoring, Recipe.Training.BatchSize, Method.Keeps,
        () => Architecture.TargetOf(Recipe).Create(target.TrainingSet, seed: 0),
        downscale => ProxyArchitecture.Create(target.TrainingSet, ArmSeeds.Proxy(Arm.Seed), downscale),
        ProxyFormat, ArmSeeds.Proxy(Arm.Seed));

    private ComputeFormat ProxyFormat =>
        ComputeOptions.SmallModelFormatOf(ProxyArchitecture, Recipe.Scoring.ProxyPrecision, Recipe.Machine.Device);

    /// <summary>The proxy as the recipe names it.</summary>
    public Architecture ProxyArchitecture => new(Recipe.Scoring.ProxyModel, Recipe.Scoring.ProxyHidden);
}
