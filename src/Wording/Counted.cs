using System.Globalization;

namespace RhoLoss;

/// <summary>Numbers and the words that agree with them: 1 image is, 2 images are. Compiled into each assembly that has sentences.</summary>
internal static class Counted
{
    /// <summary>The number and its noun: <c>1 class</c>, <c>3 classes</c>.</summary>
    /// <param name="count">The number.</param>
    /// <param name="one">The noun for one.</param>
    /// <param name="many">The noun for any other number; null for <paramref name="one"/> with an s.</param>
    public static string Of(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {Word(count, one, many)}");

    /// <summary>The word alone, a noun or a verb: <c>is</c> for 1, <c>are</c> for any other number.</summary>
    /// <param name="count">The number.</param>
    /// <param name="one">The word for one.</param>
    /// <param name="many">The word for any other number; null for <paramref name="one"/> with an s.</param>
    public static string Word(long count, string one, string? many = null) => count == 1 ? one : many ?? one + "s";
}
