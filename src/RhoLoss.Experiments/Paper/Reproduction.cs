using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Paper;

/// <summary>
/// The result of an experiment of the paper: <c>reproduction.json</c>, from which its page is written.
/// Accuracies and shares are between 0 and 1.
/// </summary>
/// <param name="Id">The experiment.</param>
/// <param name="Title">The paper's name for it and its subject.</param>
/// <param name="Question">What it answers.</param>
/// <param name="Scale"><c>quick</c> or <c>paper</c>.</param>
/// <param name="Parts">What was run.</param>
/// <param name="NotRun">What was not, each with the reason.</param>
/// <param name="Tables">Our numbers.</param>
/// <param name="Paper">The paper's numbers, with ours beside them where both measure the same.</param>
/// <param name="Claims">Whether what the paper says holds here, by an explicit rule.</param>
/// <param name="Notes">What a reader of the tables has to know.</param>
/// <param name="Pictures">File names beside this one.</param>
/// <param name="Overrides">Settings of the command line that changed the experiment; empty for the experiment as declared.</param>
/// <param name="Machine">What it ran on.</param>
/// <param name="Tool">Version of this tool.</param>
public sealed record Reproduction(
    string Id, string Title, string Question, string Scale,
    IReadOnlyList<PartReport> Parts, IReadOnlyList<NotRunPart> NotRun,
    IReadOnlyList<ReportTable> Tables, IReadOnlyList<PaperComparison> Paper, IReadOnlyList<ClaimFinding> Claims,
    IReadOnlyList<string> Notes, IReadOnlyList<string> Pictures, IReadOnlyList<string> Overrides,
    MachineSummary Machine, string Tool)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "reproduction.json";

    /// <summary>The result as indented JSON.</summary>
    public string ToJson() => RunJson.Write(this);

    /// <summary>Writes the result.</summary>
    /// <exception cref="InvalidInputException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteAllText(path, ToJson() + "\n");

    /// <summary>Reads a result.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read or is not such a result.</exception>
    public static Reproduction Load(string path) => RunJson.Read<Reproduction>(path);
}

/// <summary>A part of an experiment as it was run.</summary>
/// <param name="Name">Name of its folder.</param>
/// <param name="Title">Its row in tables.</param>
/// <param name="PaperSet">The set that the paper used.</param>
/// <param name="Set">The set that it ran on.</param>
/// <param name="Substitute">True when that is another one.</param>
/// <param name="Recipe">The recipe it starts from; the folder's <c>config.toml</c> has every key.</param>
/// <param name="Model">Target network.</param>
/// <param name="IrreducibleLossModel">Network of the irreducible losses; null when no method needed one.</param>
/// <param name="IrreducibleLossAccuracy">Its accuracy on the training labels.</param>
/// <param name="Seeds">Seeds of every arm.</param>
/// <param name="Length">Length of an arm in words: "20 epochs".</param>
/// <param name="Trained">What an epoch trains on in words: "32 of 320 candidates a step, 1,000 points an epoch".</param>
/// <param name="Unit"><c>epochs</c> or <c>steps</c>: what is counted to a target.</param>
/// <param name="Arms">Our numbers, one entry a method.</param>
public sealed record PartReport(
    string Name, string Title, string PaperSet, string Set, bool Substitute, string Recipe,
    string Model, string? IrreducibleLossModel, double? IrreducibleLossAccuracy,
    IReadOnlyList<long> Seeds, string Length, string Trained, string Unit, IReadOnlyList<MethodReport> Arms);

/// <summary>What one method of a part measured; every list has one entry a seed, in the order of the part's seeds.</summary>
/// <param name="Method">The arm.</param>
/// <param name="Final">Test accuracy at the end.</param>
/// <param name="ToTarget">For each target: the accuracy to reach and what it took; null where it was not reached.</param>
/// <param name="Corrupted">Share of selected points with a corrupted label; null where not known.</param>
/// <param name="LowRelevance">Share of selected points of low-relevance classes.</param>
/// <param name="AlreadyCorrect">
/// Share of selected points already classified correctly, over epochs in which test accuracy is below the weakest
/// method's final accuracy (paper, Section 4.3).
/// </param>
public sealed record MethodReport(
    string Method, IReadOnlyList<double> Final, IReadOnlyList<TargetReport> ToTarget,
    IReadOnlyList<double?> Corrupted, IReadOnlyList<double?> LowRelevance, IReadOnlyList<double?> AlreadyCorrect);

/// <summary>An accuracy to reach, of each seed, and the epochs or steps it took.</summary>
public sealed record TargetReport(IReadOnlyList<double> Accuracy, IReadOnlyList<double?> Taken);

/// <summary>A part that was not run, and why.</summary>
public sealed record NotRunPart(string Title, string Reason);

/// <summary>A number of the paper, with ours.</summary>
/// <param name="What">What is measured, with unit.</param>
/// <param name="Paper">The paper's value.</param>
/// <param name="Here">Ours; null when nothing was measured that could stand beside it.</param>
/// <param name="Source">Where the paper's value is from.</param>
public sealed record PaperComparison(string What, string Paper, string? Here, string Source);

/// <summary>What a rule made of the numbers of one part.</summary>
/// <param name="Statement">The paper's claim.</param>
/// <param name="Rule">The rule in words.</param>
/// <param name="Part">The part that was looked at.</param>
/// <param name="Verdict">One of <see cref="Verdicts"/>.</param>
/// <param name="Evidence">The numbers it was decided by.</param>
public sealed record ClaimFinding(string Statement, string Rule, string Part, string Verdict, string Evidence);

/// <summary>The answers of a rule.</summary>
public static class Verdicts
{
    /// <summary>Every seed says so, and there are at least two.</summary>
    public const string Holds = "holds";

    /// <summary>At least one seed says the contrary.</summary>
    public const string DoesNotHold = "does not hold";

    /// <summary>Some seed has no answer, or there is one seed only.</summary>
    public const string CannotBeTold = "cannot be told";
}
