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
    public static AlignedText CompatibleWithoutAccents(AlignedText text) => Decompose(text, compatible: true).ToLower();

    /// <summary>Lower case, then NFD without non-spacing marks: BERT's.</summary>
    public static AlignedText CanonicalWithoutAccents(AlignedText text) => Decompose(text.ToLower(), compatible: false);

    private static AlignedText Decompose(AlignedText text, bool compatible) => Ascii.IsValid(text.Text) ? text
        : text.Replace(rune => !Table.Value.TryGetValue(rune.Value, out (string Compatible, string Canonical) left) ? null
            : compatible ? left.Compatible : left.Canonical);

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
