using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>One timing, per step.</summary>
/// <param name="Seconds">Of the whole step, or of whatever is timed.</param>
/// <param name="Selection">Seconds of it for choosing the batch and telling the scorer of it.</param>
/// <param name="Forward">Seconds of it for the pass of the model that scores.</param>
/// <param name="Scored">Examples that pass ran on.</param>
internal readonly record struct Turn(double Seconds, double Selection = 0, double Forward = 0, int Scored = 0);

/// <summary>
/// Measures everything in turns, A B C … A B C …, so that whatever else the machine does falls on all alike. A time is a median over
/// rounds; two times are compared within a round, and then comes the median of the ratios.
/// </summary>
internal sealed class Turns
{
    private const int MostLost = 2;
    private readonly List<(string Name, Func<Turn> Take)> _measured = [];
    private readonly List<Dictionary<string, Turn>> _rounds = [];

    public void Add(string name, Func<Turn> take) => _measured.Add((name, take));

    /// <summary>Times one call a turn.</summary>
    public void Add(string name, Action run) => Add(name, () =>
    {
        long started = Stopwatch.GetTimestamp();
        run();
        return new Turn(Stopwatch.GetElapsedTime(started).TotalSeconds);
    });

    /// <summary>
    /// Times code that lets TorchSharp make numbers, as its own optimizers do: the garbage collector can free one while LibTorch reads it
    /// (<see cref="Scalars"/>), and LibTorch throws. A turn that was lost to that is taken again, at most twice in a row.
    /// </summary>
    public void AddAnothers(string name, Func<Turn> take) => Add(name, () =>
    {
        for (int lost = 0; ; lost++)
        {
            try
            {
                return take();
            }
            catch (ExternalException) when (lost < MostLost) { }
        }
    });

    /// <summary>Measures; the first round is not counted: it compiles, allocates and fills caches.</summary>
    public void Run(int rounds, Action<string> report, CancellationToken cancellation)
    {
        for (int round = 0; round <= rounds; round++)
        {
            report(round == 0 ? "warming up" : $"round {round} of {rounds}");
            var turns = new Dictionary<string, Turn>(StringComparer.Ordinal);
            foreach ((string name, Func<Turn> take) in _measured)
            {
                cancellation.ThrowIfCancellationRequested();
                turns[name] = take();
            }
            if (round > 0) { _rounds.Add(turns); }
        }
    }

    /// <summary>One number a round.</summary>
    public double[] Each(Func<Func<string, Turn>, double> number) => [.. _rounds.Select(r => number(name => r[name]))];

    /// <summary>Median over rounds of a number of each.</summary>
    public double Median(Func<Func<string, Turn>, double> number)
    {
        double[] sorted = [.. Each(number).Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Median seconds.</summary>
    public double Seconds(string name) => Median(turn => turn(name).Seconds);

    /// <summary>Median of the ratios within a round.</summary>
    public double Ratio(string of, string to) => Median(turn => turn(of).Seconds / turn(to).Seconds);
}
