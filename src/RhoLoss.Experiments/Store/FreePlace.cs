namespace RhoLoss.Experiments.Store;

/// <summary>A folder in which a run may begin: none is there, nor anything that it would write over.</summary>
internal static class FreePlace
{
    /// <summary>Looks at a folder that is there, or is not.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="directory">It as errors name it.</param>
    /// <exception cref="InvalidInputException">It holds a run, or other files under names that a run writes.</exception>
    public static void Require(RunFolder folder, string directory)
    {
        string? present = RunFolder.Files.FirstOrDefault(file => File.Exists(folder.Path(file)));
        if (present is not null)
        {
            throw new InvalidInputException(
                $"{directory} holds a run already ({present} is there), and a run is never overwritten. {HowToContinue(folder)}");
        }
        string? taken = RunFolder.FilledFolders.FirstOrDefault(name => IsFilled(folder.Path(name)))
            ?? RunFolder.PlotNames.FirstOrDefault(name => File.Exists(folder.Path(name)));
        if (taken is not null)
        {
            throw new InvalidInputException(
                $"{directory} holds {taken} already, where a run writes, and nothing is ever overwritten. Give another --out.");
        }
        RunNotices.RequireOwn(folder);
    }

    /// <summary>A command that works for the run that is here: a comparison has arms, or checkpoints in a folder an arm.</summary>
    private static string HowToContinue(RunFolder folder)
    {
        if (folder.IsComplete) { return "It is finished; give another --out."; }
        if (!File.Exists(folder.ConfigPath)) { return "Give another --out."; }
        bool isComparison = Directory.Exists(folder.ArmsPath)
            || (Directory.Exists(folder.CheckpointsPath) && Directory.EnumerateDirectories(folder.CheckpointsPath).Any());
        string commands = isComparison ? $"`rho compare --resume {folder.Location}`"
            : folder.HasTrained ? $"`rho train --resume {folder.Location}`"
            : $"`rho train --resume {folder.Location}` or `rho compare --resume {folder.Location}`, as it was started";
        return $"Continue it with {commands}, or give another --out.";
    }

    private static bool IsFilled(string folder) => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any();
}
