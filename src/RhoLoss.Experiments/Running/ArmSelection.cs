using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Logging;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Gate;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Running;

/// <summary>How an arm chooses its batches: the method, scorer and share of its name, with what the recipe says of each.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="Arm">The arm.</param>
/// <param name="IrreducibleLosses">Shared by all arms; null when no method needs them.</param>
/// <param name="Plan">Path of the plan of an arm that replays one; null for any other.</param>
internal sealed record ArmSelection(Recipe Recipe, Arm Arm, IrreducibleLosses? IrreducibleLosses, string? Plan = null)
{
    private MethodSpec Spec { get; } = MethodSpec.Parse(Arm.Method);

    /// <summary>
    /// Name of the scorer: of the arm's name, else of the recipe. A method that asks for no logits would pay for a scorer of the recipe
    /// (a proxy trains with every step) and get nothing, so it has none unless its name says so; auto has its own.
    /// </summary>
    public string Scorer => Spec.Scorer ?? (AsksNoLogits || Spec.Method == Methods.Auto ? Scorers.Target : Recipe.Scoring.Scorer);

    /// <summary>Whether candidates pass through the target or a copy of it.</summary>
    public bool TargetScores => !AsksNoLogits && (Scorer is Scorers.Target or Scorers.Replica or Scorers.Cascade);

    /// <summary>Whether it chooses its part of D before training.</summary>
    public bool ChoosesOnce => Spec.Method == Methods.Svp;

    /// <summary>Whether the small network of the recipe trains for it.</summary>
    public bool UsesProxy => ChoosesOnce || Scorer is Scorers.Proxy or Scorers.Plan
        || (Spec.Method == Methods.Auto && ProxyArchitecture.Title != Architecture.TargetOf(Recipe).Title);

    private bool AsksNoLogits =>
        Spec.Method is Methods.Uniform or Methods.Rs2 or Methods.InfoBatch or Methods.Svp or Methods.NegativeIrreducibleLoss
            or Methods.FilterUniform;

    /// <summary>The sampler of the method; null for shuffled batches.</summary>
    public SamplerFactory? Sampler => Spec.Method == Methods.InfoBatch ? (ids, size, seed) => new PruningSampler(ids, size, seed) : null;

    /// <summary>
    /// n_B: n_b / q, where rs2, infobatch and svp train on all they are offered and selective backpropagation keeps half.
    /// </summary>
    public int LargeBatchSize => Spec switch
    {
        { Method: Methods.Svp } => Recipe.Training.BatchSize,
        { Share: { } share } => (int)Math.Round(Recipe.Training.BatchSize / share),
        { Method: Methods.Rs2 or Methods.InfoBatch } => Recipe.Training.BatchSize,
        { Method: Methods.SelectiveBackprop } => 2 * Recipe.Training.BatchSize,
        _ => Recipe.Training.LargeBatchSize,
    };

    /// <summary>What a plan of this arm belongs to.</summary>
    public PlanKey PlanKeyFor(ExperimentData data) => new(data.Training.Fingerprint.Value, ArmSeeds.Training(Arm.Seed),
        data.Augmentation is null ? null : ArmSeeds.Augmentation(Arm.Seed), Recipe.Training.BatchSize, LargeBatchSize,
        Methods.NeedsIrreducibleLosses(Arm.Method) ? IrreducibleLosses?.ContentHash() : null);

    /// <summary>Makes the selector for a target that is about to be trained.</summary>
    public IBatchSelector Create(TrainingTarget target)
    {
        bool updates = Spec.Method == Methods.OriginalRho;
        if (Methods.NeedsIrreducibleLosses(Arm.Method)) { IrreducibleLosses?.RequireSameData(target.TrainingSet); }
        SelectionMethod method = SelectionMethod.Find(Spec.Method, Recipe.Scoring);
        var options = new BatchSelectorOptions
        {
            LargeBatchSize = LargeBatchSize,
            Drawing = method.Drawing,
            OwnsReference = updates,
            Seed = Seeding.Of(ArmSeeds.Training(Arm.Seed), Purpose.Selector),
        };
        if (Spec.Method == Methods.Auto) { return CreateGate(target, method.Score); }
        Reference? reference = updates ? UpdateIrreducibleLosses(target.TrainingSet) : IrreducibleLosses;
        return new BatchSelector(CreateScorer(target, Scorer), method.Score, reference, Recipe.Training.BatchSize, options);
    }

    /// <summary>
    /// The gate, with every scorer that could pay here: a replica only where the target does not compute in its format already. Not
    /// last-seen logits: they cost least, but in runs of a few epochs, where most points were not seen lately, they lost in three of five
    /// kinds of data (docs/results/score-study.md), and the window did not see it.
    /// </summary>
    private AutoSelector CreateGate(TrainingTarget target, SelectionFunction score)
    {
        List<Scorer> scorers = [];
        bool fast = target.Parameters.Format is { Precision: Precision.BFloat16, ChannelsLast: true } || Recipe.Model.Name == "mlp";
        scorers.Add(CreateScorer(target, fast ? Scorers.Target : Scorers.Replica));
        if (ProxyArchitecture.Title != Architecture.TargetOf(Recipe).Title) { scorers.Add(CreateScorer(target, Scorers.Proxy)); }
        return new AutoSelector(
            target.TrainingSet, new TargetScorer(target.Model, ScoringMode.Eval), scorers, score, IrreducibleLosses!,
            Recipe.Training.BatchSize,
            new GateOptions { Seed = ArmSeeds.Gate(Arm.Seed) })
        { OnDecision = OnDecision };
    }

