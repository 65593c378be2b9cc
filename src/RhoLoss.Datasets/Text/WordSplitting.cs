using System.Globalization;
using System.Text;

namespace RhoLoss.Datasets.Text;

/// <summary>
/// Splits a text into words as BERT does: at white space, and before and after every punctuation mark and Chinese character.
/// </summary>
internal static class WordSplitting
{
    /// <summary>The words of a text that has been normalised already. Control characters vanish.</summary>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune)) { End(); }
            else if (Vanishes(rune)) { }
            else if (IsPunctuation(rune) || IsChinese(rune.Value))
            {
                End();
                words.Add(rune.ToString());
            }
            else { word.Append(rune.ToString()); }
        }
        End();
        return words;

        void End()
        {
            if (word.Length == 0) { return; }
            words.Add(word.ToString());
            word.Clear();
        }
    }

    private static bool Vanishes(Rune rune) => rune.Value is 0 or 0xFFFD
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    /// <summary>Unicode's punctuation, and all of ASCII that is neither letter, digit nor space, such as $ and +.</summary>
    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value > ' ' && rune.Value < 0x7F && !Rune.IsLetterOrDigit(rune)
        : Rune.IsPunctuation(rune);

    private static bool IsChinese(int c) =>
        c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
            or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
