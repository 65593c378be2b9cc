using RhoLoss.Experiments.Recipes;
using RhoLoss.Logging;

namespace RhoLoss.Experiments.Paper;

/// <summary>
/// A table or figure of the paper as something to run. What kind of measurement it is, a comparison of arms on several recipes for example,
/// is the business of the class that derives from it; all kinds answer with a <see cref="Reproduction"/>.
/// </summary>
/// <param name="id">Name on the command line: <c>table2</c>, <c>fig7</c>.</param>
/// <param name="title">The paper's name for it and its subject.</param>
/// <param name="question">What it answers, in one line.</param>
public abstract class PaperExperiment(string id, string title, string question)
{
    /// <summary>Name on the command line.</summary>
    public string Id { get; } = id;

    /// <summary>The paper's name for it and its subject.</summary>
    public string Title { get; } = title;

    /// <summary>What it answers, in one line.</summary>
    public string Question { get; } = question;

    /// <summary>Every recipe that it could run at a scale, on any of its data.</summary>
    /// <exception cref="InvalidInputException">A recipe breaks a rule.</exception>
    public abstract IReadOnlyList<ResolvedRecipe> Recipes(PaperScale scale);

    /// <summary>Checks recipes, data and folders, and prepares what is left to do.</summary>
    /// <exception cref="InvalidInputException">
    /// A setting breaks a rule, no data are here, or the folder holds something else; nothing was written.
    /// </exception>
    public abstract PreparedExperiment Prepare(ReproductionStart start);
}

/// <summary>An experiment that is ready to start or to continue.</summary>
/// <param name="Arms">Target runs of what is not complete yet.</param>
/// <param name="Run">Runs what is left, tells of progress, and answers with the result.</param>
public sealed record PreparedExperiment(long Arms, Func<Action<RunEvent>, CancellationToken, Reproduction> Run);

/// <summary>How a reproduction is started; the same start again continues it.</summary>
/// <param name="Scale">How large.</param>
/// <param name="Folder">Where everything is written, one folder a part.</param>
/// <param name="DataFolder">Folder with one folder a data set, named as the set; null for the usual places alone.</param>
/// <param name="Overrides">Settings of the command line, applied to every recipe.</param>
/// <param name="CommandLine">For <c>environment.json</c>.</param>
public sealed record ReproductionStart(
    PaperScale Scale, string Folder, string? DataFolder, IReadOnlyList<string> Overrides, string CommandLine);
