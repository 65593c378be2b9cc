namespace RhoLoss.Experiments.Recipes;

/// <summary>The user's own folder, which people write as <c>~</c>.</summary>
public static class HomeFolder
{
    /// <summary>
    /// A path with <c>~</c> at its beginning replaced. A shell does that only at the beginning of a word without quotes, which is not
    /// where a recipe, <c>--set key=~/data</c> or <c>'~/my data'</c> has it.
    /// </summary>
    public static string Expand(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
            ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..] : path;
    }
}
