using System.Security.Cryptography;
using RhoLoss.Datasets.Splits;

namespace RhoLoss.Datasets.Images;

/// <summary>Image files of equal bytes that are in two parts of a set, or in two classes: copies, and hard links.</summary>
internal static class RepeatedImages
{
    /// <summary>The first eight bytes of the SHA-256 of a file's bytes.</summary>
    public static long HashOf(string path)
    {
        using FileStream content = File.OpenRead(path);
        return BitConverter.ToInt64(SHA256.HashData(content));
    }

    /// <summary>What the user should know about them.</summary>
    /// <param name="parts">A set of the user's own.</param>
    /// <param name="hash">Hash of the file at a position of a part.</param>
    public static IEnumerable<string> Notices(ImageParts parts, Func<ImagePart, int, long> hash)
    {
        string directory = parts.Own!;
        return RepeatedContent.Notices(directory, "image", parts.ClassNames,
            Part(parts.Training), parts.Holdout is { } holdout ? Part(holdout) : null, Part(parts.Test));

        ContentPart<long> Part(ImagePart part)
        {
            long[] hashes = new long[part.Files.Count];
            Parallel.For(0, hashes.Length, i => hashes[i] = hash(part, i));
            return new ContentPart<long>(part.Name, hashes, [.. part.Files.Select(file => file.Label)],
                i => Path.GetRelativePath(directory, part.Files[i].Path));
        }
    }
}
