using RhoLoss.Accelerators;
using RhoLoss.Native;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// The large batches B_t: each epoch is one fresh random permutation of D cut into consecutive batches of n_B ids; the last,
/// partial one is kept (Section 2: sampling without replacement within an epoch).
/// </summary>
/// <remarks>
/// <para>The permutation of an epoch is a function of seed and epoch alone, and batch sizes, which may change from step to step, only
/// decide where it is cut: all that it keeps is how far it has come.</para>
/// <para>With batches of n_b it is also "RS2 without replacement" (Okanovic et al., ICLR 2024, "Repeated Random Sampling for Minimizing
/// the Time-to-Accuracy of Learning"): a round of RS2 with share r trains on the next r·N ids of one permutation of D, and a new
/// permutation begins when D is used up. The ids are the same, only the boundaries of rounds are not marked (a round ends
/// inside a batch where n_b does not divide r·N); what RS2 changes is the length of the run, and with it of the
/// learning-rate schedule: X rounds are X·r epochs.</para>
/// </remarks>
/// <example>
/// <code>
/// using var sampler = new ShuffledSampler(data.Ids, largeBatchSize: 320, seed: 1);
/// for (int step = 0; step &lt; sampler.StepsPerEpoch; step++) { Batch candidates = data.Gather(sampler.Next()); }
/// </code>
/// </example>
public sealed class ShuffledSampler : IExampleSampler
{
    private const string StateEntry = "state";
    private readonly Tensor? _ids;       // [N], int32 where they fit; null where every id is its row
    private readonly ExampleIndex? _index;   // of the data set whose rows are drawn; null where only ids are known
    private readonly Device _device;
    private readonly long _seed;
    private readonly Dictionary<int, Tensor> _permutations = [];   // rows, int32 [N], of the present epoch and those looked ahead to

