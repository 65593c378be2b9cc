using System.Globalization;
using System.Text;

namespace RhoLoss.Datasets.Text;

/// <summary>
/// Splits a text into words as BERT does: at white space, and before and after every punctuation mark and Chinese character.
/// </summary>
internal static class WordSplitting
{
    /// <summary>The words of a text that has been normalised already: ranges of what is left when control characters vanish.</summary>
    public static (AlignedText Left, List<Range> Words) Split(AlignedText text)
    {
        AlignedText left = WithoutControls(text);
        var words = new List<Range>();
        int start = 0, at = 0;
        foreach (Rune rune in left.Text.EnumerateRunes())
        {
            int next = at + rune.Utf16SequenceLength;
            bool blank = Rune.IsWhiteSpace(rune), alone = IsPunctuation(rune) || IsChinese(rune.Value);
            if (blank || alone)
            {
                if (at > start) { words.Add(start..at); }
                if (!blank) { words.Add(at..next); }
                start = next;
            }
            at = next;
        }
        if (at > start) { words.Add(start..at); }
        return (left, words);
    }

    private static AlignedText WithoutControls(AlignedText text)
    {
        foreach (Rune rune in text.Text.EnumerateRunes())
        {
            if (Vanishes(rune)) { return text.Replace(r => Vanishes(r) ? "" : null); }
        }
        return text;
    }

    private static bool Vanishes(Rune rune) => !Rune.IsWhiteSpace(rune) && (rune.Value is 0 or 0xFFFD
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse);

    /// <summary>Unicode's punctuation, and all of ASCII that is neither letter, digit nor space, such as $ and +.</summary>
    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value > ' ' && rune.Value < 0x7F && !Rune.IsLetterOrDigit(rune)
        : Rune.IsPunctuation(rune);

    private static bool IsChinese(int c) =>
        c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
            or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
