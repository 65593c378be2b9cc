using System.Globalization;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>The random choices of one input: the same for the same seed, reader and number, whatever was drawn before.</summary>
internal sealed class Dice
{
    private readonly Random _random;

    public Dice(int seed, string reader, long number)
    {
        ulong mixed = Mix(Mix((ulong)seed) ^ Mix(reader.Aggregate(17UL, (hash, c) => hash * 31 + c)) ^ (ulong)number);
        _random = new Random((int)mixed);
    }

    /// <summary>A whole number from 0, below <paramref name="limit"/>; 0 where the limit is 0.</summary>
    public int Below(int limit) => limit <= 1 ? 0 : _random.Next(limit);

    /// <summary>True once in <paramref name="times"/>.</summary>
    public bool Once(int times) => _random.Next(times) == 0;

    /// <summary>One of them.</summary>
    public T Of<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    /// <summary>Random bytes.</summary>
    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A number where readers go wrong, or one near another that is right.</summary>
    public long Number(long right = 0) => Below(12) switch
    {
        0 => 0,
        1 => -1,
        2 => 1,
        3 => int.MaxValue,
        4 => int.MinValue,
        5 => long.MaxValue,
        6 => long.MinValue,
        7 => uint.MaxValue,
        8 => right + 1,
        9 => right - 1,
        10 => 1L << Below(63),
        _ => _random.NextInt64(),
    };

    /// <summary>A text where parsers of numbers, lists and objects go wrong.</summary>
    public string Text() => Below(4) == 0 ? Number().ToString(CultureInfo.InvariantCulture) : Of(Texts);

    private static readonly string[] Texts =
    [
        "", " ", "0", "-0", "1e999", "-1e999", "NaN", "Infinity", "∞", "null", "true", "[]", "{}", "[null]", "{\"a\":1}", "[1,2",
            "9223372036854775808", "0x10", "1_000", "1.5", "1,5",
        "١", "é", "\0", "\uFEFF", "a\nb", "'", "\"", "../../x", "/", new string('9', 400), new string('a', 5000),
    ];

    /// <summary>SplitMix64's finaliser.</summary>
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
