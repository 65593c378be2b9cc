using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// The large batches B_t: each epoch is one fresh random permutation of D cut into consecutive batches of n_B ids; the last,
/// partial one is kept (Section 2: sampling without replacement within an epoch).
/// </summary>
/// <remarks>Its whole state is (seed, epoch, position): the permutation of an epoch is a function of seed and epoch alone.</remarks>
public sealed class ShuffledSampler : IDisposable
{
    private readonly Tensor _ids;
    private readonly long _seed;
    private Tensor? _permutation;

    /// <summary>Samples from a copy of <paramref name="ids"/> (int64, shape [N]) in batches of <paramref name="largeBatchSize"/> n_B.</summary>
    public ShuffledSampler(Tensor ids, int largeBatchSize, long seed)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfLessThan(largeBatchSize, 1);
        _ids = ids.clone().DetachFromDisposeScope();
        _seed = seed;
        LargeBatchSize = largeBatchSize;
    }

    /// <summary>n_B.</summary>
    public int LargeBatchSize { get; }

    /// <summary>Number of examples N of an epoch.</summary>
    public int Count => (int)_ids.shape[0];

    /// <summary>Batches of an epoch: ⌈N / n_B⌉.</summary>
    public int StepsPerEpoch => (Count + LargeBatchSize - 1) / LargeBatchSize;

    /// <summary>Where the sampler is: the epoch (from 0) of the batch that comes next, and how many of its ids were handed out.</summary>
    public SamplerState State { get; private set; }

    /// <summary>Whether the batch that comes next is the first of its epoch.</summary>
    public bool AtEpochStart => State.Position == 0;

    /// <summary>The ids of the next large batch: int64, shape [n_B], or fewer at the end of an epoch. The caller's dispose scope owns it.</summary>
    public Tensor Next()
    {
        _permutation ??= Permute(State.Epoch);
        int end = Math.Min(State.Position + LargeBatchSize, Count);
        Tensor batch = _permutation.slice(0, State.Position, end, 1).clone();
        if (end < Count)
        {
            State = State with { Position = end };
        }
        else
        {
            State = new SamplerState(State.Epoch + 1, 0);
            _permutation.Dispose();
            _permutation = null;
        }
        return batch;
    }

    /// <summary>Continues from a state that <see cref="State"/> returned, of a sampler with the same ids, size and seed.</summary>
    public void Restore(SamplerState state)
    {
        if (state.Epoch < 0 || state.Position < 0 || state.Position >= Count || state.Position % LargeBatchSize != 0)
        {
            throw new ArgumentException($"A sampler of {Count} ids in batches of {LargeBatchSize} cannot be at {state}.", nameof(state));
        }
        _permutation?.Dispose();
        _permutation = null;
        State = state;
    }

    private Tensor Permute(int epoch)
    {
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Create(_seed, epoch);
        Tensor order = randperm(Count, dtype: int64, generator: generator).to(_ids.device);
        return _ids.index_select(0, order).DetachFromDisposeScope();
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        _ids.Dispose();
        _permutation?.Dispose();
    }
}

/// <summary>Position of a sampler.</summary>
/// <param name="Epoch">Epoch of the next batch, from 0.</param>
/// <param name="Position">Ids of that epoch already handed out.</param>
public readonly record struct SamplerState(int Epoch, int Position);
