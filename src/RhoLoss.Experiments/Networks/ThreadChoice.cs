using System.Diagnostics;
using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Logging;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Networks;

/// <summary>
/// Key <c>machine.threads</c> = 0: as many threads as measure fastest for a network. More are not always faster: the small layers of an MLP
/// take less time than to wake a thread, and a machine may be busy.
/// </summary>
/// <param name="Network">The network that will be trained.</param>
/// <param name="Format">What it computes in.</param>
/// <param name="Batch">Examples of a training step.</param>
/// <param name="Scored">Examples that the network scores beside it; 0 where it scores none.</param>
internal sealed record ThreadChoice(Architecture Network, ComputeFormat Format, int Batch, int Scored)
{
    /// <summary>In how many parts a training step takes its batch.</summary>
    public int Parts { get; init; } = 1;

    private const int FewestRounds = 3, MostRounds = 9;
    private const double Worthwhile = 0.97;   // of the time with fewer threads: a gain below the noise is not worth a processor
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1), TooLong = TimeSpan.FromSeconds(20);

    /// <summary>Threads worth trying: powers of two up to the number of processors, and that number.</summary>
    internal static IReadOnlyList<int> Candidates(int processors) =>
        [.. Enumerable.Range(0, 30).Select(power => 1 << power).TakeWhile(count => count < processors), processors];

    /// <summary>The fewest threads that no larger number beats by more than noise.</summary>
    internal static int Fastest(IReadOnlyList<(int Threads, double Seconds)> measured)
    {
        (int Threads, double Seconds) best = measured[0];
        foreach ((int Threads, double Seconds) other in measured.Skip(1))
        {
            if (other.Seconds < Worthwhile * best.Seconds) { best = other; }
        }
        return best.Threads;
    }

    /// <summary>Measures and puts the fastest number in force, unless the recipe names one or the device is not the processor.</summary>
    public void Put(Recipe recipe, LabeledDataset data, Action<RunEvent> report, CancellationToken cancellation)
    {
        if (recipe.Machine.Threads > 0 || data.Ids.device_type != DeviceType.CPU) { return; }
        IReadOnlyList<(int Threads, double Seconds)> measured = Measure(data, Candidates(Environment.ProcessorCount), cancellation);
        int chosen = Fastest(measured);
        set_num_threads(chosen);
        string times = string.Join(", ", measured.Select(m => FormattableString.Invariant($"{m.Threads}: {1000 * m.Seconds:0.0}")));
        report(new RunEvent.Notice(
            FormattableString.Invariant($"threads: {chosen} for {Network.Title}, by milliseconds a step ({times})")));
    }

    private List<(int Threads, double Seconds)> Measure(LabeledDataset data, IReadOnlyList<int> candidates, CancellationToken cancellation)
    {
        using IDisposable scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> network = (Network with { Weights = "" }).Create(data, seed: 0);
        // In memory, so that no file is decoded while a step is measured.
        Batch examples = data.Gather(data.Ids.slice(0, 0, Math.Min(Math.Max(Batch, Scored), data.Count), 1));
        using LabeledDataset few = data.Classes > 0
            ? new LabeledDataset(examples.Inputs.clone(), examples.Labels.clone(), data.Classes, tokens: data.Tokens)
            : LabeledDataset.WithTargets(examples.Inputs.clone(), examples.Labels.clone(), tokens: data.Tokens);
        List<double>[] seconds = [.. candidates.Select(_ => new List<double>())];
        long started = Stopwatch.GetTimestamp();
        bool Goes(int round) =>
            Stopwatch.GetElapsedTime(started) is var elapsed
            && (round == 0 || (elapsed < TooLong && (round < FewestRounds || (round < MostRounds && elapsed < Enough))));
        int before = get_num_threads();
        try
        {
            for (int round = 0; Goes(round); round++)
            {
                for (int i = 0; i < candidates.Count; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    set_num_threads(candidates[i]);
                    using Trainer trainer = TrainerOf(network, few, candidates[i]);
                    trainer.Step();   // starts the threads, and makes the optimizer's memory
                    seconds[i].Add(trainer.Step().TotalTime.TotalSeconds);
                }
            }
        }
        finally
        {
            set_num_threads(before);
        }
        return [.. candidates.Zip(seconds, (count, times) => (count, times.Order().ElementAt(times.Count / 2)))];
    }

    /// <summary>What takes the steps of a run, without its preparation.</summary>
    private Trainer TrainerOf(nn.Module<Tensor, Tensor> network, LabeledDataset examples, int threads)
    {
        var options = new TrainerOptions
        {
            BatchSize = Math.Min(Batch, examples.Count),
            BatchParts = examples.Count < Batch ? 1 : Parts,
            LargeBatchSize = examples.Count,
            Objective = examples.Classes > 0 ? Objective.CrossEntropy : new TokenCrossEntropy(),
            Format = Format,
            OptimizerThreads = threads,
        };
        return Scored == 0
            ? new Trainer(network, examples, options)
            : new Trainer(network, examples, SelectionFunctions.TrainLoss, reference: null, options);
    }
}
