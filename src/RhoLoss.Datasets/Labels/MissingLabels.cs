using RhoLoss.Datasets.Names;


namespace RhoLoss.Datasets.Labels;

/// <summary>Finds classes whose name is what programs write where a value is missing.</summary>
internal static class MissingLabels
{
    /// <summary>What pandas.read_csv takes for a missing value (documentation of na_values, pandas 2.3), whatever its case here.</summary>
    private static readonly HashSet<string> Spellings = new(StringComparer.OrdinalIgnoreCase)
    {
        "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None",
    };

    /// <summary>What the user should know about such classes, with how often each is there; null where there are none.</summary>
    /// <param name="counts">Each name and how many examples have it.</param>
    /// <param name="place">Where they come from.</param>
    /// <param name="unit">What is counted, for one and for many.</param>
    /// <param name="fix">How the user gets rid of examples without a label.</param>
    public static string? Notice(IReadOnlyDictionary<string, int> counts, string place, (string One, string Many) unit, string fix)
    {
        string[] found =
        [
            .. counts.Where(label => Spellings.Contains(ClassSpellings.Unquoted(label.Key)))
                .OrderBy(label => label.Key, StringComparer.Ordinal)
                .Select(label => $"{Visible.Shown(label.Key)} {Counted.Of(label.Value, unit.One, unit.Many)}"),
        ];
        if (found.Length == 0) { return null; }
        bool one = found.Length == 1;
        return $"{place}: {(one ? "a class is" : "classes are")} called as programs write a missing value: "
            + $"{ClassSpellings.Listed(found)}. {(one ? "It is a class like any other" : "They are classes like any others")}. "
            + $"{fix} if no label is known.";
    }
}
