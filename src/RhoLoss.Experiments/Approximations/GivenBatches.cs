using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Approximations;

/// <summary>A sampler of batches that somebody else chose: each is put here before the step that trains on it.</summary>
/// <param name="count">Examples of the data set.</param>
internal sealed class GivenBatches(int count) : IExampleSampler
{
    private long _steps;

    /// <summary>Ids of the coming batch, int64, shape [k]; the caller's.</summary>
    public Tensor? Coming { get; set; }

    public int Count => count;

    public SamplerState State => new(Epoch: 0, Position: 0, _steps);

    public bool AtEpochStart => false;

    public LargeBatch Next(int size, double progress) =>
        new(++_steps, Coming ?? throw new InvalidOperationException("No batch was given for this step."));

    public void Observe(TrainedBatch trained) { }

    public void Capture(IDictionary<string, Tensor> state) => throw new NotSupportedException();

    public void Restore(Func<string, Tensor> state) => throw new NotSupportedException();

    public void Dispose() { }
}
