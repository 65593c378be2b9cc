using System.Diagnostics;
using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace StepTurns;

/// <summary>Takes as many steps as a line of its input says, and answers their mean milliseconds.</summary>
internal static class Child
{
    private const int Examples = 3_200, BatchSize = 32, LargeBatchSize = 320;   // ten steps an epoch, no partial batch

    public static void Serve(string network, string method)
    {
        // By name, so that the file compiles in commits that do not have it.
        typeof(Trainer).Assembly.GetType("RhoLoss.NativeConvolutions")?.GetMethod("Prepare", [])?.Invoke(null, null);
        RhoLoss.NativeMemory.ReuseLargeBlocks();
        set_num_threads(1);
        using IDisposable scope = NewDisposeScope();
        using LabeledDataset data = Data(network == "mlp" ? [1, 28, 28] : [3, 32, 32]);
        using nn.Module<Tensor, Tensor> model = Create(network);
        using Trainer trainer = Prepare(model, data, method);
        while (Console.ReadLine() is { } line)
        {
            int steps = int.Parse(line, CultureInfo.InvariantCulture);
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < steps; i++) { _ = trainer.Step().Loss; }
            double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds / steps;
            Console.WriteLine(milliseconds.ToString("R", CultureInfo.InvariantCulture));
        }
    }

    private static LabeledDataset Data(long[] shape)
    {
        using var generator = new Generator(1, CPU);
        Tensor bytes = randint(0, 256, [Examples, .. shape], dtype: uint8, generator: generator);
        Tensor labels = randint(0, 10, [Examples], dtype: int64, generator: generator);
        float[] means = [.. Enumerable.Repeat(0.5f, (int)shape[0])], deviations = [.. Enumerable.Repeat(0.25f, (int)shape[0])];
        return new LabeledDataset(bytes, labels, 10, normalization: new Normalization(means, deviations));
    }

    private static nn.Module<Tensor, Tensor> Create(string network) => network switch
    {
        "mlp" => new Mlp(784, [512, 512, 512], 10, seed: 1),
        "small-cnn" => new SmallCnn([3, 32, 32], 10, seed: 1),
        "resnet-18" => ResNet.ResNet18(3, 10, seed: 1),
        _ => throw new ArgumentOutOfRangeException(nameof(network), network, "mlp, small-cnn or resnet-18"),
    };

    private static Trainer Prepare(nn.Module<Tensor, Tensor> model, LabeledDataset data, string method)
    {
        var options = new TrainerOptions { BatchSize = BatchSize, LargeBatchSize = LargeBatchSize };
        if (method == "uniform") { return new Trainer(model, data, SelectionFunctions.Uniform, null, options); }
        using var generator = new Generator(2, CPU);
        // Of the process: it is read for as long as there are steps.
        IrreducibleLosses losses = IrreducibleLosses.From(
            rand(Examples, generator: generator), data, new IrreducibleLossFacts("random", "holdout", 0, 1, 0, 0, 0));
        return new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, losses, options);
    }
}
