using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Randomness;
using RhoLoss.Selection.Scoring;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Chooses b_t from a large batch B_t: scores the candidates with a <see cref="SelectionFunction"/> under no gradient, checks that every
/// score is a number, and keeps k = max(1, ⌊|B_t| · n_b / n_B⌋) of them.
/// </summary>
/// <remarks>
/// A scorer that follows the target (replica, proxy, memory, cascade) and a reference that learns have to be told of each step with
/// <see cref="Observe(Batch, Tensor)"/>: without it the 21st selection in a row is refused, if one of them is out of date by then. The
/// target itself needs no telling. Not thread-safe: it runs the model.
/// </remarks>
/// <example>
/// <code>
/// using var selector = new BatchSelector(model, SelectionFunctions.ReducibleHoldoutLoss, losses, batchSize: 32);
/// SelectedBatch batch = selector.Select(data.Gather(sampler.Next()));
/// Tensor logits = model.forward(batch.Inputs);   // and the usual three lines
/// selector.Observe(batch.Batch, logits.detach());
/// </code>
/// </example>
public sealed class BatchSelector : IBatchSelector
{
    private const string StepEntry = "step", VarianceEntry = "variance-reduction", ScorerPart = "scorer", ReferencePart = "reference";
    private readonly SelectionFunction _score;
    private readonly Reference? _reference;
    private readonly bool _ownsReference;
    private readonly Objective _objective;
    private readonly Scorer _scorer;
    private readonly long _seed;
    private readonly int _batchSize;
    private readonly Drawing _drawing;
    private readonly MissedSteps _missed;
    private long _step;   // of the last selection
    private LabeledDataset? _selectedFrom;   // whose reference was looked at

    /// <summary>Creates a selector for a model that is being trained.</summary>
    /// <param name="model">Maps inputs [n, …] to logits [n, C]. Not owned.</param>
    /// <param name="score">One of <see cref="SelectionFunctions"/>, or your own.</param>
    /// <param name="reference">
    /// Irreducible losses, for functions that ask for them; not owned unless <see cref="BatchSelectorOptions.OwnsReference"/> says so.
    /// </param>
    /// <param name="batchSize">n_b.</param>
    /// <param name="options">Everything else; the defaults are the paper's.</param>
    /// <exception cref="ArgumentException">n_B is smaller than n_b, or an option is out of range.</exception>
    public BatchSelector(nn.Module<Tensor, Tensor> model, SelectionFunction score, Reference? reference, int batchSize,
                         BatchSelectorOptions? options = null)
        : this(
            new TargetScorer(model, (options ?? new()).Mode, (options ?? new()).RunningStatistics), score, reference, batchSize, options)
    {
    }

