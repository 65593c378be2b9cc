namespace RhoLoss.Experiments.Store;

/// <summary>
/// The lock of a run folder, which its owner may take several times and has until the last is given back. Not for several
/// threads.
/// </summary>
/// <param name="path">The file of the lock.</param>
internal sealed class RunLock(string path)
{
    private FileLock? _lock;
    private int _holders;

    /// <summary>Takes the lock; disposing what is returned gives it back.</summary>
    /// <exception cref="InvalidInputException">Another process has it.</exception>
    public IDisposable Take()
    {
        _lock ??= FileLock.TryTake(path) ?? throw new InvalidInputException(
            $"{Path.GetDirectoryName(path)} is being written by another process: the run goes on there. "
            + "Wait until that has ended, or stop it, and give the command again.");
        _holders++;
        return new Holder(this);
    }

    private void Release()
    {
        if (--_holders > 0) { return; }
        _lock!.Dispose();
        _lock = null;
    }

    private sealed class Holder(RunLock taken) : IDisposable
    {
        private RunLock? _taken = taken;

        public void Dispose()
        {
            _taken?.Release();
            _taken = null;
        }
    }
}
