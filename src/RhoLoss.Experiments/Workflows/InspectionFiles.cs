using System.Globalization;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Reports;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Workflows;

/// <summary>The files that an inspection is asked to write, none of which takes the place of another.</summary>
/// <param name="Options">Where they go.</param>
internal sealed record InspectionFiles(InspectionOptions Options)
{
    /// <summary>Name of the table of everything that was found.</summary>
    public const string TableName = "inspect.csv";

    private static readonly string[] Header =
        ["id", "part", "kind", "label", "suggested", "score", "of id", "of part", "of label", "file", "line", "position", "text"];

    /// <summary>Looks at the places before anything is read or trained.</summary>
    /// <exception cref="InvalidInputException">Something is there, or the names are not of such files; nothing was made.</exception>
    public void RequireFree(Recipe recipe)
    {
        if (Options.Top < 0)
        {
            throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture,
                $"--top must be a whole number from 0, the examples of each kind that are shown, but is {Options.Top}. Set it."));
        }
        if (Options.LabelsFile is { } file)
        {
            SpecialFile.Refuse(file);
            if (!file.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidInputException(
                    $"--write-labels must name a file that ends in .csv, as data.labels reads it, but is {file}. Name it so.");
            }
            if (Path.Exists(file))
            {
                throw new InvalidInputException(
                    $"{file} is there already, and labels are never written over. Give another --write-labels, or move it away.");
            }
        }
        if (Options.Folder is not { } folder) { return; }
        SpecialFile.Refuse(folder, "a folder");
        RunPlace.RequireOutsideData(recipe, folder, "--out");
        if (File.Exists(folder))
        {
            throw new InvalidInputException($"--out must name a folder, but {folder} is a file. Give another --out.");
        }
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new InvalidInputException(
                $"--out must name a folder that is new or empty, but {folder} holds files, and nothing is ever overwritten. "
                + "Give another --out, or move them away.");
        }
    }

    /// <summary>Makes sure that they can be written, before minutes of training.</summary>
    /// <exception cref="InvalidInputException">They cannot.</exception>
    public void RequireWritable()
    {
        if (Options.LabelsFile is { } file) { AtomicFile.RequireWritable(file); }
        if (Options.Folder is { } folder) { AtomicFile.RequireWritable(Path.Combine(folder, TableName)); }
    }

    /// <summary>Writes them, and says where the pictures of the first examples are.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="viewer">Its data.</param>
    /// <param name="judged">The labels that are likely wrong.</param>
    /// <param name="wrong">Their examples.</param>
    /// <param name="duplicates">Examples that are equal to others.</param>
    /// <returns>The examples, and the files.</returns>
    public (IReadOnlyList<InspectedExample> Wrong, IReadOnlyList<string> Written) Write(
        Recipe recipe, ExampleViewer viewer, JudgedLabels judged, IReadOnlyList<InspectedExample> wrong,
        IReadOnlyList<InspectedExample> duplicates)
    {
        var written = new List<string>();
        if (Options.LabelsFile is { } file)
        {
            AtomicFile.WriteAllText(file, LabelCorrections.Of(recipe, viewer, judged.Likely).ToCsv());
            written.Add(file);
        }
        if (Options.Folder is not { } folder) { return (wrong, written); }
        string table = Path.Combine(folder, TableName);
        AtomicFile.WriteAllText(table, TableOf([.. wrong, .. duplicates]).ToCsv());
        written.Add(table);
        if (viewer.Data.Training is not { Normalization: not null, InputShape: [1 or 3, _, _] }) { return (wrong, written); }
        ShownExample[] drawn =
        [
            .. viewer.WithPictures([.. judged.Likely.Take(Options.Top)
                .Select(label => viewer.Show(ExampleViewer.TrainingPart, viewer.Data.Training, label.Row))], folder),
        ];
        written.AddRange(drawn.Select(example => example.Picture!));
        return ([.. wrong.Select((example, i) => i < drawn.Length ? example with { Picture = drawn[i].Picture } : example)], written);
    }

    private static ReportTable TableOf(IReadOnlyList<InspectedExample> examples) => new(
        "inspection",
        [
            Header,
            .. examples.Select(e => (string[])
            [
                Text(e.Id), e.Part, e.Kind, e.Label, e.Suggested ?? "", e.Score?.ToString("0.####", CultureInfo.InvariantCulture) ?? "",
                Text(e.Of?.Id), e.Of?.Part ?? "", e.Of?.Label ?? "", e.File ?? "", Text(e.Line), Text(e.Position), e.Text ?? "",
            ]),
        ]);

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
