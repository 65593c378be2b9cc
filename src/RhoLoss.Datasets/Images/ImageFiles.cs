using System.Security.Cryptography;
using RhoLoss.Data;

namespace RhoLoss.Datasets.Images;

/// <summary>One labelled image file.</summary>
internal sealed record ImageFile(string Path, long Label);

/// <summary>Image files as the inputs of a data set: uint8, [3, size, size]; row i is file i.</summary>
internal sealed class ImageFiles(IReadOnlyList<ImageFile> files, int size) : IInputDecoder
{
    public IReadOnlyList<long> Shape { get; } = [3, size, size];

    public string Preprocessing => "shorter side resized, centre cropped, on white";

    public void Decode(long row, Span<byte> destination) => ImageDecoder.Decode(files[(int)row].Path, size, destination);

    public long ContentHash(long row)
    {
        string path = files[(int)row].Path;
        ImageDecoder.RequireThere(path);
        using FileStream content = File.OpenRead(path);
        return BitConverter.ToInt64(SHA256.HashData(content));
    }

    public string NameOf(long row) => files[(int)row].Path;
}
