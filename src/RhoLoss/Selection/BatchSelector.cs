using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Chooses b_t from a large batch B_t: scores the candidates with a <see cref="SelectionFunction"/> under no gradient, checks that every
/// score is a number, and keeps k = max(1, ⌊|B_t| · n_b / n_B⌋) of them.
/// </summary>
/// <remarks>
/// In your own loop: <c>var batch = selector.Select(data.Gather(sampler.Next()));</c>, then the usual three training lines on
/// <c>batch.Inputs</c> and <c>batch.Labels</c>. Not thread-safe: it runs the model.
/// </remarks>
public sealed class BatchSelector : IDisposable
{
    private readonly SelectionFunction _score;
    private readonly IrreducibleLosses? _irreducibleLosses;
    private readonly ScoringPass _scoringPass;
    private readonly Generator _generator;
    private readonly int _batchSize;
    private readonly int _largeBatchSize;
    private readonly Drawing _drawing;

    /// <summary>Creates a selector for a model that is being trained.</summary>
    /// <param name="model">Maps inputs [n, …] to logits [n, C]. Not owned.</param>
    /// <param name="score">One of <see cref="SelectionFunctions"/>, or your own.</param>
    /// <param name="irreducibleLosses">Needed by functions that ask for them; not owned.</param>
    /// <param name="batchSize">n_b.</param>
    /// <param name="options">Everything else; the defaults are the paper's.</param>
    /// <exception cref="ArgumentException">n_B is smaller than n_b, or an option is out of range.</exception>
    public BatchSelector(nn.Module<Tensor, Tensor> model, SelectionFunction score, IrreducibleLosses? irreducibleLosses, int batchSize,
                         BatchSelectorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(score);
        options ??= new BatchSelectorOptions();
        if (batchSize < 1) { throw new ArgumentException($"BatchSize must be at least 1, but was {batchSize}.", nameof(batchSize)); }
        int largeBatchSize = options.LargeBatchSize ?? checked(10 * batchSize);
        if (largeBatchSize < batchSize)
        {
            throw new ArgumentException($"LargeBatchSize must be at least BatchSize ({batchSize}), but was {largeBatchSize}. Set BatchSelectorOptions.LargeBatchSize.", nameof(options));
        }
        if (options.Drawing is ImportanceSampling { Smoothing: var a } && !(a >= 0 && a < 1))
        {
            throw new ArgumentException($"ImportanceSampling.Smoothing must be at least 0 and below 1, but was {a}.", nameof(options));
        }
        _score = score;
        _irreducibleLosses = irreducibleLosses;
        _batchSize = batchSize;
        _largeBatchSize = largeBatchSize;
        _drawing = options.Drawing;
        _scoringPass = new ScoringPass(model, options.Mode, options.RunningStatistics);
        _generator = Seeding.Create(options.Seed, Seeding.Selection);
    }

    /// <summary>The smoothed variance-reduction estimate τ of <see cref="ImportanceSampling.OnlyWhenItPays"/>; 0 before the first step.</summary>
    public double VarianceReduction { get; private set; }

    /// <summary>Chooses b_t from a batch that is already gathered.</summary>
    /// <exception cref="NonFiniteScoreException">A score is NaN or infinite.</exception>
    public SelectedBatch Select(Batch largeBatch)
    {
        ArgumentNullException.ThrowIfNull(largeBatch);
        return Select(new Candidates(largeBatch, _scoringPass.Forward, _irreducibleLosses, _generator));
    }

    /// <summary>Chooses b_t from the examples with these ids (int64, shape [|B_t|]), gathering no more than the selection function asks for.</summary>
    /// <exception cref="NonFiniteScoreException">A score is NaN or infinite.</exception>
    public SelectedBatch Select(LabeledDataset data, Tensor ids, Augmentation? augmentation = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(ids);
        return Select(new Candidates(data, ids, augmentation, _scoringPass.Forward, _irreducibleLosses, _generator));
    }

    private SelectedBatch Select(Candidates candidates)
    {
        if (candidates.Count == 0) { throw new ArgumentException("A large batch must have at least one example, but has none.", nameof(candidates)); }
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        int k = (int)Math.Max(1, (long)candidates.Count * _batchSize / _largeBatchSize);
        SelectedBatch selected = _drawing switch
        {
            ImportanceSampling { OnlyWhenItPays: true } sampling when !Pays(sampling) => DrawUniformly(candidates, k, sampling),
            ImportanceSampling sampling => DrawByImportance(candidates, k, sampling),
            _ => DrawLargest(candidates, k),
        };
        return Keep(selected, scope);
    }

    private SelectedBatch DrawLargest(Candidates candidates, int k)
    {
        Tensor scores = FiniteScores(candidates);
        Tensor order = sort(scores, descending: true, stable: true).indices;   // stable: of equals the earlier position first
        Tensor positions = order.slice(0, 0, k, 1);
        return new SelectedBatch(candidates.At(positions), positions, null, Scored(candidates, scores));
    }

