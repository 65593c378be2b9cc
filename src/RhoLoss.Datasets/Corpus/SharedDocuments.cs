namespace RhoLoss.Datasets.Corpus;

/// <summary>Refuses documents that are in two parts: what is tested on, or stands for what can be learnt, must not be trained on.</summary>
internal static class SharedDocuments
{
    /// <summary>Checks that no document of one part is in the other, blanks at its ends apart.</summary>
    /// <exception cref="InvalidInputException">Some are; the message counts them and names the first.</exception>
    public static void Refuse((CorpusPart Part, string Name) kept, (CorpusPart Part, string Name) other)
    {
        var there = new Dictionary<UInt128, int>();
        for (int i = 0; i < other.Part.Hashes.Count; i++) { there.TryAdd(other.Part.Hashes[i], other.Part.Documents[i]); }
        int[] shared = [.. Enumerable.Range(0, kept.Part.Hashes.Count).Where(i => there.ContainsKey(kept.Part.Hashes[i]))];
        if (shared.Length == 0) { return; }
        string first = kept.Part.NameOfDocument(kept.Part.Documents[shared[0]]);
        string same = other.Part.NameOfDocument(there[kept.Part.Hashes[shared[0]]]);
        throw new InvalidInputException(
            $"{shared.Length} of {Counted.Of(kept.Part.Hashes.Count, "document")} of the {kept.Name} "
            + $"{Counted.Word(shared.Length, "is", "are")} in the {other.Name} too ({first} is the same as {same}"
            + $"{(shared.Length > 1 ? ", and so on" : "")}). Remove {Counted.Word(shared.Length, "it", "them")} from one of the two.");
    }
}
