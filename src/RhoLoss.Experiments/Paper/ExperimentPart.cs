using RhoLoss.Datasets;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Paper;

/// <summary>Data a part of an experiment can run on, with the recipe that suits them.</summary>
/// <param name="Set">Name of the data set.</param>
/// <param name="Recipe">Name of the recipe in <c>recipes/paper</c> that the part starts from.</param>
/// <param name="Substitute">False for the set that the paper used, true for one that stands in where that is not to be had.</param>
/// <param name="Settings">Settings <c>section.key=value</c> that these data need beyond the recipe.</param>
public sealed record PartData(string Set, string Recipe, bool Substitute, IReadOnlyList<string> Settings);

/// <summary>One comparison of an experiment: the same arms on one data set.</summary>
/// <param name="Name">Name of its folder.</param>
/// <param name="Title">Its row in tables, such as "CIFAR-10, 10 % label noise".</param>
/// <param name="PaperSet">The set that the paper used.</param>
/// <param name="Data">What it can run on, best first.</param>
/// <param name="Settings">Settings <c>section.key=value</c> that make this part, whatever data it runs on.</param>
/// <param name="Targets">
/// Test accuracies to reach, as shares; empty: the baseline's best of each seed. Not read for a substitute, which has its own difficulty.
/// </param>
public sealed record ExperimentPart(
    string Name, string Title, string PaperSet, IReadOnlyList<PartData> Data, IReadOnlyList<string> Settings, IReadOnlyList<double> Targets)
{
    /// <summary>The recipe of this part on these data.</summary>
    /// <param name="data">One of <see cref="Data"/>.</param>
    /// <param name="overrides">Settings of the command line, which win over those of the part.</param>
    /// <exception cref="InvalidInputException">A setting breaks a rule.</exception>
    public ResolvedRecipe Resolve(PartData data, IReadOnlyList<string> overrides)
    {
        ArgumentNullException.ThrowIfNull(data);
        return PaperRecipes.Load(data.Recipe, [$"name={Name}", $"data.set={data.Set}", .. data.Settings, .. Settings, .. overrides]);
    }

    /// <summary>
    /// The best data that are on this machine, with the folder to read if it is not one of the usual places; null when none is here.
    /// </summary>
    /// <param name="dataFolder">Folder with one folder a set, named as the set; null for the usual places alone.</param>
    /// <exception cref="InvalidInputException">There is no such folder.</exception>
    public (PartData Data, string? Directory)? Choose(string? dataFolder)
    {
        if (dataFolder is not null)
        {
            SpecialFile.Refuse(dataFolder, "a folder");
            if (!Directory.Exists(dataFolder))
            {
                throw new InvalidInputException($"{dataFolder}: there is no such folder. Give --data a folder with one folder a data set.");
            }
        }
        foreach (PartData data in Data)
        {
            string? given = dataFolder is null ? null : Path.Combine(dataFolder, data.Set);
            SpecialFile.Refuse(given ?? "", "a folder");
            if (Directory.Exists(given)) { return (data, given); }
            if (KnownDatasets.PlaceOf(data.Set) is not null) { return (data, null); }
        }
        return null;
    }
}

/// <summary>The recipes that experiments start from: <c>recipes/paper</c>, inside this assembly.</summary>
public static class PaperRecipes
{
    private const string ResourceFolder = "paper-recipes/";

    /// <summary>Their names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(PaperRecipes).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourceFolder, StringComparison.Ordinal))
            .Select(name => name[ResourceFolder.Length..^".toml".Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A recipe with settings applied in order.</summary>
    /// <exception cref="InvalidInputException">A setting breaks a rule.</exception>
    public static ResolvedRecipe Load(string name, IReadOnlyList<string> settings)
    {
        using Stream stream = typeof(PaperRecipes).Assembly.GetManifestResourceStream($"{ResourceFolder}{name}.toml")
            ?? throw new ArgumentException($"There is no recipe paper/{name}; there are {string.Join(", ", Names)}.", nameof(name));
        using var reader = new StreamReader(stream);
        return RecipeLoader.Parse(reader.ReadToEnd(), name, $"recipe paper/{name}", settings);
    }
}
