using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>A real trainer whose steps are timed, arm by arm. Owns its model.</summary>
internal sealed class TimedTrainer : IDisposable
{
    public const long Seed = 1;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly Trainer _trainer;
    private readonly Batch _batch;
    private readonly TimeProvider _clock;
    private SwitchedSelector? _selector;

    /// <param name="model">Owned from now on.</param>
    /// <param name="data">What is trained on.</param>
    /// <param name="arms">The ways to choose, by name, for the target.</param>
    /// <param name="format">What the target trains in.</param>
    /// <param name="options">Batch sizes and threads.</param>
    public TimedTrainer(
        nn.Module<Tensor, Tensor> model, LabeledDataset data,
        Func<TrainingTarget, IReadOnlyDictionary<string, BenchmarkArm>> arms,
        ComputeFormat format, BenchmarkOptions options)
    {
        _model = model;
        TimeProvider clock = _clock = DeviceClock.For(data.Ids.device);
        _trainer = new Trainer(model, data, target => _selector = new SwitchedSelector(arms(target), clock), new TrainerOptions
        {
            BatchSize = options.Batch,
            LargeBatchSize = options.LargeBatch,
            OptimizerThreads = options.Threads,
            Format = format,
            Seed = Seed,
        });
        using DisposeScope scope = NewDisposeScope();
        Batch batch = data.Gather(data.Ids.slice(0, 0, options.Batch, 1));
        _batch = new Batch(
            batch.Indices.DetachFromDisposeScope(),
            batch.Inputs.DetachFromDisposeScope(),
            batch.Labels.DetachFromDisposeScope());
    }

    public IEnumerable<string> Arms => _selector!.Names;

    /// <summary>Mean of that many steps of an arm.</summary>
    public Turn Step(string arm, int steps)
    {
        _selector!.Use(arm);
        int scored = 0;
        long started = _clock.GetTimestamp();
        for (int i = 0; i < steps; i++) { scored = _trainer.Step().Scored; }
        return new Turn(
            _clock.GetElapsedTime(started).TotalSeconds / steps,
            _selector.Seconds / steps, _selector.ModelSeconds / steps, scored);
    }

    /// <summary>Mean of that many forward passes over n_b as in training: what f is the share of.</summary>
    public Turn Forward(int passes)
    {
        long started = _clock.GetTimestamp();
        for (int i = 0; i < passes; i++)
        {
            using IDisposable scope = NewDisposeScope();
            _ = _trainer.Model.forward(_batch.Inputs);
        }
        return new Turn(_clock.GetElapsedTime(started).TotalSeconds / passes);
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _model.Dispose();
        _batch.Indices.Dispose();
        _batch.Inputs.Dispose();
        _batch.Labels.Dispose();
    }
}
