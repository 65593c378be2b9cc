using RhoLoss.Datasets.Names;


namespace RhoLoss.Datasets.Splits;

/// <summary>The examples of a part of a set by their content.</summary>
/// <typeparam name="T">A text, or a hash of a file.</typeparam>
/// <param name="Name">The part, in words.</param>
/// <param name="Contents">Of each example.</param>
/// <param name="Labels">Class of each.</param>
/// <param name="PlaceOf">Where each is, in words, by position.</param>
internal sealed record ContentPart<T>(string Name, IReadOnlyList<T> Contents, IReadOnlyList<long> Labels, Func<int, string> PlaceOf);

/// <summary>
/// Finds content that is in two parts of a set, or has two labels: it makes a test too good, and a label wrong. A table of one entry for
/// each example, so a few dozen bytes of memory for each while it looks, and no time to speak of beside reading.
/// </summary>
internal static class RepeatedContent
{
    private const int MostNamed = 3;

    /// <summary>What the user should know about such examples, a sentence or two for each kind; none as a rule.</summary>
    /// <param name="source">What the parts were read from.</param>
    /// <param name="what">One content, in words: a text.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="training">D.</param>
    /// <param name="holdout">D_ho; null for none.</param>
    /// <param name="test">The test set.</param>
    public static IEnumerable<string> Notices<T>(
        string source, string what, IReadOnlyList<string> classes, ContentPart<T> training, ContentPart<T>? holdout, ContentPart<T> test)
        where T : notnull
    {
        var first = new Dictionary<T, (ContentPart<T> Part, int Position)>(training.Contents.Count);
        var contradicted = new Dictionary<T, string>();
        ContentPart<T>[] parts = holdout is null ? [training, test] : [training, holdout, test];
        Add(training);
        string? held = null;
        if (holdout is not null)
        {
            held = Shared(holdout, "training set", "Losses of a model that was trained on them say nothing about them");
            Add(holdout);
        }
        string learnt = holdout is null ? "training set" : "training set or holdout";
        if (Shared(test, learnt, "The accuracy counts them although they were learnt from") is { } tested) { yield return tested; }
        if (held is not null) { yield return held; }
        Add(test);
        if (contradicted.Count == 0) { yield break; }
        int examples = parts.Sum(part => part.Contents.Count(contradicted.ContainsKey));
        yield return $"{source}: {Counted.Of(contradicted.Count, what)} {Counted.Word(contradicted.Count, "has", "have")} more than one "
            + $"label, in {examples} examples: {Listed(contradicted.Values)}. Correct the labels, or remove all but one of each.";

        void Add(ContentPart<T> part)
        {
            for (int i = 0; i < part.Contents.Count; i++)
            {
                if (first.TryAdd(part.Contents[i], (part, i))) { continue; }
                (ContentPart<T> before, int position) = first[part.Contents[i]];
                if (before.Labels[position] == part.Labels[i]) { continue; }
                contradicted.TryAdd(part.Contents[i], $"{Labelled(before, position)} and {Labelled(part, i)}");
            }
        }

        string? Shared(ContentPart<T> part, string earlier, string harm)
        {
            int count = 0;
            var named = new List<string>();
            for (int i = 0; i < part.Contents.Count; i++)
            {
                if (!first.TryGetValue(part.Contents[i], out (ContentPart<T> Part, int Position) before)) { continue; }
                count++;
                if (named.Count <= MostNamed) { named.Add($"{part.PlaceOf(i)} is {before.Part.PlaceOf(before.Position)}"); }
            }
            return count == 0 ? null
                : $"{source}: {count} of the {Counted.Of(part.Contents.Count, $"{part.Name} example")} "
                    + $"{Counted.Word(count, "is", "are")} in the {earlier} too: {Listed(named)}. {harm}: remove the copies.";
        }

        string Labelled(ContentPart<T> part, int position) =>
            $"{part.PlaceOf(position)} ({Visible.Shown(classes[(int)part.Labels[position]])})";
    }

    private static string Listed(IReadOnlyCollection<string> parts) =>
        string.Join("; ", parts.Take(MostNamed)) + (parts.Count > MostNamed ? "; …" : "");
}
