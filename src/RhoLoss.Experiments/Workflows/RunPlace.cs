using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;

namespace RhoLoss.Experiments.Workflows;

/// <summary>Where the files of a run may be: anywhere but among the data that it is trained on.</summary>
public static class RunPlace
{
    /// <summary>
    /// Checks that a run writes nothing into a folder of the user's own images, in which every folder is a class: the next run, and this
    /// one already, would take its folder for one.
    /// </summary>
    /// <param name="recipe">The recipe of the run.</param>
    /// <param name="folder">The folder of the run, which need not exist.</param>
    /// <exception cref="InvalidInputException">It would; nothing was made.</exception>
    public static void Require(Recipe recipe, string folder)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        RequireOutsideData(recipe, folder, "The folder of a run");
        if (FolderOfClasses(recipe) is not { } data) { return; }
        bool hasLosses = recipe.IrreducibleLoss.File.Length == 0 && recipe.Arms.Any(arm => arm.Method.NeedsIrreducibleLosses);
        if (hasLosses && IsIn(data, IrreducibleLossFile.DefaultFolder))
        {
            throw new InvalidInputException(
                $"Irreducible losses must not be kept in data.directory, where every folder is a class, but the command runs in {data} and "
                + $"keeps them in {IrreducibleLossFile.DefaultFolder}. Run it in another folder, or set irreducible-loss.file.");
        }
    }

    /// <summary>The same for the folder of what is no run and keeps no irreducible losses.</summary>
    /// <param name="recipe">The recipe of the data.</param>
    /// <param name="folder">The folder that is written into, which need not exist.</param>
    /// <param name="what">What it is, as the beginning of a sentence.</param>
    /// <exception cref="InvalidInputException">It lies among the data; nothing was made.</exception>
    public static void RequireOutsideData(Recipe recipe, string folder, string what)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(folder);
        if (FolderOfClasses(recipe) is not { } data || !IsIn(data, folder)) { return; }
        throw new InvalidInputException(
            $"{what} must not lie in data.directory, where every folder is a class, but {folder} lies in {data}. "
            + "Give an --out elsewhere.");
    }

    /// <summary>The full path of a folder of the user's own images; null where the data are others.</summary>
    private static string? FolderOfClasses(Recipe recipe) =>
        DataKinds.IsOwn(recipe.Data.Set) && !DataKinds.IsOwnText(recipe.Data.Set) && recipe.Data.Directory.Length > 0
            ? Path.GetFullPath(recipe.Data.Directory) : null;

    private static bool IsIn(string directory, string path)
    {
        string relative = Path.GetRelativePath(directory, Path.GetFullPath(path));
        return !Path.IsPathRooted(relative) && relative.Split(Path.DirectorySeparatorChar)[0] != "..";
    }
}
