using RhoLoss.Data;
using RhoLoss.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace OwnParts;

/// <summary>A sampler: large batches with as many candidates of every class, drawn with replacement. All it keeps is a number.</summary>
internal sealed class ClassBalancedSampler : IExampleSampler
{
    private readonly Tensor[] _idsOfClass;
    private readonly long _seed;
    private readonly int _largeBatchSize;
    private long _steps;

    public ClassBalancedSampler(LabeledDataset data, int largeBatchSize, long seed)
    {
        (Count, _largeBatchSize, _seed) = (data.Count, largeBatchSize, seed);
        _idsOfClass = [.. Enumerable.Range(0, data.Classes)
            .Select(c => data.Ids.masked_select(data.Labels.eq(c)).DetachFromDisposeScope())];
    }

    public int Count { get; }

    public SamplerState State => new((int)(_steps / StepsPerEpoch), (int)(_steps % StepsPerEpoch) * _largeBatchSize, _steps);

    public bool AtEpochStart => _steps % StepsPerEpoch == 0;

    private long StepsPerEpoch => Math.Max(1, Count / _largeBatchSize);

    public LargeBatch Next(int size, double progress)
    {
        using DisposeScope scope = NewDisposeScope();
        long step = ++_steps, each = Math.Max(1, size / _idsOfClass.Length);
        using Generator random = Seeding.Create(_seed, Purpose.Order, step);
        Tensor[] drawn = [
            .. _idsOfClass.Select(ids => ids.index_select(0, randint(0, ids.shape[0], [each], dtype: int64, generator: random))),
        ];
        return new LargeBatch(step, scope.MoveToOuter(cat(drawn)));
    }

    public void Observe(TrainedBatch trained) { }

    public void Capture(IDictionary<string, Tensor> state) => state["steps"] = tensor(_steps);

    public void Restore(Func<string, Tensor> state) => _steps = state("steps").item<long>();

    public void Dispose()
    {
        foreach (Tensor ids in _idsOfClass) { ids.Dispose(); }
    }
}