    /// <summary>
    /// Samples from a copy of <paramref name="ids"/> (int64, shape [N]) in batches of <paramref name="largeBatchSize"/> n_B.
    /// </summary>
    public ShuffledSampler(Tensor ids, int largeBatchSize, long seed)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfLessThan(largeBatchSize, 1);
        using IDisposable scope = NewDisposeScope();
        Count = checked((int)ids.shape[0]);
        _device = ids.device;
        bool areRows = ids.eq(Scalars.Range(Count, int64, _device)).all().item<bool>();
        _ids = areRows ? null : LargePages.Held(Narrowest(ids)).DetachFromDisposeScope();
        _seed = seed;
        LargeBatchSize = largeBatchSize;
    }

    /// <summary>The same from the ids of a data set, whose rows the batches then know.</summary>
    internal ShuffledSampler(LabeledDataset data, int largeBatchSize, long seed) : this(data.Ids, largeBatchSize, seed) =>
        _index = data.Index;

    /// <summary>n_B.</summary>
    public int LargeBatchSize { get; }

    /// <summary>Number of examples N of an epoch.</summary>
    public int Count { get; }

    /// <summary>Batches of an epoch when all have n_B ids: ⌈N / n_B⌉.</summary>
    public int StepsPerEpoch => (Count + LargeBatchSize - 1) / LargeBatchSize;

    /// <summary>
    /// Where the sampler is: the epoch (from 0) of the batch that comes next, how many of its ids were handed out, and how many batches.
    /// </summary>
    public SamplerState State { get; private set; }

    /// <summary>Whether the batch that comes next is the first of its epoch.</summary>
    public bool AtEpochStart => State.Position == 0;

    /// <summary>The next large batch: n_B candidates, or fewer at the end of an epoch. The caller's dispose scope owns it.</summary>
    public LargeBatch Next() => Next(LargeBatchSize);

    /// <summary>The next large batch of another size, or fewer at the end of an epoch. The caller's dispose scope owns it.</summary>
    /// <param name="size">At least 1; may differ from call to call.</param>
    public LargeBatch Next(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        LargeBatch next = At(State, size);
        int epoch = State.Epoch;
        State = After(State, next);
        if (State.Epoch > epoch && _permutations.Remove(epoch, out Tensor? done)) { done.Dispose(); }
        return next;
    }

    /// <summary>
    /// What <see cref="Next(int)"/> returns next and after that, without moving on, over the ends of epochs. The caller's dispose scope
    /// owns them.
    /// </summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="size">At least 1.</param>
    public IReadOnlyList<LargeBatch> Ahead(int count, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var coming = new List<LargeBatch>(count);
        for (SamplerState at = State; coming.Count < count; at = After(at, coming[^1])) { coming.Add(At(at, size)); }
        return coming;
    }

    private LargeBatch At(SamplerState at, int size)
    {
        if (!_permutations.TryGetValue(at.Epoch, out Tensor? order)) { _permutations[at.Epoch] = order = Permute(at.Epoch); }
        using DisposeScope scope = NewDisposeScope();
        long end = Math.Min((long)at.Position + size, Count);
        Tensor rows = order.slice(0, at.Position, end, 1).to(int64);
        Tensor ids = _ids?.index_select(0, rows).to(int64) ?? rows;
        scope.MoveToOuter(ids);
        if (_ids is not null) { scope.MoveToOuter(rows); }
        return new LargeBatch(at.Steps + 1, ids) { Rows = _index is null ? null : new FoundRows(_index, ids, rows) };
    }

    /// <summary>A copy in half of the memory where ids are small enough: an id of each candidate is read from it at random.</summary>
    private static Tensor Narrowest(Tensor ids) =>
        ids.numel() > 0 && ids.min().item<long>() >= int.MinValue && ids.max().item<long>() <= int.MaxValue ? ids.to(int32) : ids.clone();

    private SamplerState After(SamplerState at, LargeBatch batch)
    {
        int end = at.Position + batch.Count;
        return end < Count ? at with { Position = end, Steps = batch.Step } : new SamplerState(at.Epoch + 1, 0, batch.Step);
    }

    /// <summary>
    /// Continues from a state that <see cref="State"/> returned, of a sampler with the same ids and seed; its batch sizes do not matter.
    /// </summary>
    public void Restore(SamplerState state)
    {
        if (state.Epoch < 0 || state.Position < 0 || state.Position >= Count || state.Steps < 0)
        {
            throw new ArgumentException(
                $"A sampler of {Count} ids cannot be at {state}: epoch and steps must be at least 0 and the position in 0..{Count - 1}.",
                nameof(state));
        }
        Forget();
        State = state;
    }

    LargeBatch IExampleSampler.Next(int size, double progress) => Next(size);

    IReadOnlyList<LargeBatch> IExampleSampler.Ahead(int count, int size, double progress) => Ahead(count, size);

    void IExampleSampler.Observe(TrainedBatch trained) { }

    /// <inheritdoc/>
    public void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state[StateEntry] = tensor([State.Epoch, State.Position, State.Steps]);
    }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Tensor saved = state(StateEntry);
        if (saved.dtype != int64 || saved.dim() != 1 || saved.shape[0] != 3)
        {
            throw new InvalidInputException(
                $"'{StateEntry}' must be int64 of shape [3], but is {saved.dtype} of shape [{string.Join(", ", saved.shape)}]. "
                + "Restore it from a checkpoint of the same data.");
        }
        long[] at = [.. saved.data<long>()];
        if (at[0] is < 0 or > int.MaxValue || at[1] < 0 || at[1] >= Count || at[2] < 0)
        {
            throw new InvalidInputException(
                $"A sampler of {Count} ids cannot be at epoch {at[0]}, position {at[1]}, step {at[2]}. "
                + "Restore it from a checkpoint of the same data.");
        }
        Restore(new SamplerState((int)at[0], (int)at[1], at[2]));
    }

    private Tensor Permute(int epoch)
    {
        using IDisposable scope = NewDisposeScope();
        return Transfer.To(Order(Seeding.Mix(_seed, epoch)), _device).DetachFromDisposeScope();
    }

    private unsafe Tensor Order(long seed)
    {
        if (Count is 0 or > RandomOrder.Longest)
        {
            using var generator = new Generator((ulong)seed, CPU);
            return randperm(Count, dtype: int32, generator: generator);
        }
        Tensor order = LargePages.Held(empty(Count, dtype: int32));
        RandomOrder.Write(new Span<int>(TensorMemory.PointerTo<int>(order), Count), seed);
        return order;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        _ids?.Dispose();
        Forget();
    }

    private void Forget()
    {
        foreach (Tensor order in _permutations.Values) { order.Dispose(); }
        _permutations.Clear();
    }
}
