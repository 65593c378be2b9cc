using System.Text.Json.Serialization;

namespace RhoLoss.Experiments.Workflows;

/// <summary>What an inspection is asked for beside its recipe.</summary>
/// <param name="Top">Most examples of a kind that are shown, and drawn into <paramref name="Folder"/>.</param>
/// <param name="LabelsFile">Where proposed labels are written; null for nowhere.</param>
/// <param name="Folder">Where all that was found is written, with pictures of images; null for nowhere.</param>
public sealed record InspectionOptions(int Top, string? LabelsFile = null, string? Folder = null)
{
    /// <summary>Examples that are shown where nobody asks for more or fewer.</summary>
    public const int UsualTop = 20;
}

/// <summary>Where an example of a duplicate is that was read before.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Part"><c>training</c>, <c>holdout</c> or <c>test</c>.</param>
/// <param name="Label">Its label, as a run reads it.</param>
/// <param name="Where">Its file, with line or position, in words.</param>
public sealed record FirstExample(long Id, string Part, string Label, string Where);

/// <summary>An example that an inspection points out.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Part"><c>training</c>, <c>holdout</c> or <c>test</c>.</param>
/// <param name="Label">Its label, as a run reads it.</param>
/// <param name="Suggested">The label that a model gives it which has not seen it; null for a duplicate.</param>
/// <param name="Score">How much likelier that is than its own, 0.9 to 1; null for a duplicate.</param>
/// <param name="Kind">One of <see cref="WrongLabel"/> and <see cref="Duplicate"/>.</param>
/// <param name="Of">What a duplicate is equal to; null for others.</param>
/// <param name="File">The file that it is in; null when the reader does not tell.</param>
/// <param name="Line">Line there, from 1; null where there are none.</param>
/// <param name="Position">Position among the examples there, from 0; null where the line or the file itself says it.</param>
/// <param name="Where">The three in words.</param>
/// <param name="Text">The text, where it is one.</param>
/// <param name="Picture">Path of the picture that was written; null for none.</param>
public sealed record InspectedExample(
    long Id, string Part, string Label,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Suggested,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Score,
    string Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FirstExample? Of,
    string? File, int? Line, long? Position, string Where,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Picture)
{
    /// <summary>The kind of examples whose label is likely wrong.</summary>
    public const string WrongLabel = "wrong-label";

    /// <summary>The kind of examples that are equal to an earlier one, byte for byte.</summary>
    public const string Duplicate = "duplicate";
}

/// <summary>How many examples there are, and were found.</summary>
/// <param name="Training">Examples of the training set, copies included.</param>
/// <param name="Copies">Those of them that <c>data.duplicate</c> made, or that the set says are copies.</param>
/// <param name="WrongLabels">Labels of the training set that are likely wrong; copies by <c>data.duplicate</c> are not counted.</param>
/// <param name="EstimatedWrongLabels">How many are wrong by confident learning's estimate, copies included.</param>
/// <param name="Duplicates">Examples of all parts that are equal to an earlier one and not known as copies.</param>
public sealed record InspectionCounts(int Training, int Copies, int WrongLabels, double EstimatedWrongLabels, int Duplicates);

/// <summary>What was found of the examples that have one label.</summary>
/// <param name="Name">The label.</param>
/// <param name="Count">Examples of the training set with it.</param>
/// <param name="WrongLabels">Those of which it is likely wrong.</param>
/// <param name="EstimatedWrongLabels">Of how many it is wrong by confident learning's estimate.</param>
public sealed record InspectedClass(string Name, int Count, int WrongLabels, double EstimatedWrongLabels);

/// <summary>How well labels are found that the recipe's own noise made wrong.</summary>
/// <param name="AveragePrecision">Average precision of the score, over all of the training set.</param>
/// <param name="ConfidentLearning">That of confident learning by the same models, ranked by self-confidence.</param>
/// <param name="ConfidentLearningByMargin">The same, ranked by the normalised margin.</param>
/// <param name="WrongLabels">Labels that differ from the right one.</param>
/// <param name="Found">Those among the labels that are likely wrong, copies not counted.</param>
public sealed record KnownNoise(
    double AveragePrecision, double ConfidentLearning, double ConfidentLearningByMargin, int WrongLabels, int Found);

/// <summary>Seconds an inspection took, without reading the data.</summary>
/// <param name="Training">Training the models, and their predictions.</param>
/// <param name="Other">Everything else: duplicates, scores, files.</param>
public sealed record InspectionSeconds(double Training, double Other);

/// <summary>What an inspection found.</summary>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Source">Where the data came from and what was made of them, in words.</param>
/// <param name="Model">The network that judged, and how many of them.</param>
/// <param name="WrongLabels">All examples whose label is likely wrong, the surest first.</param>
/// <param name="Duplicates">All examples that are equal to an earlier one, in the order of parts and ids.</param>
/// <param name="Classes">The same by label.</param>
/// <param name="Counts">How many.</param>
/// <param name="Known">How well that is what the noise did; null where the recipe puts in none.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Written">Files that were written.</param>
public sealed record InspectionReport(
    string Dataset, string Source, string Model, IReadOnlyList<InspectedExample> WrongLabels, IReadOnlyList<InspectedExample> Duplicates,
    IReadOnlyList<InspectedClass> Classes, InspectionCounts Counts, KnownNoise? Known, InspectionSeconds Seconds,
    IReadOnlyList<string> Written)
{
    /// <summary>The first of each kind as one document.</summary>
    /// <param name="top">Most examples of a kind.</param>
    public InspectionDocument ToDocument(int top) => new(
        Dataset, Source, Model, [.. WrongLabels.Take(top), .. Duplicates.Take(top)], Counts, Classes, Known, Seconds, Written);
}

/// <summary>What <c>--json</c> prints of an inspection.</summary>
/// <param name="Dataset">As of the report.</param>
/// <param name="Source">As of the report.</param>
/// <param name="Model">As of the report.</param>
/// <param name="Examples">The first of each kind.</param>
/// <param name="Counts">How many there are in all.</param>
/// <param name="Classes">As of the report.</param>
/// <param name="Known">As of the report.</param>
/// <param name="Seconds">As of the report.</param>
/// <param name="Written">As of the report.</param>
public sealed record InspectionDocument(
    string Dataset, string Source, string Model, IReadOnlyList<InspectedExample> Examples, InspectionCounts Counts,
    IReadOnlyList<InspectedClass> Classes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] KnownNoise? Known,
    InspectionSeconds Seconds, IReadOnlyList<string> Written);
