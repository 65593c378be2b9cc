namespace RhoLoss.Cli;

/// <summary>The folder that the program was started in.</summary>
internal static class WorkingFolder
{
    /// <summary>
    /// Whether it was removed: then no path of a command means anything, and the native library, which looks for its own, ends the process.
    /// </summary>
    public static bool IsGone
    {
        get
        {
            try
            {
                return !Directory.Exists(Directory.GetCurrentDirectory());
            }
            catch (IOException)
            {
                return true;
            }
        }
    }
}
