using RhoLoss.Optimization;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>What <see cref="Benchmark"/> measures.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>Names of models that can be measured: networks for images.</summary>
    public static IReadOnlyList<string> Models => BenchmarkModel.Names;

    /// <summary>Name of the model, as the report repeats it: one of <see cref="Models"/>.</summary>
    public string Model { get; init; } = "resnet18";

    /// <summary>n_b.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>n_B; at least n_b.</summary>
    public int LargeBatch { get; init; } = 320;

    /// <summary>Times everything is measured, in turns; medians of fewer than 5 say little on a busy machine.</summary>
    public int Rounds { get; init; } = 7;

    /// <summary>Threads inside one operation, and of the optimizer.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Precisions of the training step whose scorers are measured.</summary>
    public IReadOnlyList<Precision> Precisions { get; init; } = [Precision.Float32, Precision.BFloat16];

    /// <summary>
    /// Steps on real images before the replica's ranking is compared with the target's: an untrained model ranks by noise.
    /// </summary>
    public int TrainingStepsBeforeRanking { get; init; } = 36;

    /// <summary>Stops with the rule that is broken.</summary>
    /// <exception cref="InvalidInputException">A number is out of range.</exception>
    public void Validate()
    {
        if (Batch < 1) { throw new InvalidInputException($"--batch must be at least 1, but was {Batch}."); }
        if (LargeBatch < Batch)
        {
            throw new InvalidInputException($"--large-batch must be at least --batch ({Batch}), but was {LargeBatch}.");
        }
        if (Rounds < 1) { throw new InvalidInputException($"--rounds must be at least 1, but was {Rounds}."); }
        if (Threads < 1) { throw new InvalidInputException($"--threads must be at least 1, but was {Threads}."); }
        if (Precisions.Count == 0)
        {
            throw new InvalidInputException("There must be a precision to measure scorers at, but there is none.");
        }
    }
}
