using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Recipes;

/// <summary>Makes the value of a path key mean one place, whatever the working directory is later.</summary>
internal static class RecipePath
{
    /// <summary>The full path of a value: <c>~</c> is the user's folder, and what is relative is below <paramref name="folder"/>.</summary>
    /// <exception cref="InvalidInputException">It cannot be a path, or leads to what can be neither read nor written.</exception>
    public static string Absolute(RecipeKey key, string value, string folder, string where)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new InvalidInputException(
                $"{where}: {key.Name} must be a path, but holds a character that no path can have. Write it anew.");
        }
        string full = Path.GetFullPath(HomeFolder.Expand(value), folder);
        // A separator at the end says nothing, and would make another spelling of the same folder.
        full = Path.TrimEndingDirectorySeparator(full);
        return SpecialFile.FaultOf(full, key.IsFolder ? "a folder" : "a file") is { } fault
            ? throw new InvalidInputException($"{where}: {key.Name}: {fault}") : full;
    }
}
