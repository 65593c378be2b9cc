using System.Globalization;
using System.Text.RegularExpressions;

namespace RhoLoss.Logging;

/// <summary>A measured point as a row of names and values, the form in which files have it.</summary>
internal static partial class PointFields
{
    /// <summary>The names before the metrics, in their order.</summary>
    public static IReadOnlyList<string> Fixed { get; } =
        ["method", "seed", "epoch", "step", "seconds", "scoringSeconds", "examplesTrained", "examplesScored"];

    private static readonly string[] Taken = [.. Fixed, "kind", "selectedSha256"];

    /// <summary>The values of <see cref="Fixed"/>, then the metrics.</summary>
    public static IEnumerable<(string Name, object? Value)> Of(Arm arm, MeasuredPoint point)
    {
        object[] values =
        [
            arm.Method, arm.Seed, point.Epoch, point.Step, point.Seconds, point.SelectionSeconds, point.ExamplesTrained,
            point.ForwardPasses,
        ];
        return [.. Fixed.Zip(values, (name, value) => (name, (object?)value)), .. point.Metrics.Select(m => (m.Key, (object?)m.Value))];
    }

    /// <summary>Refuses metrics that a file could not keep.</summary>
    /// <exception cref="ArgumentException">See <see cref="MeasuredPoint"/>.</exception>
    public static void Require(IReadOnlyDictionary<string, double?> metrics)
    {
        foreach ((string name, double? value) in metrics)
        {
            if (!Name().IsMatch(name))
            {
                throw new ArgumentException(
                    $"A metric is called '{name}', but a name is of letters, digits, - and _, in groups with dots between them.",
                    nameof(metrics));
            }
            if (Taken.Contains(name.Split('.')[0]))
            {
                throw new ArgumentException(
                    $"A metric is called '{name}', as another value of a point is. Call it otherwise.", nameof(metrics));
            }
            if (metrics.Keys.FirstOrDefault(other => other.StartsWith(name + ".", StringComparison.Ordinal)) is { } inner)
            {
                throw new ArgumentException(
                    $"'{name}' is a metric and the group of another, '{inner}'. Call one of them otherwise.", nameof(metrics));
            }
            if (value is { } number && !double.IsFinite(number))
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"The metric '{name}' is {number}. Give null for what is not known."),
                    nameof(metrics));
            }
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
