using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Randomness;
using RhoLoss.Selection.Scoring;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// The large batch B_t as a selection function sees it. Every view is computed when first asked for, and once: a function that does not
/// ask for <see cref="Loss"/>, <see cref="GradientNorm"/>, <see cref="Correct"/> or <see cref="Logits"/> costs no forward pass, one that
/// does not ask for <see cref="Inputs"/> no gather.
/// </summary>
public sealed partial class Candidates
{
    private readonly LabeledDataset? _data;
    private readonly Augmentation? _augmentation;
    private readonly Scorer _scorer;
    private readonly Reference? _reference;
    private readonly StepRandom _random;
    private readonly LargeBatch _largeBatch;
    private Batch? _batch;
    private Tensor? _labels;
    private Tensor? _dropoutLogProbabilities;
    private Measurements _measured = new();
    private Candidates? _original;   // whose irreducible losses these are, where only the scores are another scorer's

    /// <summary>Candidates that are gathered already.</summary>
    internal Candidates(Batch batch, Scorer scorer, Reference? reference, Objective objective, StepRandom random)
        : this(null, Of(batch, random.Step), null, scorer, reference, objective, random) =>
        _batch = batch;

    /// <summary>Candidates that are gathered from the data when they are asked for.</summary>
    internal Candidates(LabeledDataset? data, LargeBatch largeBatch, Augmentation? augmentation,
                        Scorer scorer, Reference? reference, Objective objective, StepRandom random)
    {
        _largeBatch = largeBatch;
        _data = data;
        _augmentation = augmentation;
        _scorer = scorer;
        _reference = reference;
        _random = random;
        Objective = objective;
    }

    /// <summary>What the model is trained for.</summary>
    public Objective Objective { get; }

    /// <summary>Number of the step that they are candidates of, from 1.</summary>
    public long Step => _random.Step;

    /// <summary>Number of candidates n_B; fewer in the last large batch of an epoch.</summary>
    public int Count => _largeBatch.Count;

    /// <summary>Stable example ids, int64, shape [n_B].</summary>
    public Tensor Indices => _largeBatch.Ids;

    /// <summary>Their rows, where they are known; null: to be looked up.</summary>
    internal FoundRows? Rows => _largeBatch.Rows;

    /// <summary>The sampler's factor of each candidate's loss, float32, shape [n_B]; null when all are 1.</summary>
    internal Tensor? Weights => _largeBatch.Weights;

    /// <summary>Labels as trained on: int64, shape [n_B], where they are classes.</summary>
    public Tensor Labels => _labels ??= _batch?.Labels ?? _data!.LabelsOf(_largeBatch);

    /// <summary>Inputs as they would be trained on (augmented, normalised), shape [n_B, …].</summary>
    public Tensor Inputs => (_batch ??= _data!.Gather(_largeBatch, _augmentation)).Inputs;

    /// <summary>
    /// Loss L[y|x; D_t] of each candidate, as the scorer knows or estimates it, without gradient, shape [n_B]; in nats for a cross-entropy.
    /// </summary>
    /// <exception cref="InvalidInputException">The model has no output for a label of the data set, or only one.</exception>
    public Tensor Loss => Measured(Measures.Loss).Loss!;

    /// <summary>Share of each candidate's elements that the model predicts right, without gradient, shape [n_B].</summary>
    /// <exception cref="InvalidInputException">As of <see cref="Loss"/>, or nothing is right or wrong for the objective.</exception>
    public Tensor Correct => Measured(Measures.Correct).Correct!;

    /// <summary>Norm of the gradient of each candidate's loss at the model's outputs, shape [n_B].</summary>
    /// <exception cref="InvalidInputException">As of <see cref="Loss"/>.</exception>
    public Tensor GradientNorm => Measured(Measures.GradientNorm).GradientNorm!;

    /// <summary>
    /// Outputs of the model, without gradient, shape [n_B, C] for a classifier. Ask for a measure above where one will do: not every scorer
    /// has outputs, and those of a language model are large.
    /// </summary>
    /// <exception cref="InvalidInputException">As of <see cref="Loss"/>, or the scorer has no outputs.</exception>
    public Tensor Logits => Measured(Measures.Logits).Logits!;

