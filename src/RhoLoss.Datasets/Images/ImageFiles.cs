using RhoLoss.Data;

namespace RhoLoss.Datasets.Images;

/// <summary>One labelled image file.</summary>
internal sealed record ImageFile(string Path, long Label);

/// <summary>Image files as the inputs of a data set: uint8, [3, size, size]; row i is file i.</summary>
/// <param name="files">The files.</param>
/// <param name="size">Side of the square that they are read at.</param>
/// <param name="verified">Whether those that cannot be read were left out before.</param>
internal sealed class ImageFiles(IReadOnlyList<ImageFile> files, int size, bool verified) : IInputDecoder
{
    /// <summary>Content hashes that were computed, 0 for others: each file is read for it once.</summary>
    private readonly long[] _hashes = new long[files.Count];

    public IReadOnlyList<long> Shape { get; } = [3, size, size];

    public string Preprocessing => "shorter side resized, centre cropped, on white";

    public void Decode(long row, Span<byte> destination)
    {
        try
        {
            ImageDecoder.Decode(files[(int)row].Path, size, destination);
        }
        catch (InvalidInputException e)
        {
            throw WithAdvice(e);
        }
    }

    public long ContentHash(long row)
    {
        if (Volatile.Read(ref _hashes[row]) is var known and not 0) { return known; }
        string path = files[(int)row].Path;
        try
        {
            ImageOpening.RequireFile(path);
        }
        catch (InvalidInputException e)
        {
            throw WithAdvice(e);
        }
        long hash = RepeatedImages.HashOf(path);
        Volatile.Write(ref _hashes[row], hash);
        return hash;
    }

    public string NameOf(long row) => files[(int)row].Path;

    private InvalidInputException WithAdvice(InvalidInputException e) => new(verified
        ? $"{e.Message} It could be read when the data set was loaded, so it has changed since."
        : $"{e.Message} {ImageVerification.SkipAdvice}", e);
}
