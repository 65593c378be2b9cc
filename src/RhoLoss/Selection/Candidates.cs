using RhoLoss.Data;
using RhoLoss.Randomness;
using RhoLoss.Selection.Scoring;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// The large batch B_t as a selection function sees it. Every view is computed when first asked for, and once: a function that
/// does not ask for <see cref="Logits"/> costs no forward pass, one that does not ask for <see cref="Inputs"/> no gather.
/// </summary>
public sealed class Candidates
{
    private readonly LabeledDataset? _data;
    private readonly Augmentation? _augmentation;
    private readonly Scorer _scorer;
    private readonly IrreducibleLosses? _irreducibleLosses;
    private readonly StepRandom _random;
    private readonly LargeBatch _largeBatch;
    private Batch? _batch;
    private Tensor? _labels;
    private Tensor? _dropoutLogProbabilities;
    private Candidates? _original;   // whose irreducible losses these are, where only the logits are another scorer's

    /// <summary>
    /// Candidates made of numbers, without data or model: what a unit test gives to a selection function. They have no
    /// <see cref="Inputs"/>.
    /// </summary>
    /// <param name="labels">Labels, int64, shape [n].</param>
    /// <param name="logits">Outputs of a model, float32, shape [n, C].</param>
    /// <param name="irreducibleLosses">Irreducible losses in nats, shape [n]; null for a function that does not ask for them.</param>
    /// <param name="ids">Stable example ids, int64, shape [n]; null for 0..n−1.</param>
    /// <param name="step">Number of the step; with <paramref name="seed"/> it decides what <see cref="Random"/> gives.</param>
    /// <param name="seed">See <paramref name="step"/>.</param>
    /// <example>
    /// <code>
    /// Candidates two = Candidates.Of(tensor([0L, 1L]), zeros(2, 10), irreducibleLosses: tensor([0.1f, 2f]));
    /// Tensor scores = SelectionFunctions.ReducibleHoldoutLoss(two);   // ln 10 − 0.1 and ln 10 − 2
    /// </code>
    /// </example>
    public static Candidates Of(
        Tensor labels, Tensor logits, Tensor? irreducibleLosses = null, Tensor? ids = null, long step = 1, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(logits);
        long n = labels.shape[0];
        if (irreducibleLosses is not null && (irreducibleLosses.dim() != 1 || irreducibleLosses.shape[0] != n))
        {
            throw new ArgumentException(
                $"Irreducible losses must be one for each label, shape [{n}], but have shape "
                + $"[{string.Join(", ", irreducibleLosses.shape)}].", nameof(irreducibleLosses));
        }
        ids ??= Scalars.Range(n, int64, labels.device);
        var batch = new Batch(ids, empty([labels.shape[0], 0]), labels);
        return new Candidates(batch, new GivenLogits(logits), null, new StepRandom(seed, step))
        {
            IrreducibleLossIfComputed = irreducibleLosses,
        };
    }

    /// <summary>Candidates that are gathered already.</summary>
    internal Candidates(Batch batch, Scorer scorer, IrreducibleLosses? irreducibleLosses, StepRandom random)
        : this(null, new LargeBatch(random.Step, batch.Indices, batch.Weights), null, scorer, irreducibleLosses, random) => _batch = batch;

    /// <summary>Candidates that are gathered from the data when they are asked for.</summary>
    internal Candidates(LabeledDataset? data, LargeBatch largeBatch, Augmentation? augmentation,
                        Scorer scorer, IrreducibleLosses? irreducibleLosses, StepRandom random)
    {
        _largeBatch = largeBatch;
        _data = data;
        _augmentation = augmentation;
        _scorer = scorer;
        _irreducibleLosses = irreducibleLosses;
        _random = random;
    }

    /// <summary>Number of the step that they are candidates of, from 1.</summary>
    public long Step => _random.Step;

    /// <summary>Number of candidates n_B; fewer in the last large batch of an epoch.</summary>
    public int Count => _largeBatch.Count;

    /// <summary>Stable example ids, int64, shape [n_B].</summary>
    public Tensor Indices => _largeBatch.Ids;

    /// <summary>The sampler's factor of each candidate's loss, float32, shape [n_B]; null when all are 1.</summary>
    internal Tensor? Weights => _largeBatch.Weights;

    /// <summary>Labels as trained on, int64, shape [n_B].</summary>
    public Tensor Labels => _labels ??= _batch?.Labels ?? _data!.LabelsOf(Indices);

    /// <summary>Inputs as they would be trained on (augmented, normalised), shape [n_B, …].</summary>
    public Tensor Inputs => (_batch ??= _data!.Gather(_largeBatch, _augmentation)).Inputs;

    /// <summary>Outputs of the model, as the scorer knows or estimates them, without gradient, shape [n_B, C].</summary>
    /// <exception cref="InvalidInputException">There is no output for a label of the data set, or only one.</exception>
    public Tensor Logits => LogitsIfComputed ??= WithAllClasses(_scorer.Logits(this));

