using System.Buffers.Binary;
using System.Text;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>Breaks bytes and texts without knowing what they mean.</summary>
internal static class Mutation
{
    private const int MostAdded = 4096;

    private static readonly byte[][] Bytes = [[0], [0xFF], [0xC3, 0x28], [0xEF, 0xBB, 0xBF], [0xED, 0xA0, 0x80], [0xE2, 0x80, 0xA8],
        [0x0D], [0x0A], [0x0D, 0x0A], [0xF0, 0x9F, 0x98, 0x80]];
    private static readonly string[] Marks = ["\t", ",", ";", "\"", "\"\"", "'", "=", "[", "]", "{", "}", "(", ")", "#", "\\", " ", ":",
        "|", ".", "-", "\n\n", "\r\n", "\u2028", "\u00A0"];

    /// <summary>One to four changes; one input in fifty is noise of any length instead.</summary>
    /// <param name="dice">Chooses.</param>
    /// <param name="right">What is broken; it stays as it is.</param>
    /// <param name="other">Another right file, to splice with.</param>
    public static byte[] OfBytes(Dice dice, byte[] right, byte[] other)
    {
        if (dice.Once(50)) { return dice.Bytes(dice.Below(2 * right.Length + 16)); }
        byte[] bytes = [.. right];
        for (int changes = 1 + dice.Below(4); changes > 0; changes--) { bytes = Change(dice, bytes, other); }
        return bytes;
    }

    /// <summary>The same for a text: words, marks and bytes that mean something in one take part.</summary>
    public static byte[] OfText(Dice dice, byte[] right, byte[] other, IReadOnlyList<string> words)
    {
        byte[] bytes = [.. right];
        for (int changes = 1 + dice.Below(4); changes > 0; changes--)
        {
            bytes = dice.Below(8) switch
            {
                0 => Insert(bytes, Place(dice, bytes), Encoding.UTF8.GetBytes(dice.Of(words))),
                1 => Insert(bytes, Place(dice, bytes), Encoding.UTF8.GetBytes(dice.Of(Marks))),
                2 => Insert(bytes, Place(dice, bytes), Encoding.UTF8.GetBytes(dice.Text())),
                3 => Insert(bytes, Place(dice, bytes), dice.Of(Bytes)),
                4 => ReplaceWord(dice, bytes, dice.Once(2) ? dice.Of(words) : dice.Text()),
                5 => RepeatOrDropLine(dice, bytes),
                _ => Change(dice, bytes, other),
            };
        }
        return bytes;
    }

    private static byte[] Change(Dice dice, byte[] bytes, byte[] other)
    {
        if (bytes.Length == 0) { return dice.Bytes(dice.Below(64)); }
        int at = Place(dice, bytes);
        switch (dice.Below(11))
        {
            case 0: bytes[at] ^= (byte)(1 << dice.Below(8)); return bytes;
            case 1: bytes[at] = (byte)dice.Below(256); return bytes;
            case 2: bytes[at] = dice.Once(2) ? (byte)0 : (byte)0xFF; return bytes;
            case 3: WriteNumber(dice, bytes, at); return bytes;
            case 4: return bytes[..at];
            case 5: return [.. bytes, .. dice.Bytes(1 + dice.Below(64))];
            case 6: return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + 1 + dice.Below(32))..]];
            case 7: return Insert(bytes, at, bytes[at..Math.Min(bytes.Length, at + 1 + dice.Below(MostAdded))]);
            case 8: return [.. bytes[..at], .. other.AsSpan(dice.Below(other.Length))];
            case 9: dice.Bytes(Math.Min(bytes.Length - at, 1 + dice.Below(16))).CopyTo(bytes, at); return bytes;
            default: return Insert(bytes, at, Enumerable.Repeat(bytes[at], 1 + dice.Below(64)).ToArray());
        }
    }

    /// <summary>Half of the places are among the first 64 bytes, where headers are.</summary>
    private static int Place(Dice dice, byte[] bytes) => dice.Below(dice.Once(2) ? Math.Min(64, bytes.Length) : bytes.Length);

    private static void WriteNumber(Dice dice, byte[] bytes, int at)
    {
        long number = dice.Number(bytes.Length);
        Span<byte> wide = stackalloc byte[8];
        bool bigEndian = dice.Once(2);
        if (bigEndian) { BinaryPrimitives.WriteInt64BigEndian(wide, number); }
        else { BinaryPrimitives.WriteInt64LittleEndian(wide, number); }
        int size = Math.Min(1 << dice.Below(4), bytes.Length - at);
        (bigEndian ? wide[^size..] : wide[..size]).CopyTo(bytes.AsSpan(at));
    }

    private static byte[] ReplaceWord(Dice dice, byte[] bytes, string word)
    {
        int at = dice.Below(bytes.Length), from = at, to = at;
        while (from > 0 && IsOfWord(bytes[from - 1])) { from--; }
        while (to < bytes.Length && IsOfWord(bytes[to])) { to++; }
        return [.. bytes[..from], .. Encoding.UTF8.GetBytes(word), .. bytes[to..]];
    }

    private static bool IsOfWord(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.' or > 127;

    private static byte[] RepeatOrDropLine(Dice dice, byte[] bytes)
    {
        int at = dice.Below(bytes.Length);
        int from = at == 0 ? 0 : bytes.AsSpan(0, at).LastIndexOf((byte)'\n') + 1;
        int end = bytes.AsSpan(from).IndexOf((byte)'\n');
        int to = end < 0 ? bytes.Length : from + end + 1;
        return dice.Once(2) ? [.. bytes[..from], .. bytes[to..]] : Insert(bytes, from, bytes[from..to]);
    }

    private static byte[] Insert(byte[] bytes, int at, byte[] added) => [.. bytes[..at], .. added, .. bytes[at..]];
}
