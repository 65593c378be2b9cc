namespace RhoLoss.Datasets;

/// <summary>
/// Finds the files of the examples of a data set by their ids. Training set and holdout share one space of ids; the test set has its own.
/// </summary>
/// <param name="OfTraining">Place of an example of training set or holdout.</param>
/// <param name="OfTest">Place of an example of the test set.</param>
public sealed record ExamplePlaces(Func<long, ExamplePlace> OfTraining, Func<long, ExamplePlace> OfTest)
{
    /// <summary>Places in a file of records of one size, such as images one behind the other.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">Bytes before the first record.</param>
    /// <param name="bytes">Bytes of a record.</param>
    internal static Func<long, ExamplePlace> InRecords(string path, long header, long bytes) =>
        position => new ExamplePlace(path) { Position = position, Offset = header + position * bytes };

    /// <summary>The first <paramref name="count"/> ids are in one file, those from there on in another, from its beginning.</summary>
    internal static Func<long, ExamplePlace> OneAfterTheOther(
        Func<long, ExamplePlace> first, long count, Func<long, ExamplePlace> second) =>
        id => id < count ? first(id) : second(id - count);
}
