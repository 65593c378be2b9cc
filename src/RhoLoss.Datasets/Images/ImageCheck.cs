using System.Globalization;

namespace RhoLoss.Datasets.Images;

/// <summary>
/// What <c>rho data check</c> does for image files: lists them, decodes every one in parallel, and names those that it cannot read.
/// </summary>
internal static class ImageCheck
{
    /// <param name="description">Of the set.</param>
    /// <param name="parts">Its files as they were listed.</param>
    /// <param name="skipBad">Whether files that cannot be read are left out, as a run with data.skip-bad does, and no problem.</param>
    public static DatasetCheck Of(DatasetDescription description, ImageParts parts, bool skipBad)
    {
        var unreadable = new List<string>();
        var problems = new List<string>();
        int named = 0, bad = 0;
        ImageParts readable = parts with
        {
            Training = Readable(parts.Training),
            Holdout = parts.Holdout is { } holdout ? Readable(holdout) : null,
            Test = Readable(parts.Test)
        };
        ImageParts kept = skipBad ? readable : parts;
        if (!skipBad) { (problems, unreadable) = (unreadable, []); }
        if (skipBad) { problems.AddRange(kept.All.Select(kept.ClassesWithout).OfType<string>()); }
        bool refused = problems.Count > 0;
        int unnamed = skipBad ? 0 : bad - problems.Count;
        Compare(
            problems, "training examples", description.TrainingExamples,
            parts.Training.Files.Count + (parts.Holdout?.Files.Count ?? 0));
        Compare(problems, "test examples", description.TestExamples, parts.Test.Files.Count);
        return new DatasetCheck(
            description.Name,
            $"{parts.Source}; {parts.ClassNames.Count} classes: "
            + $"{string.Join(", ", parts.ClassNames.Take(20))}{(parts.ClassNames.Count > 20 ? ", …" : "")}",
            CountByClass(kept, kept.Training), CountByClass(kept, kept.Holdout), CountByClass(kept, kept.Test), [], problems)
        {
            Notices =
            [
                .. parts.Notices,
                .. parts.Own is null ? [] : RepeatedImages.Notices(readable, (part, i) => RepeatedImages.HashOf(part.Files[i].Path)),
            ],
            LeftOut = [.. parts.LeftOut, .. unreadable],
            Refused = refused,
            ProblemCount = problems.Count + unnamed,
        };

        ImagePart Readable(ImagePart part)
        {
            IReadOnlyList<(int Position, string Problem)> found =
                ImageVerification.Bad(part.Files, parts.Size, Environment.ProcessorCount);
            if (found.Count == 0) { return part; }
            bad += found.Count;
            string all = Counted.Of(part.Files.Count, $"{part.Name} image");
            string advice = skipBad ? "" : $"; {ImageVerification.SkipAdvice.TrimEnd('.')}";
            unreadable.Add(string.Create(CultureInfo.InvariantCulture, $"{found.Count} of {all} cannot be read{advice}"));
            string[] first = [.. found.Take(ImageVerification.Named - named).Select(b => b.Problem)];
            named += first.Length;
            unreadable.AddRange(first);
            var positions = found.Select(b => b.Position).ToHashSet();
            return part.At([.. Enumerable.Range(0, part.Files.Count).Where(i => !positions.Contains(i))]);
        }
    }

    private static long[] CountByClass(ImageParts parts, ImagePart? part)
    {
        var counts = new long[parts.ClassNames.Count];
        foreach (ImageFile file in part?.Files ?? []) { counts[file.Label]++; }
        return counts;
    }

    /// <summary>A folder of the user's own (0 expected) may have any number.</summary>
    private static void Compare(List<string> problems, string what, int expected, int actual)
    {
        if (expected > 0 && expected != actual)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{actual:N0} {what}, but the official set has {expected:N0}"));
        }
    }
}