    /// <summary>
    /// The IL model goes on from where training on the holdout left it, with a hundredth of the target's learning rate (App. D),
    /// whatever its schedule: the paper has none.
    /// </summary>
    private LearningReference UpdateIrreducibleLosses(LabeledDataset data) => new(
        IrreducibleLossFile.LoadModel(Recipe, data, IrreducibleLosses!),
        new AdamWOptions { LearningRate = 0.01 * Recipe.Optimizer.LearningRate, WeightDecay = Recipe.IrreducibleLoss.WeightDecay },
        ArmSeeds.IrreducibleLoss(Arm.Seed), Recipe.IrreducibleLoss.Temperature);

    /// <summary>The part of D that svp chose, with the seconds it took; null for any other method. The caller owns it.</summary>
    public (LabeledDataset Chosen, double Seconds)? ChooseViaProxy(LabeledDataset data, CancellationToken cancellation)
    {
        if (Spec.Method != Methods.Svp) { return null; }
        using IDisposable scope = TorchSharp.torch.NewDisposeScope();
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        using var proxy = ProxyArchitecture.Create(data, ArmSeeds.Proxy(Arm.Seed));
        double share = Spec.Share ?? Math.Min(1, (double)Recipe.Training.BatchSize / Recipe.Training.LargeBatchSize);
        TorchSharp.torch.Tensor ids = SelectionViaProxy.Run(proxy, data, share, new TrainerOptions
        {
            BatchSize = Recipe.Training.BatchSize,
            Optimizer = new AdamWOptions { LearningRate = Recipe.Scoring.ProxyLearningRate },
            Format = ComputeOptions.SmallModelFormatOf(ProxyArchitecture, Recipe.Scoring.ProxyPrecision),
            Seed = ArmSeeds.Proxy(Arm.Seed),
        }, Recipe.Scoring.SvpEpochs, cancellation);
        return (data.Subset(ids), System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Told of the decisions of a gate.</summary>
    public Action<GateDecision>? OnDecision { get; init; }

    /// <summary>Makes the selector that replays the plan of this arm.</summary>
    public IBatchSelector Replay(ExperimentData data) => new PlannedSelector(SelectionPlan.Load(Plan!, PlanKeyFor(data)));

    private Scorer CreateScorer(TrainingTarget target, string name)
    {
        ScoringSection s = Recipe.Scoring;
        return name switch
        {
            Scorers.Replica => CreateReplica(target),
            Scorers.Proxy => CreateProxy(target.TrainingSet),
            // A handful of candidates has no batch statistics of its own: those of the last training steps serve.
            Scorers.LastSeen => new LastSeenScorer(
                target.TrainingSet,
                new TargetScorer(target.Model, ScoringMode.Eval),
                s.Rescored >= 0 ? s.Rescored : Recipe.Training.BatchSize / 4, Remembered),
            Scorers.Cascade => new CascadeScorer(
                target.TrainingSet, new TargetScorer(target.Model, Mode, Statistics), s.CascadeShare, keeps: Remembered),
            _ => new TargetScorer(target.Model, Mode, Statistics),
        };
    }

    /// <summary>A copy of the target in bfloat16 and channels-last.</summary>
    public ReplicaScorer CreateReplica(TrainingTarget target) =>
        new(target.Parameters, Architecture.TargetOf(Recipe).Create(target.TrainingSet, seed: 0),
            new ComputeFormat { Precision = Precision.BFloat16, ChannelsLast = true }, Mode, Recipe.Scoring.RefreshEvery);

    /// <summary>The small network of the recipe.</summary>
    public ProxyScorer CreateProxy(LabeledDataset data)
    {
        ScoringSection s = Recipe.Scoring;
        int downscale = int.Parse(s.ProxyDownscale, System.Globalization.CultureInfo.InvariantCulture);
        return new ProxyScorer(ProxyArchitecture.Create(data, ArmSeeds.Proxy(Arm.Seed), downscale), new ProxyOptions
        {
            Optimizer = new AdamWOptions { LearningRate = s.ProxyLearningRate },
            Format = ComputeOptions.SmallModelFormatOf(ProxyArchitecture, s.ProxyPrecision),
            TrainEvery = s.ProxyTrainEvery,
            TrainShare = s.ProxyTrainShare,
            Downscale = downscale,
            Mode = Mode,
            Seed = ArmSeeds.Proxy(Arm.Seed),
        });
    }

    /// <summary>The proxy as the recipe names it.</summary>
    public Architecture ProxyArchitecture => new(Recipe.Scoring.ProxyModel, Recipe.Scoring.ProxyHidden);

    /// <summary>What a memory keeps of each example: what the method asks for.</summary>
    private Measures Remembered =>
        Spec.Method is Methods.GradientNorm or Methods.GradientNormImportanceSampling ? Measures.GradientNorm : Measures.Loss;

    private ScoringMode Mode => Recipe.Scoring.Mode == "eval" ? ScoringMode.Eval : ScoringMode.Train;

    private RunningStatistics Statistics =>
        Recipe.Scoring.RunningStatistics == "update" ? RunningStatistics.Update : RunningStatistics.Preserve;
}
