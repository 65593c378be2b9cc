namespace RhoLoss.Reliability.Fuzz;

/// <summary>What came of some inputs of one reader.</summary>
/// <param name="Accepted">Inputs that were read.</param>
/// <param name="Refused">Inputs that were refused with <see cref="InvalidInputException"/>.</param>
/// <param name="Faulty">Inputs with which anything else happened.</param>
/// <param name="Faults">The first of those.</param>
/// <param name="MostAllocated">Most managed bytes allocated for one input.</param>
/// <param name="PeakMemory">The process's peak memory at the end, in bytes.</param>
/// <param name="LongestMilliseconds">Time of the slowest input.</param>
/// <param name="Seconds">Time of all.</param>
internal sealed record BatchReport(
    long Accepted,
    long Refused,
    long Faulty,
    IReadOnlyList<Fault> Faults,
    long MostAllocated,
    long PeakMemory,
    double LongestMilliseconds,
    double Seconds)
{
    /// <summary>Faults that are described; of a kind that comes often, the rest would only be long.</summary>
    public const int MostDescribed = 20;

    /// <summary>Nothing yet.</summary>
    public static BatchReport Empty { get; } = new(0, 0, 0, [], 0, 0, 0, 0);

    /// <summary>Number of inputs.</summary>
    public long Count => Accepted + Refused + Faulty;

    /// <summary>Both together.</summary>
    public BatchReport And(BatchReport other) => new(
        Accepted + other.Accepted,
        Refused + other.Refused,
        Faulty + other.Faulty,
        [.. Faults.Concat(other.Faults).Take(MostDescribed)],
        Math.Max(MostAllocated, other.MostAllocated),
        Math.Max(PeakMemory, other.PeakMemory),
        Math.Max(LongestMilliseconds, other.LongestMilliseconds),
        Seconds + other.Seconds);
}
