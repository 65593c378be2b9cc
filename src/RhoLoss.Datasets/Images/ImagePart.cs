namespace RhoLoss.Datasets.Images;

/// <summary>The images of one part of a set, each with its stable id.</summary>
internal sealed record ImagePart(string Name, IReadOnlyList<ImageFile> Files, IReadOnlyList<long> Ids)
{
    /// <summary>Files whose ids count on from <paramref name="first"/>.</summary>
    public static ImagePart From(string name, IReadOnlyList<ImageFile> files, long first) =>
        new(name, files, [.. Enumerable.Range(0, files.Count).Select(i => first + i)]);

    public ImagePart At(IReadOnlyList<int> positions) =>
        new(Name, [.. positions.Select(p => Files[p])], [.. positions.Select(p => Ids[p])]);
}
