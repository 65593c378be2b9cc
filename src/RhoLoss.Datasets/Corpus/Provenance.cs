using static TorchSharp.torch;

namespace RhoLoss.Datasets.Corpus;

/// <summary>Tells by their files which sequences of a pool are known to be on task.</summary>
internal static class Provenance
{
    /// <summary>Which sequences are not on task, bool, shape [N].</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="onTask">File or folder, relative to the pool's folder.</param>
    /// <exception cref="InvalidInputException">No file of the pool is there, or all are.</exception>
    public static Tensor OffTask(CorpusPart pool, string onTask)
    {
        string root = Path.GetFullPath(pool.Root);
        string below = Path.GetFullPath(onTask, Directory.Exists(root) ? root : Path.GetDirectoryName(root)!);
        return OffTask(pool, named =>
        {
            string file = Path.GetFullPath(named);
            return file == below || file.StartsWith(below + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        }, below);
    }

    /// <summary>The same where the files that are on task are told by their names.</summary>
    public static Tensor OffTask(CorpusPart pool, Func<string, bool> isOnTask, string where)
    {
        bool[] off = new bool[pool.Count];
        for (int row = 0; row < off.Length; row++) { off[row] = !isOnTask(pool.FileOf(row)); }
        int count = off.Count(flag => flag);
        if (count == 0 || count == off.Length)
        {
            throw new InvalidInputException(
                $"{where}: {(count == 0 ? "every" : "no")} document of the pool is in it, so it does not tell which are on task. "
                + "Correct data.on-task: a file or folder below data.pool.");
        }
        return tensor(off);
    }
}
