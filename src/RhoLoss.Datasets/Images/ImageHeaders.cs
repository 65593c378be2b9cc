using System.Collections.Concurrent;
using SkiaSharp;

namespace RhoLoss.Datasets.Images;

/// <summary>
/// Looks at the start of image files that are decoded late. A run reads its test images first when an irreducible-loss model and an
/// epoch of the target are trained; what cannot be an image should be named before that. A header is enough to find files that are
/// missing, empty or of another kind.
/// </summary>
internal static class ImageHeaders
{
    private const int Named = 3;

    /// <summary>Opens every file of a part.</summary>
    /// <exception cref="InvalidInputException">Some are not there or not images; the message counts them and names the first.</exception>
    public static void Require(ImagePart part, int threads)
    {
        var bad = new ConcurrentBag<(int Position, string Problem)>();
        Parallel.For(0, part.Files.Count, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
        {
            if (ProblemOf(part.Files[i].Path) is { } problem) { bad.Add((i, problem)); }
        });
        if (bad.IsEmpty) { return; }
        string named = string.Join(", ", bad.OrderBy(b => b.Position).Take(Named).Select(b => b.Problem));
        throw new InvalidInputException(
            $"{bad.Count} of {Counted.Of(part.Files.Count, $"{part.Name} image")} cannot be read: "
            + $"{named}{(bad.Count > Named ? ", …" : "")}. "
            + "Replace or remove what is no JPEG or PNG image, or leave out what cannot be read with data.skip-bad = true.");
    }

    private static string? ProblemOf(string path)
    {
        if (!File.Exists(path)) { return $"{path} (no such file)"; }
        try
        {
            using SKCodec? codec = SKCodec.Create(path, out SKCodecResult opened);
            return codec is null ? $"{path} ({opened})" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} ({e.Message.TrimEnd('.')})";
        }
    }
}
