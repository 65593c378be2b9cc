using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Tables;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Experiments.Recipes;

/// <summary>Answers somebody who gave data where a recipe is expected with the command that trains on them.</summary>
internal static class RecipeForData
{
    private static readonly string[] ImageEndings = [".jpg", ".jpeg", ".png"];
    private static readonly string[] TextEndings = [".csv", ".tsv", ".csv.gz", ".tsv.gz", ".txt", ".txt.gz"];

    /// <summary>Hidden folders and what cannot be listed are passed over; folders of classes are at most a few levels down.</summary>
    private static readonly EnumerationOptions Below = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        MaxRecursionDepth = 4,
    };

    /// <summary>What to answer; null when it is no data, but a recipe or nothing at all.</summary>
    public static string? AnswerTo(string nameOrPath)
    {
        if (RecipeLoader.ShippedNames.Contains(nameOrPath, StringComparer.Ordinal)) { return null; }
        if (Directory.Exists(nameOrPath)) { return $"{nameOrPath} is a folder, but a recipe is expected. {ForFolder(nameOrPath)}"; }
        if (!HasEnding(nameOrPath, TextEndings))
        {
            return File.Exists(nameOrPath) && FolderContents.OtherFormat(nameOrPath) is { } other
                ? $"{nameOrPath} is a file of data, but a recipe is expected. {other}" : null;
        }
        return File.Exists(nameOrPath)
            ? $"{nameOrPath} is a file of data, but a recipe is expected. Train on it with `{ForTextFile(nameOrPath)}`."
            : $"{Path.GetFullPath(nameOrPath)}: there is no such file, and a recipe is expected, which is a TOML file. "
                + $"Correct the path; then train on the file with `{ForTextFile(nameOrPath)}`.";
    }

    private static string ForFolder(string folder)
    {
        if (File.Exists(Path.Combine(folder, "config.toml")))
        {
            return $"It holds a run: continue it with `rho train --resume {Quoted(folder)}` (or compare), "
                + $"or start anew from its recipe, {Path.Combine(folder, "config.toml")}.";
        }
        if (OwnText.TrainingFileIn(folder) is { } training)
        {
            return $"Train on its texts with `rho train texts --set {Quoted($"data.directory={folder}")}{Columns(training)}`.";
        }
        string[] texts = [.. Directory.EnumerateFiles(folder).Where(path => HasEnding(path, TextEndings)).Order(StringComparer.Ordinal)];
        if (Directory.EnumerateDirectories(folder, "*", new EnumerationOptions { IgnoreInaccessible = true }).Any(HasImages))
        {
            return $"Train on its images with `{ForImages(folder)}`; `rho data check {Quoted(folder)}` looks at them first.";
        }
        if (texts.Length == 1) { return $"Train on its texts with `{ForTextFile(texts[0])}`."; }
        if (texts.Length > 1)
        {
            return $"It holds {texts.Length} files of texts: name the one to train on, as in `{ForTextFile(texts[0])}`.";
        }
        return HasImages(folder)
            ? $"Its images need a folder for each class: put them into {Path.Combine(folder, "CLASS")}, then run `{ForImages(folder)}`."
            : FolderContents.Describe(folder) ?? "It holds neither images (.jpg, .jpeg, .png) nor texts (.csv, .tsv). "
                + "For a known data set name its folder beside a recipe, "
                + $"as in `rho train cifar10 --set {Quoted($"data.directory={folder}")}`; "
                + "`rho data list` names the sets.";
    }

    private static string ForImages(string folder) => $"rho train photos --set {Quoted($"data.directory={folder}")}";

    private static string ForTextFile(string path) => $"rho train texts --set {Quoted($"data.training-file={path}")}{Columns(path)}";

    /// <summary>The settings that name the columns, where they are not the usual ones.</summary>
    private static string Columns(string path)
    {
        if (TextColumns.Guess(path) is not { } columns) { return ""; }
        string text = columns.Text == "text" ? "" : $" --set {Quoted($"data.text-column={columns.Text}")}";
        return columns.Label == "label" ? text : $"{text} --set {Quoted($"data.label-column={columns.Label}")}";
    }

    private static bool HasImages(string folder) => Directory.EnumerateFiles(folder, "*", Below).Any(path => HasEnding(path, ImageEndings));

    private static bool HasEnding(string path, string[] endings) =>
        endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>A word that a POSIX shell reads back as it is.</summary>
    private static string Quoted(string word) => word.All(c => char.IsLetterOrDigit(c) || "._-/=:,+@".Contains(c, StringComparison.Ordinal))
        ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
