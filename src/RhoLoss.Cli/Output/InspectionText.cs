using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Workflows;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>What an inspection found, as tables and a sentence for each finding.</summary>
internal static class InspectionText
{
    private const int MostClasses = 20, HeaderLines = 2;

    /// <summary>Writes the first of each kind, and how many there are.</summary>
    public static void Write(TextWriter output, InspectionReport report, int top)
    {
        InspectionCounts counts = report.Counts;
        output.WriteLine($"{report.Dataset}: {report.Source}");
        output.WriteLine(
            Invariant($"{Counted.Of(counts.Training, "training label")} judged by models that have not seen them ({report.Model}): ")
            + Invariant($"{counts.WrongLabels} {Counted.Word(counts.WrongLabels, "is", "are")} likely wrong; ")
            + Invariant($"confident learning estimates {counts.EstimatedWrongLabels:0} wrong ones."));
        if (counts.Copies > 0)
        {
            output.WriteLine(
                $"{Counted.Of(counts.Copies, "training example")} {Counted.Word(counts.Copies, "is a known copy", "are known copies")}: "
                + "none is told as a duplicate, and of those that data.duplicate made no label is listed.");
        }
        Write(output, "likely wrong labels, the surest first", report.WrongLabels, top,
            ["id", "label", "suggested", "score", "where"],
            e => [Invariant($"{e.Id}"), e.Label, e.Suggested!, Invariant($"{e.Score:0.000}"), e.Where]);
        Write(output, "duplicates, each with the first example that it is equal to", report.Duplicates, top,
            ["id", "part", "label", "of", "its part", "its label", "where"],
            e => [Invariant($"{e.Id}"), e.Part, e.Label, Invariant($"{e.Of!.Id}"), e.Of.Part, e.Of.Label, e.Where]);
        output.WriteLine();
        WriteClasses(output, report.Classes);
        output.WriteLine();
        if (report.Known is { } known)
        {
            output.WriteLine(known.WrongLabels == 0 ? "The noise of this recipe changed no label."
                : $"The noise of this recipe changed {Counted.Of(known.WrongLabels, "label")}: "
                    + Invariant($"average precision {known.AveragePrecision:0.000}, ")
                    + Invariant($"of confident learning by the same models {known.ConfidentLearning:0.000} (by self-confidence) and ")
                    + Invariant($"{known.ConfidentLearningByMargin:0.000} (by margin). ")
                    + Invariant($"Of the {counts.WrongLabels} that are likely wrong {known.Found} are among them."));
        }
        output.WriteLine(Invariant($"training {report.Seconds.Training:0.0} s, everything else {report.Seconds.Other:0.0} s"));
        foreach (string path in report.Written.Where(path => !path.EndsWith(".png", StringComparison.Ordinal)))
        {
            output.WriteLine($"written to {path}");
        }
        int pictures = report.Written.Count(path => path.EndsWith(".png", StringComparison.Ordinal));
        if (pictures > 0) { output.WriteLine($"and {Counted.Of(pictures, "picture")} beside it"); }
    }

    /// <summary>All classes, or where they are many those with the most labels that are likely wrong.</summary>
    private static void WriteClasses(TextWriter output, IReadOnlyList<InspectedClass> classes)
    {
        InspectedClass[] shown = classes.Count <= MostClasses ? [.. classes]
            : [.. classes.OrderByDescending(c => c.WrongLabels).Take(MostClasses)];
        if (shown.Length < classes.Count)
        {
            output.WriteLine(Invariant($"the {shown.Length} of {classes.Count} labels that are likely wrong the most often:"));
        }
        ComparisonTable.Write(output, new ReportTable("labels",
        [
            ["label", "examples", "likely wrong", "estimated"],
            .. shown.Select(c => (string[])
                [c.Name, Invariant($"{c.Count}"), Invariant($"{c.WrongLabels}"), Invariant($"{c.EstimatedWrongLabels:0}")]),
        ]));
    }

    private static void Write(
        TextWriter output, string title, IReadOnlyList<InspectedExample> examples, int top, string[] header,
        Func<InspectedExample, string[]> row)
    {
        if (examples.Count == 0 || top == 0) { return; }
        output.WriteLine();
        string shown = examples.Count > top ? Invariant($"{top} of {examples.Count}; --top shows more") : Invariant($"{examples.Count}");
        output.WriteLine($"{title} ({shown}):");
        string[] lines = [.. new ReportTable(title, [header, .. examples.Take(top).Select(row)]).ToLines()];
        foreach (string line in lines[..HeaderLines]) { output.WriteLine(line); }
        foreach ((string line, InspectedExample example) in lines[HeaderLines..].Zip(examples))
        {
            output.WriteLine(line);
            if (example.Text is { } text) { output.WriteLine($"    {ExampleTable.Shown(text)}"); }
        }
    }
}
