using System.Globalization;
using System.Reflection;
using System.Text;

namespace RhoLoss.Datasets.Text;

/// <summary>
/// Takes accents off letters, from a table (eng/make-decompositions.py): without ICU, .NET's own normalisation returns what it is given.
/// </summary>
internal static class TextNormalization
{
    private static readonly Lazy<Dictionary<int, (string Compatible, string Canonical)>> Table = new(ReadTable);

    /// <summary>NFKD without combining characters, then lower case: ALBERT's preprocessing after its quotes and white space.</summary>
    public static string CompatibleWithoutAccents(string text) => Decompose(text, compatible: true).ToLowerInvariant();

    /// <summary>Lower case, then NFD without non-spacing marks: BERT's.</summary>
    public static string CanonicalWithoutAccents(string text) => Decompose(text.ToLowerInvariant(), compatible: false);

    private static string Decompose(string text, bool compatible)
    {
        if (Ascii.IsValid(text)) { return text; }
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Table.Value.TryGetValue(rune.Value, out (string Compatible, string Canonical) left))
            {
                result.Append(compatible ? left.Compatible : left.Canonical);
            }
            else { result.Append(rune.ToString()); }
        }
        return result.ToString();
    }

    private static Dictionary<int, (string, string)> ReadTable()
    {
        const string resource = "unicode/decompositions.tsv";
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException(
                $"The assembly has no resource {resource}; build it with the files of src/RhoLoss.Datasets/Embedded.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var table = new Dictionary<int, (string, string)>();
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.Split('\t');
            table.Add(int.Parse(fields[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), (fields[1], fields[^1]));
        }
        return table;
    }
}
