using System.Globalization;
using System.Reflection;
using System.Text;

namespace RhoLoss.Datasets.Names;

/// <summary>
/// Unicode's canonical decomposition (NFD): equal for what is one text, whether its letters and accents are put together or apart. From a
/// table (eng/make-canonical-forms.py), because without ICU .NET's own normalisation returns what it is given.
/// </summary>
internal static class CanonicalForm
{
    // Hangul syllables: first of them, letters of each place, first letter of each place (Unicode Standard, section 3.12).
    private const int Syllables = 0xAC00, Leading = 0x1100, Vowels = 0x1161, Trailing = 0x11A7;
    private const int LeadingCount = 19, VowelCount = 21, TrailingCount = 28;

    private static readonly Lazy<Dictionary<int, (int Class, Rune[] Parts)>> Table = new(ReadTable);

    /// <summary>The canonical decomposition.</summary>
    public static string Of(string text)
    {
        if (Ascii.IsValid(text)) { return text; }
        var runes = new List<Rune>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value - Syllables is var syllable and >= 0 and < LeadingCount * VowelCount * TrailingCount)
            {
                runes.Add(new Rune(Leading + syllable / (VowelCount * TrailingCount)));
                runes.Add(new Rune(Vowels + syllable / TrailingCount % VowelCount));
                if (syllable % TrailingCount > 0) { runes.Add(new Rune(Trailing + syllable % TrailingCount)); }
            }
            else if (Table.Value.TryGetValue(rune.Value, out (int Class, Rune[] Parts) entry) && entry.Parts.Length > 0)
            {
                runes.AddRange(entry.Parts);
            }
            else { runes.Add(rune); }
        }
        return InOrder(runes);
    }

    /// <summary>Marks that follow one letter in the order of their classes: they may be typed in any.</summary>
    private static string InOrder(List<Rune> runes)
    {
        var result = new StringBuilder(runes.Count);
        for (int at = 0; at < runes.Count;)
        {
            int marks = runes.Skip(at).TakeWhile(rune => ClassOf(rune) > 0).Count();
            foreach (Rune rune in runes.GetRange(at, marks).OrderBy(ClassOf)) { result.Append(rune.ToString()); }
            at += marks;
            if (at < runes.Count) { result.Append(runes[at++].ToString()); }
        }
        return result.ToString();
    }

    private static int ClassOf(Rune rune) => Table.Value.TryGetValue(rune.Value, out (int Class, Rune[]) entry) ? entry.Class : 0;

    private static Dictionary<int, (int, Rune[])> ReadTable()
    {
        const string resource = "unicode/canonical-forms.tsv";
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException(
                $"The assembly has no resource {resource}; build it with the files of src/RhoLoss.Datasets/Embedded.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var table = new Dictionary<int, (int, Rune[])>();
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.Split('\t');
            table.Add(int.Parse(fields[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                (int.Parse(fields[1], CultureInfo.InvariantCulture), [.. fields[2].EnumerateRunes()]));
        }
        return table;
    }
}
