using RhoLoss.Data;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>
/// Batches of which a stated share is of the holdout, the rest of the pool, and all of which is trained on. Of each n_B examples of the
/// pool as many are left out as a random draw among them leaves out, so that an epoch has as many steps, and as many examples are trained
/// on, as by uniform selection. Pool and holdout each go round in passes of their own, shuffled anew: none is
/// offered twice before all were once; where a pass of the holdout ends inside a batch, an example of it may be in that batch twice.
/// </summary>
/// <remarks>
/// k examples have ⌊s·k + 1/2⌋ of the holdout, of both kinds one at least: that matters in the last batch of an epoch alone, which is
/// smaller where n_B does not divide the pool, and has two examples at least.
/// </remarks>
internal sealed class HoldoutMixSampler : IExampleSampler
{
    private readonly SamplerParts _parts;
    private readonly double _share;
    private readonly ShuffledSampler _pool, _holdout;

    /// <summary>Samples from the pool, whose ids are the first, and from the holdout, whose ids are the others.</summary>
    /// <param name="parts">Ids, sizes, seed; the ids are copied.</param>
    /// <param name="share">s, which <see cref="CountOf"/> has to allow.</param>
    public HoldoutMixSampler(SamplerParts parts, double share)
    {
        (_parts, _share) = (parts, share);
        using IDisposable scope = NewDisposeScope();
        long all = parts.Ids.shape[0], pool = all - parts.HoldoutCount;
        _pool = new ShuffledSampler(parts.Ids.slice(0, 0, pool, 1), parts.LargeBatchSize, parts.Seed);
        _holdout = new ShuffledSampler(
            parts.Ids.slice(0, pool, all, 1), parts.BatchSize, Seeding.Of(parts.Seed, Purpose.Selection));
    }

    /// <summary>How many of k examples are of the holdout: ⌊s·k + 1/2⌋.</summary>
    public static int CountOf(double share, int k) => (int)Math.Round(share * k, MidpointRounding.AwayFromZero);

    /// <summary>Number of examples of the pool: an epoch is a pass over it.</summary>
    public int Count => _pool.Count;

    /// <summary>Where the pass over the pool is.</summary>
    public SamplerState State => _pool.State;

    /// <summary>Whether the batch that comes next is the first of a pass over the pool.</summary>
    public bool AtEpochStart => _pool.AtEpochStart;

    /// <inheritdoc/>
    public LargeBatch Next(int size, double progress)
    {
        using DisposeScope scope = NewDisposeScope();
        LargeBatch offered = _pool.Next(size);
        int k = (int)Math.Max(2, (long)offered.Count * _parts.BatchSize / size);
        int held = Math.Clamp(CountOf(_share, k), 1, k - 1);
        // The first of a shuffled pass are a random draw.
        var ids = new List<Tensor> { offered.Ids.slice(0, 0, k - held, 1) };
        for (int left = held; left > 0; left -= (int)ids[^1].shape[0]) { ids.Add(_holdout.Next(left).Ids); }
        return new LargeBatch(offered.Step, scope.MoveToOuter(cat(ids)));
    }

    /// <inheritdoc/>
    public void Observe(TrainedBatch trained) { }

    /// <inheritdoc/>
    public void Capture(IDictionary<string, Tensor> state)
    {
        foreach ((string part, ShuffledSampler sampler) in Passes)
        {
            var own = new Dictionary<string, Tensor>(StringComparer.Ordinal);
            sampler.Capture(own);
            foreach ((string name, Tensor value) in own) { state[$"{part}.{name}"] = value; }
        }
    }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor> state)
    {
        foreach ((string part, ShuffledSampler sampler) in Passes) { sampler.Restore(name => state($"{part}.{name}")); }
    }

    private IEnumerable<(string Part, ShuffledSampler Sampler)> Passes => [("pool", _pool), ("holdout", _holdout)];

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        _pool.Dispose();
        _holdout.Dispose();
    }
}
