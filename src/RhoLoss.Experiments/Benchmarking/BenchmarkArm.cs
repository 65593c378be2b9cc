using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>One way to choose batches, and the clock on its model; both owned by the <see cref="SwitchedSelector"/>.</summary>
internal sealed record BenchmarkArm(IBatchSelector Selector, ClockedScorer? Model = null);

/// <summary>Lets one trainer, and so one copy of the model, take steps of several arms in turn; times what they do to choose.</summary>
internal sealed class SwitchedSelector(IReadOnlyDictionary<string, BenchmarkArm> arms, TimeProvider clock) : IBatchSelector
{
    private BenchmarkArm _active = arms.Values.First();

    public IEnumerable<string> Names => arms.Keys;

    /// <summary>Seconds of choosing and observing since <see cref="Use"/>.</summary>
    public double Seconds { get; private set; }

    /// <summary>Seconds of the scoring model since <see cref="Use"/>.</summary>
    public double ModelSeconds => _active.Model?.Seconds ?? 0;

    /// <summary>Steps are of this arm from now on; clocks at 0.</summary>
    public void Use(string name)
    {
        _active = arms[name];
        _active.Model?.Reset();
        Seconds = 0;
    }

    public int LargeBatchSize => _active.Selector.LargeBatchSize;

    public SelectedBatch Select(LabeledDataset data, LargeBatch largeBatch, Augmentation? augmentation = null)
    {
        long started = clock.GetTimestamp();
        SelectedBatch selected = _active.Selector.Select(data, largeBatch, augmentation);
        Seconds += clock.GetElapsedTime(started).TotalSeconds;
        return selected;
    }

    public void Observe(TrainedBatch trained)
    {
        long started = clock.GetTimestamp();
        _active.Selector.Observe(trained);
        Seconds += clock.GetElapsedTime(started).TotalSeconds;
    }

    public void Capture(IDictionary<string, Tensor> state) => throw new NotSupportedException("A benchmark is not resumed.");

    public void Restore(Func<string, Tensor> state) => throw new NotSupportedException("A benchmark is not resumed.");

    public void Dispose()
    {
        foreach (BenchmarkArm arm in arms.Values) { arm.Selector.Dispose(); }
    }
}
