using System.Reflection;
using System.Text;
using RhoLoss.Experiments.Registry;
using RhoLoss.Serialization;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Recipes;

/// <summary>Finds, reads, overrides and checks a recipe.</summary>
public static class RecipeLoader
{
    /// <summary>The origin of a value given on the command line.</summary>
    internal const string SetOrigin = "--set";

    /// <summary>How the origin of a value that stands in a file begins.</summary>
    internal const string FileOrigin = "file ";

    private const string ResourceFolder = "recipes/";
    private const string Extension = ".toml";

    private static readonly Assembly Resources = typeof(RecipeLoader).Assembly;

    /// <summary>The names of the recipes inside this assembly, sorted.</summary>
    public static IReadOnlyList<string> ShippedNames { get; } =
    [
        .. Resources.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourceFolder, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal))
            .Select(name => name[ResourceFolder.Length..^Extension.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>
    /// Reads a recipe and applies overrides in order. A name without a path separator and without the ending
    /// <c>.toml</c> is one that ships with the tool; everything else is a file.
    /// </summary>
    /// <param name="nameOrPath">For example <c>quickstart</c> or <c>mine/run.toml</c>.</param>
    /// <param name="overrides">Settings <c>section.key=value</c>; the value is TOML, or else a text without quotes.</param>
    /// <exception cref="InvalidInputException">No such recipe, or it breaks a rule; the message says which and what to do.</exception>
    public static ResolvedRecipe Load(string nameOrPath, IEnumerable<string> overrides)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        ArgumentNullException.ThrowIfNull(overrides);
        nameOrPath = HomeFolder.Expand(nameOrPath);
        if (!ShippedNames.Contains(nameOrPath, StringComparer.Ordinal)) { SpecialFile.Refuse(nameOrPath); }
        if (RecipeForData.AnswerTo(nameOrPath) is { } answer) { throw new InvalidInputException(answer); }
        bool isPath = nameOrPath.AsSpan().IndexOfAny('/', '\\') >= 0 || nameOrPath.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
        string[] settings = [.. overrides];
        string? folder = isPath ? Path.GetDirectoryName(Path.GetFullPath(nameOrPath)) : null;
        ResolvedRecipe resolved = isPath
            ? Parse(ReadFile(nameOrPath), FileRecipeName(nameOrPath), FileOrigin + nameOrPath, settings, folder)
            : Parse(ReadShipped(nameOrPath), nameOrPath, $"recipe {nameOrPath}", settings);
        return resolved with { Recipe = resolved.Recipe with { Arguments = RecipeArguments.Of(nameOrPath, settings) } };
    }

    /// <summary>The text of a recipe that ships with the tool.</summary>
    /// <exception cref="InvalidInputException">There is none of that name.</exception>
    public static string ReadShipped(string name)
    {
        using Stream stream = Resources.GetManifestResourceStream(ResourceFolder + name + Extension) ?? throw UnknownName(name);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Reads a recipe from its text.</summary>
    /// <param name="toml">The text.</param>
    /// <param name="name">The recipe's name, unless the text has a key <c>name</c>.</param>
    /// <param name="origin">Where the text came from, as errors and origins show it.</param>
    /// <param name="overrides">Settings <c>section.key=value</c>, applied in order; their paths are relative to the working
    /// directory.</param>
    /// <param name="folder">Folder that paths in the text are relative to; null for the working directory.</param>
    /// <exception cref="InvalidInputException">The text or a setting breaks a rule.</exception>
    public static ResolvedRecipe Parse(string toml, string name, string origin, IEnumerable<string> overrides, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        var settings = new RecipeSettings(folder ?? Environment.CurrentDirectory);
        settings.AddDocument(toml, origin);
        foreach (string setting in overrides) { settings.AddOverride(setting); }

        RecipeKey nameKey = RecipeKeys.Find("name")!;
        if (settings[nameKey].Value is "") { settings.Put(nameKey, name, origin); }
        settings.ResolvePaths();

        Recipe recipe = RecipeBinder.Bind(settings);
        CheckAcrossKeys(recipe, settings);
        return new ResolvedRecipe(recipe,
            [
                .. RecipeKeys.All.Select(key =>
                    new ResolvedValue(key.Name, TomlText.Format(settings[key].Value), settings[key].Origin, key.Documentation))
            ])
        {
            Renamed = settings.Renamed,
        };
    }

    private static void CheckAcrossKeys(Recipe recipe, RecipeSettings settings)
    {
        TrainingSection training = recipe.Training;
        if (training.LargeBatchSize < training.BatchSize)
        {
            throw new InvalidInputException(
                $"{Place("training.large-batch-size", "training.batch-size")}: training.large-batch-size "
                + $"must be at least training.batch-size ({training.BatchSize}), "
                + $"but is {training.LargeBatchSize}. Set training.large-batch-size.");
        }
        if (training.Accumulate > training.BatchSize)
        {
            throw new InvalidInputException(
                $"{Place("training.accumulate", "training.batch-size")}: training.accumulate must be at most training.batch-size "
                + $"({training.BatchSize}), of which it makes that many parts, but is {training.Accumulate}. Set training.accumulate.");
        }
        // A noise level that is silently not applied would turn a whole comparison into a different one.
        if (recipe.Noise is { Kind: NoiseKind.None, Fraction: > 0 } noise)
        {
            throw new InvalidInputException(
                $"{Place("noise.fraction", "noise.kind")}: noise.fraction must be 0.0 while noise.kind is \"none\", "
                + $"but is {TomlText.Format(noise.Fraction)}. "
                + "Set noise.kind = \"uniform\", or noise.fraction = 0.0.");
        }
        if (recipe.Noise is { Kind: NoiseKind.Structured, Fraction: 0 })
        {
            throw new InvalidInputException(
                $"{Place("noise.kind", "noise.fraction")}: noise.fraction must be above 0 while noise.kind is \"structured\", but is 0.0. "
                + "Set noise.fraction = 0.5, the paper's probability.");
        }

        if (recipe.IrreducibleLoss is { CrossFit: true, Weights.Length: > 0 })
        {
            throw new InvalidInputException(
                $"{Place("irreducible-loss.weights", "irreducible-loss.cross-fit")}: irreducible-loss.cross-fit must be false while "
                + "irreducible-loss.weights names a model that was trained before, but is true. Remove one of the two.");
        }

        bool byAccuracy = recipe.Metric.Name == Metric.Accuracy;
        if (recipe.Metric.IsOfTokens && !ModelTable.Get(recipe.Model.Name).Metric.IsOfTokens)
        {
            throw new InvalidInputException(
                $"{Place("report.metric", "model.name")}: report.metric must be one that {recipe.Model.Name} has, "
                + $"which predicts no tokens, but is {recipe.Report.Metric}. Set report.metric = \"auto\".");
        }
        (string other, string fitting) = byAccuracy
            ? ("report.target-metric", "report.target-accuracy") : ("report.target-accuracy", "report.target-metric");
        if ((byAccuracy ? recipe.Report.TargetMetric : recipe.Report.TargetAccuracy) > 0)
        {
            throw new InvalidInputException(
                $"{Place(other, other)}: {other} must be 0.0 where arms are compared by {recipe.Metric.NameInPoints}. Set {fitting}.");
        }

        // The place of the first of the two keys that somebody gave: a default is nobody's mistake.
        string Place(string first, string second) =>
            settings[RecipeKeys.Find(first)!] is { Origin: not "default" } given ? given.Where : settings[RecipeKeys.Find(second)!].Where;
    }

    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException(
                $"{Path.GetFullPath(path)}: there is no such recipe file. "
                + $"Check the path, or name a recipe that ships with the tool: {string.Join(", ", ShippedNames)}.",
                e);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException($"{path}: a recipe must be UTF-8 text, but this file is not. Save it as UTF-8.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidInputException($"{path}: the recipe cannot be read: {e.Message} Give a readable file.", e);
        }
    }

    private static string FileRecipeName(string path)
    {
        string name = string.Concat(Path.GetFileNameWithoutExtension(path).Select(c => RecipeRule.IsNameCharacter(c) ? c : '-'))
            .TrimStart('-', '_', '.');
        return name.Length > 0 ? name : "recipe";
    }

    private static InvalidInputException UnknownName(string name)
    {
        string file = File.Exists(name)
            ? $" To read the file of that name, write ./{name}."
            : " A file is given by a path, such as ./mine.toml.";
        return ShippedNames.Count == 0
            ? new InvalidInputException($"There is no recipe {name}; none ships with this build.{file}")
            : new InvalidInputException(
                $"There is no recipe {name}. The nearest is {NearestName.Of(name, ShippedNames)}; "
                + $"shipped are {string.Join(", ", ShippedNames)}.{file}");
    }
}
