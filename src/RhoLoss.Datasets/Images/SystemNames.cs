namespace RhoLoss.Datasets.Images;

/// <summary>Names that systems and programs give to files and folders of their own beside the user's.</summary>
internal static class SystemNames
{
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "lost+found",                                                   // ext2 to ext4
        "__MACOSX", "Icon\r", "Network Trash Folder", "Temporary Items", // macOS; most of its names begin with a dot
        "$RECYCLE.BIN", "RECYCLER", "System Volume Information", "Thumbs.db", "ehthumbs.db", "desktop.ini",   // Windows
        "@eaDir", "@tmp", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot",                         // Synology and QNAP
        "__pycache__",
    };

    /// <summary>Whether a file or folder of this name is left out: hidden, as names that begin with a dot are, or known.</summary>
    public static bool Has(string name) => name[0] == '.' || Known.Contains(name);

    /// <summary>What a name is counted with: macOS writes one file of properties, <c>._NAME</c>, for each NAME.</summary>
    public static string GroupOf(string name) => name.StartsWith("._", StringComparison.Ordinal) ? "._*" : name;
}
