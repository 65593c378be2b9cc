using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using RhoLoss.Data;
using RhoLoss.Logging;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace Growth;

/// <summary>A trainer of one N and n_B, and what its steps took.</summary>
internal sealed class Sized : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model = nn.Linear(1, 2), _twin = nn.Linear(1, 2);
    private readonly Trainer _trainer;
    private readonly SelectionTracker _tracker;
    private readonly FlatParameters _parameters;
    private readonly Optimizer _optimizer;
    private readonly Tensor _inputs, _labels;
    private readonly List<double> _steps = [], _firsts = [], _networks = [];
    private byte[] _hash = new byte[SHA256.HashSizeInBytes];
    private bool _first = true;

    public Sized(LabeledDataset data, IrreducibleLosses table, Tensor losses, int largeBatch)
    {
        LargeBatch = largeBatch;
        Count = data.Count;
        int batch = largeBatch / 10;
        _trainer = new Trainer(_model, data, _ => new BatchSelector(
            new Numbers(losses), SelectionFunctions.ReducibleHoldoutLoss, table, batch,
            new BatchSelectorOptions { LargeBatchSize = largeBatch }), new TrainerOptions { BatchSize = batch });
        _tracker = new SelectionTracker(data);
        _trainer.OnStep = Observe;
        _parameters = new FlatParameters(_twin);
        _optimizer = new AdamWOptions().CreateFor(_parameters);
        _inputs = zeros(batch, 1).DetachFromDisposeScope();
        _labels = zeros(batch, dtype: int64).DetachFromDisposeScope();
    }

    /// <summary>N.</summary>
    public int Count { get; }

    /// <summary>n_B.</summary>
    public int LargeBatch { get; }

    /// <summary>Median microseconds of a step of Trainer and log that does not begin an epoch.</summary>
    public double Step => Median(_steps);

    /// <summary>Those of one pass, gradients and update of the network on n_b.</summary>
    public double Network => Median(_networks);

    /// <summary>What drawing the order of an epoch adds to each of its steps; 0 where no epoch began while it was timed.</summary>
    public double Order => _firsts.Count == 0 ? 0 : Math.Max(0, Median(_firsts) - Step) / _trainer.StepsPerEpoch;

    /// <summary>What a step costs outside the network.</summary>
    public double Outside => Step - Network + Order;

    /// <summary>Times that many steps, and the network by itself as often.</summary>
    public void Take(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            long started = Stopwatch.GetTimestamp();
            StepResult result = _trainer.Step();
            double took = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            if (result.Candidates == LargeBatch) { (_first ? _firsts : _steps).Add(took); }   // the last of an epoch may be smaller
            _first = result.EpochEnded;
            started = Stopwatch.GetTimestamp();
            StepTwin();
            _networks.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }
    }

    private void StepTwin()
    {
        using IDisposable scope = NewDisposeScope();
        _optimizer.ZeroGradients();
        nn.functional.cross_entropy(_twin.forward(_inputs), _labels).backward();
        _optimizer.Step();
    }

    /// <summary>What a run keeps of each step: shares, the hash of what was selected, a line of the log with quantiles.</summary>
    private void Observe(TrainingStep step)
    {
        _tracker.Observe(step);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_hash);
        hash.AppendData(step.Selected.Indices.contiguous().bytes);
        _hash = hash.GetHashAndReset();
        JsonSerializer.Serialize(
            Stream.Null, new { kind = "step", step = step.Step, loss = step.Loss, quantiles = SelectionTracker.Quantiles(step) });
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _tracker.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
        _model.Dispose();
        _twin.Dispose();
        _inputs.Dispose();
        _labels.Dispose();
    }

    /// <summary>Losses from a list of numbers in turn, where a network would compute them: no look-up by id, which it has not.</summary>
    private sealed class Numbers(Tensor losses) : Scorer
    {
        private long _at;

        public override string Name => "numbers";

        public override Measurements Measure(Candidates candidates, Measures wanted)
        {
            _ = candidates.Inputs;   // gathered as for a network
            int count = candidates.Count;
            if (_at + count > losses.shape[0]) { _at = 0; }
            Tensor next = losses.slice(0, _at, _at + count, 1).clone();
            _at += count;
            return new Measurements { Loss = next };
        }
    }
}
