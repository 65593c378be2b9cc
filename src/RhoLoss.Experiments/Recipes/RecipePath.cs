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
        string path = Expand(value);
        string full = Path.GetFullPath(path, folder);
        // A separator at the end says nothing, and would make another spelling of the same folder.
        return Path.TrimEndingDirectorySeparator(full);
    }

    /// <summary>
    /// A shell expands <c>~</c> only at the beginning of a word, which is not where a recipe or <c>--set key=~/data</c> has it.
    /// </summary>
    private static string Expand(string value) => value == "~" || value.StartsWith("~/", StringComparison.Ordinal)
        ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + value[1..]
        : value;
}
