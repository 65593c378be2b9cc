using System.Globalization;
using System.Text;
using RhoLoss.Experiments.Reports;

namespace RhoLoss.Experiments.Paper;

/// <summary>
/// The page of an experiment, in Markdown, written from its result alone, so that a collection of results can
/// be put together into one page at any time.
/// </summary>
public static class ReproductionPage
{
    /// <summary>Name of the page beside the result.</summary>
    public const string FileName = "page.md";

    /// <summary>Name of the page that has all experiments of a folder.</summary>
    public const string CollectionName = "paper.md";

    /// <summary>Its first line.</summary>
    internal const string Heading = "# The paper's tables and figures, measured here";

    /// <summary>
    /// The page of one experiment. Its sections are always the same: what was run, numbers, beside
    /// the paper, whether the claims hold, notes.
    /// </summary>
    /// <param name="reproduction">The result.</param>
    /// <param name="folder">Path from the page to the folder of the result, with a slash at its end; empty for the same folder.</param>
    /// <param name="level">Level of the title; sections are one below.</param>
    public static string ToMarkdown(Reproduction reproduction, string folder = "", int level = 1)
    {
        ArgumentNullException.ThrowIfNull(reproduction);
        var page = new StringBuilder();
        string section = new('#', level + 1);
        page.Append(CultureInfo.InvariantCulture, $"{new string('#', level)} {reproduction.Title}\n\n{reproduction.Question}\n\n");
        page.Append(CultureInfo.InvariantCulture, $"{section} What was run\n\n");
        AppendRun(page, reproduction);
        page.Append(CultureInfo.InvariantCulture, $"\n{section} Numbers\n\n");
        foreach (string picture in reproduction.Pictures)
        {
            page.Append(CultureInfo.InvariantCulture, $"![{reproduction.Title}]({folder}{picture})\n\n");
        }
        foreach (ReportTable table in reproduction.Tables)
        {
            page.Append(CultureInfo.InvariantCulture, $"{table.Title}:\n\n");
            AppendTable(page, table.Rows);
            page.Append('\n');
        }
        if (reproduction.Paper.Count > 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"{section} Beside the paper\n\n");
            AppendTable(
                page,
                [
                    ["what", "paper", "here", "source"],
                    .. reproduction.Paper.Select(
                        value => (IReadOnlyList<string>)[value.What, value.Paper, value.Here ?? "not measured", value.Source])
                ]);
            page.Append('\n');
        }
        page.Append(
            CultureInfo.InvariantCulture,
            $"{section} Does the paper's claim hold\n\n"
            + $"Decided from the numbers by the rule in each row. "
            + $"{Verdicts.DoesNotHold}: at least one seed says the contrary; "
            + $"{Verdicts.CannotBeTold}: no seed says the contrary, but one has no answer or there is one seed only.\n\n");
        AppendTable(page, [["claim", "data", "verdict", "numbers", "rule"],
            .. reproduction.Claims.Select(c => (IReadOnlyList<string>)[c.Statement, c.Part, $"**{c.Verdict}**", c.Evidence, c.Rule])]);
        page.Append(CultureInfo.InvariantCulture, $"\n{section} Notes\n\n");
        foreach (string note in reproduction.Notes) { page.Append(CultureInfo.InvariantCulture, $"- {VisibleText.Of(note)}\n"); }
        return page.ToString();
    }

    /// <summary>Puts the experiments of a folder together into one page.</summary>
    /// <param name="root">A folder with one folder an experiment.</param>
    /// <exception cref="InvalidInputException">A result cannot be read.</exception>
    public static string Collect(string root)
    {
        var page = new StringBuilder(
            $"{Heading}\n\n"
            + "Each section was written by `rho reproduce`; the verdicts are computed from the numbers by the rule beside them.\n");
        foreach (string id in PaperExperiments.All.Select(experiment => experiment.Id))
        {
            string result = Path.Combine(root, id, Reproduction.FileName);
            if (File.Exists(result))
            {
                page.Append(CultureInfo.InvariantCulture, $"\n{ToMarkdown(Reproduction.Load(result), $"{id}/", level: 2)}");
            }
        }
        return page.ToString();
    }

    private static void AppendRun(StringBuilder page, Reproduction reproduction)
    {
        string overrides = reproduction.Overrides.Count == 0 ? ""
            : $", with {string.Join(", ", reproduction.Overrides.Select(o => $"`{o}`"))}";
        AppendTable(
            page,
            [
                ["command", $"`rho reproduce {reproduction.Id} --scale {reproduction.Scale}`{overrides}"],
                [
                    "scale",
                    reproduction.Scale == "quick"
                        ? "quick: small networks and short runs on data that are there, to show the effect and its direction"
                        : "paper: the paper's settings"
                ],
                [
                    "machine",
                    FormattableString.Invariant($"{reproduction.Machine.Processor}, ")
                    + FormattableString.Invariant($"{Counted.Of(reproduction.Machine.Cores, "core")}, ")
                    + FormattableString.Invariant($"{Counted.Of(reproduction.Machine.Threads, "thread")}, ")
                    + FormattableString.Invariant($"{reproduction.Machine.Device}")
                ],
                ["tool", reproduction.Tool]
            ]);
        page.Append('\n');
        AppendTable(
            page,
            [
                ["data", "set", "recipe", "target network", "irreducible losses", "seeds", "length", "trained on"],
                .. reproduction.Parts.Select(RowOf)
            ]);
        foreach (NotRunPart part in reproduction.NotRun)
        {
            page.Append(CultureInfo.InvariantCulture, $"\nNot run: {part.Title}. {VisibleText.Of(part.Reason)}\n");
        }
    }

    private static IReadOnlyList<string> RowOf(PartReport part)
    {
        string accuracy = part.IrreducibleLossAccuracy is null ? "" : $", {Spread.Percent([part.IrreducibleLossAccuracy])} % right on D";
        return
        [
            part.Title,
            part.Substitute ? $"{part.Set}, **stands in for {part.PaperSet}**" : part.Set,
            $"`{part.Recipe}`",
            part.Model,
            part.IrreducibleLossModel is null ? Spread.None : part.IrreducibleLossModel + accuracy,
            string.Join(", ", part.Seeds),
            part.Length,
            part.Trained
        ];
    }

    private static void AppendTable(StringBuilder page, IReadOnlyList<IReadOnlyList<string>> rows) =>
        page.Append(new ReportTable("", rows).ToMarkdown());
}