    /// <summary>
    /// Log-probabilities of Monte-Carlo dropout passes m = 1..K, shape [K, n_B, C], of a language model [K, n_B, T, V], all from one
    /// batched forward pass of the target with only its dropout on (Gal and Ghahramani, 2016; paper, App. G). Computed once for a
    /// number of passes.
    /// </summary>
    /// <exception cref="InvalidInputException">The scorer has no model, or the model has no dropout.</exception>
    public Tensor DropoutLogProbabilities(int passes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1);
        if (!Objective.OutputsAreClassLogits)
        {
            throw new InvalidInputException(
                "The probabilities of dropout passes need logits of classes, which the outputs of "
                + $"{Objective.GetType().Name} are not. Use another selection function.");
        }
        if (_dropoutLogProbabilities is null || _dropoutLogProbabilities.shape[0] != passes)
        {
            _dropoutLogProbabilities = _scorer.DropoutLogProbabilities(this, passes);
            Require(_dropoutLogProbabilities[0]);
        }
        return _dropoutLogProbabilities;
    }

    /// <summary>
    /// Irreducible losses L[y|x; D_ho] in nats, shape [n_B], by the selector's reference; those of a table are of the un-augmented points.
    /// </summary>
    /// <exception cref="InvalidInputException">The selector was given no reference, or it lacks an example.</exception>
    public Tensor IrreducibleLoss => IrreducibleLossIfComputed ??= _original?.IrreducibleLoss
        ?? (_reference ?? throw new InvalidInputException(
            "This selection function needs irreducible losses, but the selector has none. "
            + "Compute them with HoldoutTraining or CrossFit and pass them to the BatchSelector."))
        .Loss(this);

    /// <summary>How relevant each candidate is, shape [n_B], by the selector's reference; asked once.</summary>
    /// <exception cref="InvalidInputException">The selector was given no reference, or one that does not tell.</exception>
    public Tensor Relevance => RelevanceIfComputed ??= _original?.Relevance
        ?? (_reference ?? throw new InvalidInputException(
            "This selection needs to know how relevant candidates are, but the selector has no reference. "
            + "Give the BatchSelector a MooreLewisReference."))
        .Relevance(this);

    /// <summary>
    /// Uniform random numbers in [0, 1), shape [n_B]: a function of the selector's seed and the step; others with each call.
    /// </summary>
    public Tensor Random() => Transfer.To(rand(Count, generator: _random.Generator), Indices.device);

    /// <summary>
    /// Seed of what layers such as dropout draw while these candidates are scored: a function of the selector's seed and the step, so that
    /// they are scored with the same masks in another process.
    /// </summary>
    public long ScoringSeed => _random.ScoringSeed;

    /// <summary>Seed of what dropout draws in Monte-Carlo passes.</summary>
    internal long DropoutPassesSeed => _random.DropoutPassesSeed;

    /// <summary>What is wanted, taken from a model's outputs for these candidates: what most scorers answer.</summary>
    /// <param name="logits">Shape [n_B, …], without gradient.</param>
    /// <param name="wanted">What was asked.</param>
    /// <exception cref="InvalidInputException">The model has no output for a label of the data set, or only one.</exception>
    public Measurements MeasurementsOf(Tensor logits, Measures wanted)
    {
        Require(logits);
        return Measurements.Of(logits, Labels, Objective, wanted);
    }

    /// <summary>Candidates that a model was run on to score them: what a scorer says, not what a function asks.</summary>
    internal int Forwarded { get; private set; }

    /// <summary>Called by a scorer when it runs a model on that many candidates.</summary>
    public void CountForwarded(int examples) => Forwarded += examples;

    /// <summary>What has been asked of the scorer so far.</summary>
    internal Measurements Known => _measured;

    internal Tensor? IrreducibleLossIfComputed { get; private set; }

    private Tensor? RelevanceIfComputed { get; set; }

    internal bool ScorerSpeaksForTarget => _scorer.SpeaksForTarget;

    /// <summary>The candidates at these positions (int64, shape [k]), gathered now if B_t was not.</summary>
    internal Batch At(Tensor positions) =>
        _batch?.At(positions) ?? _data!.Gather(_largeBatch.At(positions), _augmentation);

    /// <summary>A chosen part of B_t as candidates of its own, so that it can be scored alone.</summary>
    internal Candidates Only(Batch chosen) => new(chosen, _scorer, _reference, Objective, _random);

    /// <summary>
    /// The candidates at these positions (int64, shape [m]) as candidates of their own, still not gathered if B_t was not.
    /// Irreducible losses that are known already stay known.
    /// </summary>
    public Candidates Subset(Tensor positions)
    {
        Candidates part = _batch is { } batch
            ? Only(batch.At(positions))
            : new Candidates(_data, _largeBatch.At(positions), _augmentation, _scorer, _reference, Objective, _random);
        part.IrreducibleLossIfComputed = IrreducibleLossIfComputed?.index_select(0, positions);
        part.RelevanceIfComputed = RelevanceIfComputed?.index_select(0, positions);
        return part;
    }

    /// <summary>The same candidates, irreducible losses included, measured by another scorer.</summary>
    public Candidates ScoredBy(Scorer scorer) =>
        new(_data, _largeBatch, _augmentation, scorer, _reference, Objective, _random)
        {
            _batch = _batch,
            _labels = _labels,
            _original = this,
        };

    /// <summary>What is wanted: asked of the scorer, unless it is known or follows from logits that are there.</summary>
    /// <exception cref="InvalidInputException">The scorer does not know it.</exception>
    internal Measurements Measured(Measures wanted)
    {
        if (!Knows(wanted) && _measured.Logits is not null) { _measured = _measured.With(Labels, Objective, wanted); }
        if (!Knows(wanted))
        {
            Measurements more = _scorer.Measure(this, wanted & ~_measured.Known);
            if (more.Logits is { } logits) { Require(logits); }
            _measured = _measured.Or(more);
        }
        if (!Knows(wanted)) { _measured = _measured.With(Labels, Objective, wanted); }
        if (Knows(wanted)) { return _measured; }
        throw new InvalidInputException(
            $"This selection function asks for {wanted & ~_measured.Known} of each candidate, which the scorer {_scorer.Name} does not "
            + $"know for {Objective.GetType().Name}. Use another selection function, or another scorer.");
    }

    private static LargeBatch Of(Batch batch, long step) => new(step, batch.Indices, batch.Weights) { Rows = batch.Rows };

    private bool Knows(Measures wanted) => (wanted & ~_measured.Known) == Measures.None;

    /// <summary>Makes sure that these can be a model's outputs for the labels of the data set.</summary>
    internal void Require(Tensor logits) => Objective.Require(logits, Count, () => (_data?.LargestLabel ?? _batch?.LargestLabel)!);
}