    /// <summary>Creates a selector whose candidates are scored by something else than the model itself.</summary>
    /// <param name="scorer">Where measurements come from; owned from now on.</param>
    /// <param name="score">One of <see cref="SelectionFunctions"/>, or your own.</param>
    /// <param name="reference">As of the other constructor.</param>
    /// <param name="batchSize">n_b.</param>
    /// <param name="options">Everything else; mode and statistics are the scorer's own matter and not read here.</param>
    /// <exception cref="ArgumentException">n_B is smaller than n_b, or an option is out of range.</exception>
    public BatchSelector(
        Scorer scorer, SelectionFunction score, Reference? reference, int batchSize, BatchSelectorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scorer);
        ArgumentNullException.ThrowIfNull(score);
        options ??= new BatchSelectorOptions();
        LargeBatchSize = options.LargeBatchSizeFor(batchSize);
        options.Drawing.Validate();
        _score = score;
        _reference = reference;
        _ownsReference = options.OwnsReference;
        _objective = options.Objective;
        _batchSize = batchSize;
        _drawing = options.Drawing;
        _scorer = scorer;
        _missed = new MissedSteps(scorer, reference);
        _seed = options.Seed;
    }

    /// <inheritdoc/>
    public int LargeBatchSize { get; internal set; }

    /// <summary>Smoothed variance reduction τ of <see cref="ImportanceSampling.OnlyWhenItPays"/>; 0 before the first step.</summary>
    public double VarianceReduction { get; private set; }

    /// <summary>
    /// Chooses b_t from a batch that is already gathered. Where the batch was gathered for no step, this is the step after that of the
    /// selection before.
    /// </summary>
    /// <exception cref="NonFiniteScoreException">A score is NaN or infinite.</exception>
    public SelectedBatch Select(Batch largeBatch)
    {
        ArgumentNullException.ThrowIfNull(largeBatch);
        RequireReferenceOf(largeBatch.Source);
        using StepRandom random = Begin(largeBatch.Step ?? _step + 1);
        return Select(new Candidates(largeBatch, _scorer, _reference, _objective, random), random);
    }

    /// <summary>Chooses b_t from these candidates, gathering no more than the selection function asks for.</summary>
    /// <exception cref="NonFiniteScoreException">A score is NaN or infinite.</exception>
    public SelectedBatch Select(LabeledDataset data, LargeBatch largeBatch, Augmentation? augmentation = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(largeBatch);
        RequireReferenceOf(data);
        using StepRandom random = Begin(largeBatch.Step);
        return Select(new Candidates(data, largeBatch, augmentation, _scorer, _reference, _objective, random), random);
    }

    /// <summary>
    /// Refuses losses of other data with the same ids, once for each data set; not where that would read every file of a streamed set.
    /// </summary>
    private void RequireReferenceOf(LabeledDataset? data)
    {
        if (_reference is null || data is null || ReferenceEquals(data, _selectedFrom)) { return; }
        if (!data.IsStreamed || data.HasFingerprint) { _reference.RequireSameData(data); }
        _selectedFrom = data;
    }

    private StepRandom Begin(long step)
    {
        _step = step;
        return new StepRandom(_seed, step);
    }

    private SelectedBatch Select(Candidates candidates, StepRandom random)
    {
        if (candidates.Count == 0)
        {
            throw new ArgumentException("A large batch must have at least one example, but has none.", nameof(candidates));
        }
        _missed.Selecting();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        int k = (int)Math.Max(1, (long)candidates.Count * _batchSize / LargeBatchSize);
        SelectedBatch selected = _drawing is ImportanceSampling { OnlyWhenItPays: true } sampling && !Pays(sampling)
            ? DrawUniformly(candidates, k, sampling)
            : Draw(Shortlist(candidates, k), k, random);
        selected.MoveToOuter(scope);
        return selected;
    }

    private Candidates Shortlist(Candidates candidates, int atLeast)
    {
        if (_scorer.Shortlist(candidates, _score, atLeast) is not { } positions) { return candidates; }
        Candidates shortlist = candidates.Subset(positions);
        shortlist.CountForwarded(candidates.Forwarded);
        return shortlist;
    }

    private SelectedBatch Draw(Candidates candidates, int k, StepRandom random)
    {
        Tensor scores = FiniteScores(candidates);
        Drawn drawn = _drawing.DrawChecked(scores, k, random.Generator);
        if (_drawing is ImportanceSampling sampling) { VarianceReduction = sampling.Smoothed(VarianceReduction, scores); }
        // A drawing of a user's may draw on the host, as its generator does.
        Tensor positions = Transfer.To(drawn.Positions, scores.device);
        Tensor? factors = drawn.Weights is { } given ? Transfer.To(given, scores.device) : null;
        Batch batch = candidates.At(positions);
        return new SelectedBatch(batch, positions, Product(factors, batch.Weights), ScoredCandidates.Of(candidates, scores));
    }

    /// <summary>The factors of the drawing times those of the sampler.</summary>
    private static Tensor? Product(Tensor? drawing, Tensor? sampler) =>
        drawing is null || sampler is null ? drawing ?? sampler : drawing * sampler;

    private SelectedBatch DrawUniformly(Candidates candidates, int k, ImportanceSampling sampling)
    {
        Tensor positions = TopScores.Largest(candidates.Random(), k);
        Batch chosen = candidates.At(positions);
        Candidates drawn = candidates.Only(chosen);
        VarianceReduction = sampling.Smoothed(VarianceReduction, FiniteScores(drawn));
        ScoredCandidates scored = ScoredCandidates.Of(candidates, scores: null) with { Forwarded = drawn.Forwarded };
        return new SelectedBatch(chosen, positions, chosen.Weights, scored);
    }

    private bool Pays(ImportanceSampling sampling) =>
        VarianceReduction > (sampling.Threshold ?? (LargeBatchSize + 3.0 * _batchSize) / (3.0 * _batchSize));

    private Tensor FiniteScores(Candidates candidates)
    {
        Tensor scores = _score(candidates);
        if (scores.dim() != 1 || scores.shape[0] != candidates.Count)
        {
            throw new InvalidOperationException(
                $"A selection function must return one score per candidate, shape [{candidates.Count}], "
                + $"but returned [{string.Join(", ", scores.shape)}].");
        }
        NonFiniteScoreException.ThrowIfNotFinite(scores, candidates.Indices);
        return scores;
    }

    /// <inheritdoc/>
    public void Observe(TrainedBatch trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        RequireObjective(trained.Objective);
        _missed.Observed();
        _scorer.Observe(trained);
        _reference?.Observe(trained);
    }

    /// <summary>The same for a loop of your own: b_t and the model's outputs for it from before the update, shape [k, …].</summary>
    public void Observe(Batch batch, Tensor logits)
    {
        using IDisposable scope = NewDisposeScope();
        Observe(TrainedBatch.Of(batch, logits, _objective));
    }

    /// <summary>Refuses to choose for one objective what is trained for another.</summary>
    internal void RequireObjective(Objective trained)
    {
        if (ReferenceEquals(trained, _objective)) { return; }
        throw new InvalidOperationException(
            $"The model is trained for {trained.GetType().Name}, but its batches are chosen for {_objective.GetType().Name}. "
            + "Give BatchSelectorOptions.Objective the trainer's own (TrainingTarget.Objective).");
    }

    /// <inheritdoc/>
    public void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state[StepEntry] = tensor(_step);
        state[VarianceEntry] = tensor(VarianceReduction, dtype: float64);
        StateScope.Capture(ScorerPart, _scorer.Capture, state);
        if (_reference is not null) { StateScope.Capture(ReferencePart, _reference.Capture, state); }
    }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _step = state(StepEntry).item<long>();
        VarianceReduction = state(VarianceEntry).item<double>();
        _scorer.Restore(StateScope.Of(ScorerPart, state));
        _reference?.Restore(StateScope.Of(ReferencePart, state));
    }

    /// <summary>Frees the scorer, and the reference if it is owned; not the model.</summary>
    public void Dispose()
    {
        _scorer.Dispose();
        if (_ownsReference) { _reference?.Dispose(); }
    }
}
