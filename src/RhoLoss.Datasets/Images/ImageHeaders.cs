using System.Collections.Concurrent;

namespace RhoLoss.Datasets.Images;

/// <summary>
/// Looks at the start and for the end of image files that are decoded late. A run reads its test images first when an irreducible-loss
/// model and an epoch of the target are trained; what cannot be an image should be named before that. It is enough to find files that
/// are missing, empty, cut short, too large or of another kind.
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
        string[] named = [.. bad.OrderBy(b => b.Position).Take(Named).Select(b => b.Problem)];
        throw new InvalidInputException(
            $"{bad.Count} of {Counted.Of(part.Files.Count, $"{part.Name} image")} cannot be read. {string.Join(" ", named)} "
            + $"{(bad.Count > Named ? "… " : "")}{ImageVerification.SkipAdvice}");
    }

    private static string? ProblemOf(string path)
    {
        try
        {
            ImageOpening.Open(path).Dispose();
            return null;
        }
        catch (Exception e) when (e is InvalidInputException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