    /// <summary>Cross-entropy L[y|x; D_t] of each candidate in nats, shape [n_B].</summary>
    public Tensor Loss => LossIfComputed ??= nn.functional.cross_entropy(Logits, Labels, reduction: nn.Reduction.None);

    /// <summary>
    /// Log-probabilities of Monte-Carlo dropout passes m = 1..K, shape [K, n_B, C], all from one batched forward pass of the target with
    /// only its dropout on (Gal and Ghahramani, 2016; paper, App. G). Computed once for a number of passes.
    /// </summary>
    /// <exception cref="InvalidInputException">The scorer has no model, or the model has no dropout.</exception>
    public Tensor DropoutLogProbabilities(int passes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1);
        if (_dropoutLogProbabilities is null || _dropoutLogProbabilities.shape[0] != passes)
        {
            _dropoutLogProbabilities = _scorer.DropoutLogProbabilities(this, passes);
            WithAllClasses(_dropoutLogProbabilities[0]);
        }
        return _dropoutLogProbabilities;
    }

    /// <summary>These logits (shape [n_B, C]) of any model, once it is sure that they are for the labels of the data set.</summary>
    internal Tensor WithAllClasses(Tensor logits)
    {
        ClassOutputs.Require(logits, Count, (_data?.LargestLabel ?? _batch?.LargestLabel)!);   // one of them is there
        return logits;
    }

    /// <summary>
    /// Irreducible losses L[y|x; D_ho] in nats, shape [n_B], found by id; of the un-augmented points.
    /// A scorer may have a model of its own for them.
    /// </summary>
    /// <exception cref="InvalidInputException">The selector was given no irreducible losses, or they lack an example.</exception>
    public Tensor IrreducibleLoss => IrreducibleLossIfComputed ??= _scorer.IrreducibleLoss(this) ?? _original?.IrreducibleLoss
        ?? (_irreducibleLosses ?? throw new InvalidInputException(
            "This selection function needs irreducible losses, but the selector has none. "
            + "Compute them with HoldoutTraining or CrossFit and pass them to the BatchSelector."))
        .Of(Indices);

    /// <summary>
    /// Uniform random numbers in [0, 1), shape [n_B]: a function of the selector's seed and the step; others with each call.
    /// </summary>
    public Tensor Random() => rand(Count, generator: _random.Generator).to(Indices.device);

    /// <summary>
    /// Seed of what layers such as dropout draw while these candidates are scored: a function of the selector's seed and the step, so that
    /// they are scored with the same masks in another process.
    /// </summary>
    public long ScoringSeed => _random.ScoringSeed;

    /// <summary>Seed of what dropout draws in Monte-Carlo passes.</summary>
    internal long DropoutPassesSeed => _random.DropoutPassesSeed;

    /// <summary>Candidates that a model was run on to score them: what a scorer says, not what a function asks.</summary>
    internal int Forwarded { get; private set; }

    /// <summary>Called by a scorer when it runs a model on that many candidates.</summary>
    public void CountForwarded(int examples) => Forwarded += examples;

    internal Tensor? LogitsIfComputed { get; private set; }

    internal Tensor? LossIfComputed { get; private set; }

    internal Tensor? IrreducibleLossIfComputed { get; private set; }

    internal bool ScorerSpeaksForTarget => _scorer.SpeaksForTarget;

    /// <summary>The candidates at these positions (int64, shape [k]), gathered now if B_t was not.</summary>
    internal Batch At(Tensor positions) =>
        _batch?.At(positions) ?? _data!.Gather(_largeBatch.At(positions), _augmentation);

    /// <summary>A chosen part of B_t as candidates of its own, so that it can be scored alone.</summary>
    internal Candidates Only(Batch chosen) => new(chosen, _scorer, _irreducibleLosses, _random);

    /// <summary>
    /// The candidates at these positions (int64, shape [m]) as candidates of their own, still not gathered if B_t was not.
    /// Irreducible losses that are known already stay known.
    /// </summary>
    public Candidates Subset(Tensor positions)
    {
        Candidates part = _batch is { } batch
            ? Only(batch.At(positions))
            : new Candidates(_data, _largeBatch.At(positions), _augmentation, _scorer, _irreducibleLosses, _random);
        part.IrreducibleLossIfComputed = IrreducibleLossIfComputed?.index_select(0, positions);
        return part;
    }

    /// <summary>
    /// The same candidates with logits from another scorer. Their irreducible losses are those of these, unless that scorer has a model of
    /// its own for them.
    /// </summary>
    public Candidates ScoredBy(Scorer scorer) =>
        new(_data, _largeBatch, _augmentation, scorer, _irreducibleLosses, _random)
        {
            _batch = _batch,
            _labels = _labels,
            _original = this,
        };

    private sealed class GivenLogits(Tensor logits) : Scorer
    {
        public override string Name => "numbers";

        public override Tensor Logits(Candidates candidates) => logits;
    }
}
