using System.Globalization;

namespace RhoLoss.Datasets;

/// <summary>Where one example is in the files that it was read from.</summary>
/// <param name="File">The file; "built-in NAME" for one that is a part of the library.</param>
public sealed record ExamplePlace(string File)
{
    /// <summary>Line on which it begins, counted from 1; null where the file has no lines.</summary>
    public int? Line { get; init; }

    /// <summary>Its position among the examples of the file, from 0; null where the file is one example, or the line says it.</summary>
    public long? Position { get; init; }

    /// <summary>Bytes of the file, unpacked, before its input (of a record: before the record); null where that is not known.</summary>
    public long? Offset { get; init; }

    /// <summary>In words: <c>reviews.csv, line 12</c>.</summary>
    public override string ToString() =>
        File + Named("line", Line) + Named("example", Position) + Named("byte", Offset);

    private static string Named(string what, long? number) =>
        number is { } value ? string.Create(CultureInfo.InvariantCulture, $", {what} {value}") : "";
}
