using static TorchSharp.torch;

namespace RhoLoss.Experiments.Data;

/// <summary>Tells a user which files the examples of a message are in: an id says that to nobody.</summary>
internal static class NamedExamples
{
    private const int Most = 3;

    /// <summary>
    /// A sentence with the places of the first of these training examples, such as "Id 17 is reviews.csv, line 19."; empty when no place
    /// is known.
    /// </summary>
    public static string Sentence(ExperimentData data, IReadOnlyList<long> ids)
    {
        if (data.Places is not { } places) { return ""; }
        string[] named =
            [.. ids.Take(Most).Select(id => FormattableString.Invariant($"id {id} is {places.OfTraining(OriginOf(data, id))}"))];
        string more = ids.Count > Most ? "; `rho data show` names the others" : "";
        return named.Length == 0 ? "" : $" {char.ToUpperInvariant(named[0][0])}{string.Join("; ", named)[1..]}{more}.";
    }

    /// <summary>The example that one is a copy of, which is the one that a file has; itself where it is none.</summary>
    private static long OriginOf(ExperimentData data, long id)
    {
        using IDisposable scope = NewDisposeScope();
        return data.Training.Origins.masked_select(data.Training.Ids.eq(Scalars.Of(id)))[0].item<long>();
    }
}
