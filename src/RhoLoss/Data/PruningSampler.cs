using RhoLoss.Accelerators;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// InfoBatch (Qin et al., ICLR 2024, "InfoBatch: Lossless Training Speed Up by Unbiased Dynamic Data Pruning"), a baseline: at the start of
/// an epoch each example whose last loss lies below the mean of all last losses is dropped with probability r, and those of them that stay
/// get weight 1/(1 − r), so that the expected weighted sum of losses is that over all of D. Towards the end nothing is dropped.
/// </summary>
/// <remarks>
/// <para>An example that was never seen stays and is left out of the mean, so the first epoch is a whole one (the paper reaches the same by
/// starting from equal scores). A loss equal to the mean stays.</para>
/// <para>Differences from the authors' code: it keeps exactly ⌊(1 − r)·n⌋ of the n examples below the mean, whose share is not 1
/// − r for every n; here each is drawn on its own, as in the paper, which makes the weights exact. It ends pruning after a
/// number of epochs, at the start of the next; here a share of the budget decides, in whatever unit the budget has, and an epoch
/// with dropped examples is broken off there.</para>
/// </remarks>
public sealed class PruningSampler : IExampleSampler
{
    private readonly Tensor _ids;      // int64 [N]
    private readonly ExampleIndex _index;
    private readonly Tensor _losses;   // float32 [N], last loss of each row, infinite where never seen
    private readonly long _seed;
    private Tensor? _rows;             // int64 [kept], the epoch's rows in their order; null between epochs
    private Tensor? _weights;          // float32 [kept], in the same order
    private bool _pruned;              // whether the epoch has weights other than 1

