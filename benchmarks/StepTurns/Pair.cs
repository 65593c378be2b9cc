using System.Diagnostics;
using System.Globalization;

namespace StepTurns;

/// <summary>Two builds in turns, and what is said of their ratios.</summary>
internal static class Pair
{
    private const int WarmUps = 5, Resamples = 4_000;

    /// <returns>A ratio for each turn, and the median milliseconds of the other build's step.</returns>
    public static (double[] Ratios, double Milliseconds) Measure(
        string own, string other, string model, string method, int steps, int starts, int turns)
    {
        List<double> ratios = [], milliseconds = [];
        for (int start = 0; start < starts; start++)
        {
            using Process a = Start(other, model, method), b = Start(own, model, method);
            for (int i = 0; i < WarmUps; i++)
            {
                Ask(a, steps);
                Ask(b, steps);
            }
            for (int i = 0; i < turns; i++)
            {
                double a1 = Ask(a, steps), b1 = Ask(b, steps), b2 = Ask(b, steps), a2 = Ask(a, steps);
                ratios.Add((b1 + b2) / (a1 + a2));
                milliseconds.Add((a1 + a2) / 2);
            }
            foreach (Process process in (Process[])[a, b])
            {
                process.StandardInput.Close();
                process.WaitForExit();
            }
        }
        return ([.. ratios], Median([.. milliseconds]));
    }

    public static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /// <summary>Where 95 % of the medians of resampled turns lie (bootstrap).</summary>
    public static (double Low, double High) Interval(double[] values)
    {
        var random = new Random(1);
        double[] medians =
        [
            .. Enumerable.Range(0, Resamples)
                .Select(_ => Median([.. Enumerable.Range(0, values.Length).Select(_ => values[random.Next(values.Length)])])).Order(),
        ];
        return (medians[Resamples / 40], medians[^(Resamples / 40)]);
    }

    private static Process Start(string program, string model, string method)
    {
        var start = new ProcessStartInfo(program, ["--child", model, method])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";   // the one that waits must not spin
        return Process.Start(start)!;
    }

    private static double Ask(Process process, int steps)
    {
        process.StandardInput.WriteLine(steps.ToString(CultureInfo.InvariantCulture));
        process.StandardInput.Flush();
        string answer = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("A build ended before its turn.");
        return double.Parse(answer, CultureInfo.InvariantCulture);
    }
}
