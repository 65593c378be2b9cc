using System.Diagnostics;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Optimization;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>Measures what selection costs for a model on this machine: f, ρ and C of every scorer, and what they are made of.</summary>
public static class Benchmark
{
    // A turn of a small model takes several steps, or the clock and the scheduler would be what is measured.
    private const double TurnSeconds = 0.05;
    private const int MostSteps = 20;
    private const string Flat = "optimizer/flat", TorchSharps = "optimizer/torchsharp", Authors = "authors-order",
        PlainForward = "plain-forward", PlanMaking = "plan-making";

    /// <summary>Runs the benchmark. Sets the number of threads of the process.</summary>
    /// <param name="options">What is measured.</param>
    /// <param name="report">Told of progress, in words.</param>
    /// <param name="cancellation">Stops between turns.</param>
    public static BenchmarkReport Run(BenchmarkOptions options, Action<string> report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(report);
        options.Validate();
        BenchmarkModel model = BenchmarkModel.Find(options.Model);
        set_num_threads(options.Threads);
        using IDisposable scope = NewDisposeScope();
        using var data = new BenchmarkData(model.InputShape, BenchmarkModel.Classes, options.LargeBatch);
        var arms = new ScorerArms(model, data, options);
        report("ranking by the replica");
        double spearman = ReplicaRanking.Measure(arms, options, cancellation);
        var turns = new Turns();
        using var owned = new OwnedParts();
        Add(turns, arms, options, owned);
        double share = ProcessorShare(options.Threads, () => turns.Run(options.Rounds, report, cancellation));
        using nn.Module<Tensor, Tensor> target = arms.NewTarget(), proxy = model.Proxy.Create(data.Training, seed: 0);
        return new BenchmarkReading(
            turns, options,
            MultiplyAdds.PerExample(target, model.InputShape),
            MultiplyAdds.PerExample(proxy, model.InputShape),
            arms.ProxyPrecision)
            .Report(spearman, share, EnvironmentReport.Capture(DateTimeOffset.UtcNow, options.Threads, "cpu", "").Processor);
    }

    internal static string Key(Precision precision, string arm) => $"{precision}/{arm}";

    internal static string ForwardKey(Precision precision) => Key(precision, "forward");

    internal static string PeakKey(Precision precision) => Key(precision, "peak");

    internal static (string Flat, string TorchSharps, string Authors, string PlainForward, string PlanMaking) Keys =>
        (Flat, TorchSharps, Authors, PlainForward, PlanMaking);

    private static void Add(Turns turns, ScorerArms arms, BenchmarkOptions options, OwnedParts owned)
    {
        int steps = 0;
        foreach (Precision precision in (Precision[])[Precision.Float32, Precision.BFloat16])
        {
            bool asked = options.Precisions.Contains(precision);
            MatmulPeak peak = owned.Own(new MatmulPeak(precision == Precision.Float32 ? float32 : bfloat16));
            turns.Add(PeakKey(precision), peak.Take);
            // In float32 target and replica are needed in any case: for the replica's speed-up and for the authors' order.
            string[] scorers = asked ? [.. ScorerArms.BesideTarget, ScorerArms.OtherProxy]
                : precision == Precision.Float32 ? [ScorerTable.Target.Name, ScorerTable.Replica.Name]
                : [];
            TimedTrainer trainer = owned.Own(arms.Train(precision, scorers));
            if (steps == 0) { steps = StepsOfATurn(trainer); }
            int many = steps;
            turns.Add(ForwardKey(precision), () => trainer.Forward(many));
            foreach (string arm in trainer.Arms) { turns.Add(Key(precision, arm), () => trainer.Step(arm, many)); }
            if (!asked) { continue; }
            TimedTrainer replay = owned.Own(arms.Replay(precision, (options.Rounds + 1) * many));
            turns.Add(Key(precision, ScorerTable.Plan.Name), () => replay.Step(ScorerTable.Plan.Name, many));
        }
        TimedTrainer planner = owned.Own(arms.MakePlan());
        turns.Add(PlanMaking, () => planner.Step(ScorerTable.Target.Name, steps));
        AuthorsOrder authors = owned.Own(new AuthorsOrder(arms.NewTarget(), arms.Data, options));
        turns.AddAnothers(Authors, () => AsByDefault(() => authors.Step(), () => Mean(steps, () => authors.Step())));
        turns.Add(PlainForward, () => AsByDefault(authors.Forward, () => Mean(steps, authors.Forward)));
        OptimizerSteps optimizers = owned.Own(new OptimizerSteps(arms.NewTarget(), arms.NewTarget(), options.Threads));
        turns.Add(Flat, () => Mean(steps, optimizers.Flat));
        turns.AddAnothers(TorchSharps, () => Mean(steps, optimizers.TorchSharp));
    }

    /// <summary>
    /// What a program without this library does, with memory as the C library keeps it by itself (<see cref="NativeMemory"/>). One untimed
    /// call before, in which memory is given back, and one after, in which it is taken again: neither may fall on what is timed next.
    /// </summary>
    private static Turn AsByDefault(Action untimed, Func<Turn> timed)
    {
        if (!NativeMemory.ReuseAsByDefault()) { return timed(); }
        try
        {
            untimed();
            return timed();
        }
        finally
        {
            NativeMemory.ReuseLargeBlocks();
            untimed();
        }
    }

    private static double ProcessorShare(int threads, Action run)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        run();
        return (Environment.CpuUsage.TotalTime - before) / (threads * Stopwatch.GetElapsedTime(started));
    }

    private static int StepsOfATurn(TimedTrainer trainer)
    {
        trainer.Step(ScorerArms.Uniform, steps: 2);
        return (int)Math.Clamp(Math.Ceiling(TurnSeconds / trainer.Step(ScorerArms.Uniform, steps: 2).Seconds), 1, MostSteps);
    }

    private static Turn Mean(int times, Action run)
    {
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++) { run(); }
        return new Turn(Stopwatch.GetElapsedTime(started).TotalSeconds / times);
    }

    private sealed class OwnedParts : IDisposable
    {
        private readonly Stack<IDisposable> _parts = new();

        public T Own<T>(T part) where T : IDisposable
        {
            _parts.Push(part);
            return part;
        }

        public void Dispose()
        {
            while (_parts.TryPop(out IDisposable? part)) { part.Dispose(); }
        }
    }
}
