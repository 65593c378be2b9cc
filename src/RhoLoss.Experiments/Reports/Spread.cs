using System.Globalization;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Reports;

/// <summary>Numbers of several seeds as text: mean ± sample standard deviation, or NR where the target was not reached.</summary>
public static class Spread
{
    /// <summary>Text of a value that does not exist.</summary>
    public const string None = "-";

    /// <summary>Mean and spread of shares, in percent with one decimal; <see cref="None"/> where one is missing.</summary>
    public static string Percent(IEnumerable<double?> shares) => Of([.. shares.Select(share => 100 * share)], "0.0");

    /// <summary>Mean and spread of numbers, with two decimals.</summary>
    public static string Number(IEnumerable<double> values) => Of([.. values.Select(value => (double?)value)], "0.00");

    /// <summary>Mean and spread of a metric: shares in percent, all else with three decimals.</summary>
    public static string Of(Metric metric, IEnumerable<double?> values)
    {
        ArgumentNullException.ThrowIfNull(metric);
        return metric.IsShare ? Percent(values) : Of([.. values], "0.000");
    }

    /// <summary>Mean of numbers, with as many decimals as the format has, and no spread.</summary>
    public static string Mean(IEnumerable<double> values, string format = "0.0") =>
        values.Average().ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Mean and spread of epochs, steps or seconds; NR, and how many seeds did, where one did not reach the target.</summary>
    public static string Taken(IReadOnlyList<double?> taken)
    {
        ArgumentNullException.ThrowIfNull(taken);
        int reached = taken.Count(value => value is not null);
        return reached == taken.Count ? Of(taken, "0.0")
            : reached == 0 ? "NR"
            : string.Create(CultureInfo.InvariantCulture, $"NR ({reached} of {taken.Count} reached)");
    }

    private static string Of(IReadOnlyList<double?> values, string format)
    {
        if (values.Count == 0 || values.Any(value => value is null)) { return None; }
        double[] all = [.. values.Select(value => value!.Value)];
        string mean = all.Average().ToString(format, CultureInfo.InvariantCulture);
        return SpeedupCalculator.SampleStandardDeviation(all) is { } deviation
            ? $"{mean} ± {deviation.ToString(format, CultureInfo.InvariantCulture)}"
            : mean;
    }
}