    /// <summary>Samples from a copy of <paramref name="ids"/>.</summary>
    /// <param name="ids">int64, shape [N], each once.</param>
    /// <param name="batchSize">n_b, at least 1.</param>
    /// <param name="seed">Of orders and draws.</param>
    /// <param name="pruneProbability">r, at least 0 and below 1; the paper's 0.5.</param>
    /// <param name="annealShare">Share of the budget, at its end, without pruning, from 0 to 1; the paper's 1 − δ = 0.125.</param>
    public PruningSampler(Tensor ids, int batchSize, long seed, double pruneProbability = 0.5, double annealShare = 0.125)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (!(pruneProbability >= 0 && pruneProbability < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(pruneProbability), pruneProbability, "The probability of dropping an example must be at least 0 and below 1.");
        }
        if (!(annealShare >= 0 && annealShare <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(annealShare), annealShare, "The share of the budget without pruning must lie between 0 and 1.");
        }
        _index = new ExampleIndex(ids);
        _ids = ids.clone().DetachFromDisposeScope();
        _losses = full(ids.shape[0], Scalars.Of(float.PositiveInfinity), dtype: float32, device: ids.device).DetachFromDisposeScope();
        _seed = Seeding.Of(seed, Purpose.Pruning);
        BatchSize = batchSize;
        PruneProbability = pruneProbability;
        AnnealShare = annealShare;
    }

    /// <summary>n_b.</summary>
    public int BatchSize { get; }

    /// <summary>r.</summary>
    public double PruneProbability { get; }

    /// <summary>Share of the budget, at its end, in which nothing is dropped.</summary>
    public double AnnealShare { get; }

    /// <summary>Number of examples N.</summary>
    public int Count => (int)_ids.shape[0];

    /// <summary>Epoch of the batch that comes next, from 0, how many of its ids were handed out, and how many batches.</summary>
    public SamplerState State { get; private set; }

    /// <summary>Whether the batch that comes next is the first of its epoch.</summary>
    public bool AtEpochStart => State.Position == 0;

    /// <summary>
    /// The next b_t: n_b ids, or fewer at the end of an epoch, and the factor of each one's loss. The batch's loss is the mean of
    /// weight · loss. The caller's dispose scope owns its tensors.
    /// </summary>
    /// <param name="progress">Share of the budget that is spent, from 0; see <c>TrainingBudget.ProgressAt</c>.</param>
    public LargeBatch Next(double progress)
    {
        bool annealing = IsAnnealing(progress);
        if (BreaksOff(annealing)) { EndEpoch(); }
        if (_rows is null) { BeginEpoch(annealing); }

        LargeBatch next = From(_rows!, _weights!, State);
        State = State with { Position = State.Position + next.Count, Steps = next.Step };
        if (State.Position == _rows!.shape[0]) { EndEpoch(); }
        return next;
    }

    /// <exception cref="ArgumentException">The size is not n_b: the epoch was drawn for that.</exception>
    LargeBatch IExampleSampler.Next(int size, double progress)
    {
        RequireBatchSize(size);
        return Next(progress);
    }

    /// <summary>
    /// What <see cref="Next(double)"/> returns next and after that, without moving on, up to the end of the epoch: none where a new epoch
    /// begins whose dropped examples depend on losses that may yet be observed. The caller's dispose scope owns their tensors.
    /// </summary>
    /// <param name="count">How many at most, at least 1.</param>
    /// <param name="progress">
    /// Share of the budget that will be spent by the first of them; it decides whether an epoch with dropped examples is broken off. That
    /// it is broken off before a later one is not foreseen.
    /// </param>
    public IReadOnlyList<LargeBatch> Ahead(int count, double progress)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        bool annealing = IsAnnealing(progress), breaksOff = BreaksOff(annealing);
        if (_rows is not null && !breaksOff) { return From(_rows, _weights!, State, count); }
        if (!annealing && PruneProbability > 0) { return []; }
        using DisposeScope scope = NewDisposeScope();
        int epoch = breaksOff ? State.Epoch + 1 : State.Epoch;
        (Tensor rows, Tensor weights, _) = Draw(epoch, whole: true);
        List<LargeBatch> coming = From(
            Transfer.To(rows, _ids.device), Transfer.To(weights, _ids.device), State with { Epoch = epoch, Position = 0 }, count);
        foreach (LargeBatch batch in coming) { scope.MoveToOuter(batch.Ids, batch.Weights!); }
        return coming;
    }

    IReadOnlyList<LargeBatch> IExampleSampler.Ahead(int count, int size, double progress)
    {
        RequireBatchSize(size);
        return Ahead(count, progress);
    }

    /// <inheritdoc/>
    public void Observe(TrainedBatch trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        Observe(trained.Batch.Indices, trained.Losses);
    }

    /// <summary>
    /// Remembers the last losses of examples: ids int64 [n], losses in nats [n], unweighted, from the training forward pass.
    /// </summary>
    /// <exception cref="ArgumentException">A loss is not finite; the message names its example.</exception>
    public void Observe(Tensor ids, Tensor losses)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(losses);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        StepChecks.Refuse(losses.isfinite().logical_not(), ids, bad => new ArgumentException(
            $"Losses must be finite, but those of the examples with id {string.Join(", ", bad.Take(10))} are not.", nameof(losses)));
        _losses.index_copy_(0, _index.RowsOf(ids, "The sampler"), Transfer.To(losses.detach().to(float32), _losses.device));
    }

    /// <summary>Adds copies of what a later run needs to continue with the same batches. The caller's dispose scope owns them.</summary>
    public void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["losses"] = _losses.clone();
        state["rows"] = _rows?.clone() ?? zeros(0, dtype: int64);
        state["weights"] = _weights?.clone() ?? zeros(0, dtype: float32);
        state["state"] = tensor([State.Epoch, State.Position, State.Steps, _pruned ? 1L : 0L]);
    }

    /// <summary>Continues from what a sampler with the same ids, batch size and seed captured; copies it.</summary>
    /// <exception cref="InvalidInputException">A part is missing or does not fit this sampler, which stays as it was.</exception>
    public void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using IDisposable scope = NewDisposeScope();
        PruningSamplerState read = PruningSamplerState.Read(state, Count);
        EndEpoch();
        _losses.copy_(read.Losses);
        if (read.Rows.shape[0] > 0)
        {
            _rows = read.Rows.to(_ids.device, copy: true).DetachFromDisposeScope();
            _weights = read.Weights.to(_ids.device, copy: true).DetachFromDisposeScope();
        }
        _pruned = read.Pruned;
        State = read.State;
    }

    private bool IsAnnealing(double progress) => progress >= 0 ? progress >= 1 - AnnealShare
        : throw new ArgumentOutOfRangeException(nameof(progress), progress, "The spent share of the budget must be at least 0.");

    private bool BreaksOff(bool annealing) => _rows is not null && annealing && _pruned;

    private void RequireBatchSize(int size)
    {
        if (size != BatchSize)
        {
            throw new ArgumentException(
                $"A pruning sampler hands out batches of {BatchSize}, but {size} were asked for. Select all of them.", nameof(size));
        }
    }

    /// <summary>The batches from there to the end of the epoch, at most so many.</summary>
    private List<LargeBatch> From(Tensor rows, Tensor weights, SamplerState at, int count)
    {
        var coming = new List<LargeBatch>();
        while (coming.Count < count && at.Position < rows.shape[0])
        {
            coming.Add(From(rows, weights, at));
            at = at with { Position = at.Position + coming[^1].Count, Steps = coming[^1].Step };
        }
        return coming;
    }

    /// <summary>The batch that begins there.</summary>
    private LargeBatch From(Tensor rows, Tensor weights, SamplerState at)
    {
        using DisposeScope scope = NewDisposeScope();
        long end = Math.Min((long)at.Position + BatchSize, rows.shape[0]);
        (Tensor ids, Tensor factors) = scope.MoveToOuter(
            _ids.index_select(0, rows.slice(0, at.Position, end, 1)), weights.slice(0, at.Position, end, 1).clone());
        return new LargeBatch(at.Steps + 1, ids, factors);
    }

    private void BeginEpoch(bool whole)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor rows, Tensor weights, _pruned) = Draw(State.Epoch, whole);
        _rows = Transfer.To(rows, _ids.device).DetachFromDisposeScope();
        _weights = Transfer.To(weights, _ids.device).DetachFromDisposeScope();
    }

    private (Tensor Rows, Tensor Weights, bool Pruned) Draw(int epoch, bool whole) =>
        PruningEpoch.Draw(_losses, whole ? 0 : PruneProbability, _seed, epoch);

    private void EndEpoch()
    {
        _rows?.Dispose();
        _weights?.Dispose();
        (_rows, _weights, _pruned) = (null, null, false);
        State = new SamplerState(State.Epoch + 1, 0, State.Steps);
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        _ids.Dispose();
        _index.Dispose();
        _losses.Dispose();
        _rows?.Dispose();
        _weights?.Dispose();
    }
}
