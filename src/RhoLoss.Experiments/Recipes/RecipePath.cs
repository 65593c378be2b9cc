namespace RhoLoss.Experiments.Recipes;

/// <summary>Makes the value of a path key mean one place, whatever the working directory is later.</summary>
internal static class RecipePath
{
    /// <summary>The full path of a value: <c>~</c> is the user's folder, and what is relative is below <paramref name="folder"/>.</summary>
    /// <exception cref="InvalidInputException">It cannot be a path.</exception>
    public static string Absolute(string key, string value, string folder, string where)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new InvalidInputException($"{where}: {key} must be a path, but holds a character that no path can have. Write it anew.");
        }
        string full = Path.GetFullPath(HomeFolder.Expand(value), folder);
        // A separator at the end says nothing, and would make another spelling of the same folder.
        return Path.TrimEndingDirectorySeparator(full);
    }
}
