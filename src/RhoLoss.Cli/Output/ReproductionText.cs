using RhoLoss.Experiments.Paper;
using RhoLoss.Experiments.Reports;

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
            ComparisonTable.Write(output, table);
        }
        output.WriteLine();
        IEnumerable<(string PaperSet, string Set)> substitutes =
            reproduction.Parts.Where(part => part.Substitute).Select(part => (part.PaperSet, part.Set)).Distinct();
        foreach ((string paperSet, string set) in substitutes) { output.WriteLine($"{set} stands in for {paperSet}."); }
        foreach (NotRunPart part in reproduction.NotRun) { output.WriteLine($"not run: {part.Title}. {part.Reason}"); }
        foreach (string note in reproduction.Notes) { output.WriteLine(note); }
        if (reproduction.Claims.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Claims of the paper, judged by the rules that the page names:");
            foreach (IGrouping<string, ClaimFinding> claim in reproduction.Claims.GroupBy(claim => claim.Statement, StringComparer.Ordinal))
            {
                output.WriteLine($"  {claim.Key}");
                foreach (ClaimFinding found in claim) { output.WriteLine($"    {found.Verdict,-14}  {found.Part}; {found.Evidence}"); }
            }
        }
        output.WriteLine();
        output.WriteLine(
            $"written to {folder}: {ReproductionPage.FileName}, {Reproduction.FileName}, "
            + $"{string.Join(", ", reproduction.Pictures)}, one folder a part");
    }
}
