namespace RhoLoss.Pretrained;

/// <summary>
/// What may stand before a model's names in a file: nothing, or the path of a module that held the model when it was saved, such as
/// <c>module.</c> of DataParallel, <c>_orig_mod.</c> of torch.compile, <c>backbone.</c> or <c>student.net.</c>.
/// </summary>
internal static class NamePrefixes
{
    /// <summary>Parts of paths below which optimizers keep tensors with the names and shapes of weights that are none.</summary>
    private static readonly HashSet<string> OptimizerParts = new(StringComparer.Ordinal)
    {
        "optimizer", "optimizers", "optimizer_states", "optim", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer",
    };

    /// <summary>Every prefix below which the file has a name of the model, and how many of them it has there.</summary>
    /// <param name="stored">Names of the file.</param>
    /// <param name="own">Names of the model.</param>
    public static Dictionary<string, int> Count(IEnumerable<string> stored, IReadOnlyCollection<string> own)
    {
        HashSet<string> names = new(own, StringComparer.Ordinal);
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = names.GetAlternateLookup<ReadOnlySpan<char>>();
        int longest = names.Max(name => (int?)name.Length) ?? 0;
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach (string name in stored)
        {
            // Every end of the name that begins after a dot, and the whole name; names come from a file and may be of any length.
            for (int dot = name.Length; dot >= 0;)
            {
                dot = dot == 0 ? -1 : name.LastIndexOf('.', dot - 1);
                if (name.Length - dot - 1 > longest) { break; }
                if (!lookup.Contains(name.AsSpan(dot + 1))) { continue; }
                string prefix = name[..(dot + 1)];
                counts[prefix] = counts.GetValueOrDefault(prefix) + 1;
            }
        }
        foreach (string prefix in counts.Keys.Where(IsOfAnOptimizer).ToArray()) { counts.Remove(prefix); }
        return counts;
    }

    private static bool IsOfAnOptimizer(string prefix) => prefix.Split('.').Any(OptimizerParts.Contains);
}
