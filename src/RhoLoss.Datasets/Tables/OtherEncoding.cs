namespace RhoLoss.Datasets.Tables;

/// <summary>Tells text in an encoding other than UTF-8, and what is no text at all, by byte-order marks and zero bytes.</summary>
internal static class OtherEncoding
{
    private const string Fix = "Save it as UTF-8: choose that where it is saved, or run `iconv -f";

    private static readonly (byte[] Mark, string Name)[] Marks =
    [
        ([0xFF, 0xFE, 0, 0], "UTF-32LE"), ([0, 0, 0xFE, 0xFF], "UTF-32BE"), ([0xFF, 0xFE], "UTF-16LE"), ([0xFE, 0xFF], "UTF-16BE"),
    ];

    /// <summary>What follows the file's name in a message; null for what may be UTF-8.</summary>
    public static string? Describe(ReadOnlySpan<byte> content)
    {
        foreach ((byte[] mark, string name) in Marks)
        {
            if (!content.StartsWith(mark)) { continue; }
            return $": the text must be UTF-8, but its byte-order mark says {name}. {Fix} {name} -t UTF-8`.";
        }
        int zero = content.IndexOf((byte)0);
        if (zero < 0) { return null; }
        if (WithoutMark(content) is { } encoding)
        {
            return $": the text must be UTF-8, but every other byte is zero in places, so it seems to be {encoding}. "
                + $"{Fix} {encoding} -t UTF-8`.";
        }
        int line = 1 + content[..zero].Count((byte)'\n');
        return $", line {line}: text has no zero bytes, but this line has one. The file is damaged, or no text in UTF-8: "
            + "give the original, saved as UTF-8.";
    }

    /// <summary>
    /// Letters, digits and line ends of western text have their zero at odd places in one order and at even places in the other.
    /// </summary>
    private static string? WithoutMark(ReadOnlySpan<byte> content)
    {
        long even = 0, odd = 0;
        for (int i = 0; i < content.Length; i++)
        {
            if (content[i] != 0) { continue; }
            if (i % 2 == 0) { even++; } else { odd++; }
        }
        // One stray zero is no encoding; in Chinese text only blanks, digits and line ends have one, at least a few of a hundred
        // characters.
        if (content.Length % 2 != 0 || (even + odd) * 100 < content.Length || even + odd < 4) { return null; }
        return even == 0 ? "UTF-16LE" : odd == 0 ? "UTF-16BE" : null;
    }
}
