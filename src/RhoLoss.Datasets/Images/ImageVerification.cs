using System.Collections.Concurrent;

namespace RhoLoss.Datasets.Images;

/// <summary>Decodes every image of a list once, in parallel, to find those that cannot be read.</summary>
internal static class ImageVerification
{
    /// <summary>Most bad images that a message names.</summary>
    public const int Named = 20;

    /// <summary>What else helps where images that cannot be read are not left out yet.</summary>
    public const string SkipAdvice = "data.skip-bad = true, or --skip-bad of a command, leaves out what cannot be read.";

    /// <summary>Positions in the list of the images that cannot be read, ascending, each with the error that names it.</summary>
    public static IReadOnlyList<(int Position, string Problem)> Bad(IReadOnlyList<ImageFile> files, int size, int threads)
    {
        var bad = new ConcurrentBag<(int Position, string Problem)>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        Parallel.For(0, files.Count, options, () => new byte[3 * size * size], (i, _, buffer) =>
        {
            try
            {
                ImageDecoder.Decode(files[i].Path, size, buffer);
            }
            catch (Exception e) when (e is InvalidInputException or IOException or UnauthorizedAccessException)
            {
                bad.Add((i, e.Message));
            }
            return buffer;
        }, _ => { });
        return [.. bad.OrderBy(b => b.Position)];
    }
}
