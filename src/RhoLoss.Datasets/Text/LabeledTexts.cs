namespace RhoLoss.Datasets.Text;

/// <summary>Texts with their classes, in file order: position i is example id i.</summary>
/// <param name="Texts">As the file has them.</param>
/// <param name="Labels">Class of each, 0..C-1.</param>
internal sealed record LabeledTexts(IReadOnlyList<string> Texts, IReadOnlyList<long> Labels)
{
    /// <summary>These and then those.</summary>
    public LabeledTexts And(LabeledTexts other) => new([.. Texts, .. other.Texts], [.. Labels, .. other.Labels]);
}
