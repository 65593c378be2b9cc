using RhoLoss.Experiments.Paper;

namespace RhoLoss.Cli.Output;

/// <summary>The result of an experiment of the paper in a terminal.</summary>
internal static class ReproductionText
{
    public static void Write(TextWriter output, Reproduction reproduction, string folder)
    {
        output.WriteLine();
        output.WriteLine(reproduction.Title);
        foreach (ReportTable table in reproduction.Tables)
        {
            output.WriteLine();
            output.WriteLine($"{table.Title}:");
            ComparisonTable.WriteColumns(output, table.Rows);
        }
        output.WriteLine();
        foreach (PartReport part in reproduction.Parts.Where(part => part.Substitute)) { output.WriteLine($"{part.Title}: {part.Set} stands in for {part.PaperSet}."); }
        foreach (NotRunPart part in reproduction.NotRun) { output.WriteLine($"not run: {part.Title}. {part.Reason}"); }
        foreach (string note in reproduction.Notes) { output.WriteLine(note); }
        if (reproduction.Claims.Count > 0)
        {
            output.WriteLine();
            ComparisonTable.WriteColumns(output, [["claim of the paper", "data", "verdict", "numbers"],
                .. reproduction.Claims.Select(claim => (IReadOnlyList<string>)[claim.Statement, claim.Part, claim.Verdict, claim.Evidence])]);
        }
        output.WriteLine();
        output.WriteLine($"written to {folder}: {ReproductionPage.FileName}, {Reproduction.FileName}, {string.Join(", ", reproduction.Pictures)}, one folder a part");
    }
}
