namespace RhoLoss.Datasets.Text;

/// <summary>Texts with their classes, in file order: position i is example id i.</summary>
/// <param name="Texts">As the file has them.</param>
/// <param name="Labels">Class of each, 0..C-1.</param>
/// <param name="PlaceOf">Where each is, by position.</param>
internal sealed record LabeledTexts(IReadOnlyList<string> Texts, IReadOnlyList<long> Labels, Func<long, ExamplePlace> PlaceOf)
{
    /// <summary>These and then those.</summary>
    public LabeledTexts And(LabeledTexts other) => new([.. Texts, .. other.Texts], [.. Labels, .. other.Labels],
        ExamplePlaces.OneAfterTheOther(PlaceOf, Texts.Count, other.PlaceOf));

    /// <summary>Places on these lines of a file.</summary>
    public static Func<long, ExamplePlace> OnLines(string path, int[] lines) =>
        position => new ExamplePlace(path) { Line = lines[position] };
}