    private SelectedBatch DrawByImportance(Candidates candidates, int k, ImportanceSampling sampling)
    {
        Tensor scores = FiniteScores(candidates);
        Tensor probabilities = Probabilities(scores);
        Tensor positions = probabilities.cpu().multinomial(k, replacement: true, generator: _generator).to(scores.device);
        Tensor weights = probabilities.index_select(0, positions).mul_(candidates.Count).reciprocal_();
        UpdateVarianceReduction(probabilities, sampling);
        return new SelectedBatch(candidates.At(positions), positions, weights, Scored(candidates, scores));
    }

    private SelectedBatch DrawUniformly(Candidates candidates, int k, ImportanceSampling sampling)
    {
        Tensor positions = sort(candidates.Random(), descending: true, stable: true).indices.slice(0, 0, k, 1);
        Batch chosen = candidates.At(positions);
        Candidates drawn = candidates.Only(chosen);
        UpdateVarianceReduction(Probabilities(FiniteScores(drawn)), sampling);
        ScoredCandidates scored = Scored(candidates, scores: null) with { Forwarded = (int)(drawn.LogitsIfComputed?.shape[0] ?? 0) };
        return new SelectedBatch(chosen, positions, null, scored);
    }

    private bool Pays(ImportanceSampling sampling) =>
        VarianceReduction > (sampling.Threshold ?? (_largeBatchSize + 3.0 * _batchSize) / (3.0 * _batchSize));

    private void UpdateVarianceReduction(Tensor probabilities, ImportanceSampling sampling)
    {
        // ‖g − u‖² = Σ g² − 1/n for g summing to 1, so (1 − ‖g − u‖² / Σ g²)^(−1/2) = √(n Σ g²).
        double tau = Math.Sqrt(probabilities.shape[0] * probabilities.square().sum().item<float>());
        VarianceReduction = sampling.Smoothing * VarianceReduction + (1 - sampling.Smoothing) * tau;
    }

    private static Tensor Probabilities(Tensor scores)
    {
        if (scores.min().ToDouble() < 0) { throw new InvalidOperationException("Importance sampling needs scores that are not negative, but the selection function gave a negative one."); }
        Tensor nonNegative = scores.to(float32);
        double total = nonNegative.sum().item<float>();
        return total > 0 ? nonNegative / total : full_like(nonNegative, 1.0 / scores.shape[0]);   // everything learnt: nothing to prefer
    }

    private Tensor FiniteScores(Candidates candidates)
    {
        Tensor scores = _score(candidates);
        if (scores.dim() != 1 || scores.shape[0] != candidates.Count)
        {
            throw new InvalidOperationException($"A selection function must return one score per candidate, shape [{candidates.Count}], but returned [{string.Join(", ", scores.shape)}].");
        }
        if (double.IsFinite(scores.sum().ToDouble())) { return scores; }   // one number to the host; the sum of finite losses stays finite
        Tensor bad = scores.isfinite().logical_not();
        if (!bad.any().item<bool>()) { return scores; }
        throw new NonFiniteScoreException([.. candidates.Indices.masked_select(bad).cpu().data<long>()]);
    }

    private static ScoredCandidates Scored(Candidates candidates, Tensor? scores) =>
        new(candidates.Indices, candidates.LogitsIfComputed is null ? null : candidates.Labels, scores,
            candidates.LogitsIfComputed, candidates.LossIfComputed, candidates.IrreducibleLossIfComputed);

    /// <summary>Lets b_t and the small per-candidate tensors outlive the selection; everything else is freed.</summary>
    private static SelectedBatch Keep(SelectedBatch selected, DisposeScope scope)
    {
        ScoredCandidates c = selected.Candidates;
        Tensor?[] kept = [selected.Batch.Indices, selected.Batch.Inputs, selected.Batch.Labels, selected.Positions, selected.Weights,
                          c.Labels, c.Scores, c.Logits, c.Loss, c.IrreducibleLoss];
        foreach (Tensor? tensor in kept)
        {
            if (tensor is not null && scope.Contains(tensor)) { scope.MoveToOuter(tensor); }
        }
        return selected;
    }

    /// <summary>State of the generator and of τ, for checkpoints. The caller's dispose scope owns the tensor.</summary>
    public (Tensor Generator, double VarianceReduction) GetState() => (_generator.get_state(), VarianceReduction);

    /// <summary>Continues from a state that <see cref="GetState"/> returned.</summary>
    public void SetState(Tensor generator, double varianceReduction)
    {
        _generator.set_state(generator);
        VarianceReduction = varianceReduction;
    }

    /// <summary>Frees the generator and the buffers of the scoring pass; not the model.</summary>
    public void Dispose()
    {
        _scoringPass.Dispose();
        _generator.Dispose();
    }
}
