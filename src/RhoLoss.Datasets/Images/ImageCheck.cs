using System.Globalization;

namespace RhoLoss.Datasets.Images;

/// <summary>What <c>rho data check</c> does for image files: lists them, decodes every one in parallel, and names those that it cannot read.</summary>
internal static class ImageCheck
{
    public static DatasetCheck Of(DatasetDescription description, Func<string, DatasetOptions, ImageParts> read, string directory)
    {
        ImageParts parts = read(directory, new DatasetOptions(directory));
        var problems = new List<string>();
        int named = 0;
        foreach (ImagePart part in parts.All)
        {
            IReadOnlyList<(int Position, string Problem)> bad = ImageVerification.Bad(part.Files, parts.Size, Environment.ProcessorCount);
            if (bad.Count == 0) { continue; }
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{bad.Count} of {part.Files.Count} {part.Name} images cannot be read"));
            string[] first = [.. bad.Take(ImageVerification.Named - named).Select(b => b.Problem)];
            named += first.Length;
            problems.AddRange(first);
        }
        Compare(problems, "training examples", description.TrainingExamples, parts.Training.Files.Count + (parts.Holdout?.Files.Count ?? 0));
        Compare(problems, "test examples", description.TestExamples, parts.Test.Files.Count);
        return new DatasetCheck(description.Name, $"{parts.Source}; {parts.ClassNames.Count} classes: {string.Join(", ", parts.ClassNames.Take(20))}{(parts.ClassNames.Count > 20 ? ", …" : "")}",
            CountByClass(parts, parts.Training), CountByClass(parts, parts.Holdout), CountByClass(parts, parts.Test), [], problems);
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
        if (expected > 0 && expected != actual) { problems.Add(string.Create(CultureInfo.InvariantCulture, $"{actual:N0} {what}, but the official set has {expected:N0}")); }
    }
}
