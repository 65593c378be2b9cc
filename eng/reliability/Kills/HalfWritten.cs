namespace RhoLoss.Reliability.Kills;

/// <summary>
/// Finds what a write leaves that was not finished: files are written under a temporary name beside their target, <c>.NAME.…tmp</c>, and
/// then
/// renamed. One that is there while the program runs is a write going on, and one that is there after a kill is where the kill landed.
/// </summary>
internal sealed class HalfWritten(string folder)
{
    private const string Pattern = ".*.tmp";
    private readonly HashSet<string> _known = [.. In(folder)];

    /// <summary>A temporary file that was not there when this was made, or null. Fast enough to be asked without pause.</summary>
    /// <param name="target">Part of the name of the file whose writing is looked for; empty for any.</param>
    public string? New(string target = "") =>
        In(folder).FirstOrDefault(path => path.Contains(target, StringComparison.Ordinal) && !_known.Contains(path));

    private static IEnumerable<string> In(string folder)
    {
        // The run folder comes and goes while it is looked at.
        string checkpoints = Path.Combine(folder, "checkpoints");
        string[] folders = [folder, Path.Combine(folder, "arms"), checkpoints, .. Below(checkpoints)];
        return folders.SelectMany(FilesOf);
    }

    private static string[] FilesOf(string folder)
    {
        try { return Directory.GetFiles(folder, Pattern); }
        catch (IOException) { return []; }
    }

    private static string[] Below(string folder)
    {
        try { return Directory.GetDirectories(folder); }
        catch (IOException) { return []; }
    }
}
