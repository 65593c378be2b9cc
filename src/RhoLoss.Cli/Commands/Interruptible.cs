using System.Runtime.InteropServices;
using RhoLoss.Experiments.Store;

namespace RhoLoss.Cli.Commands;

/// <summary>Ctrl-C and SIGTERM: the first asks the run to write a checkpoint and stop, the second ends the process at once.</summary>
internal static class Interruptible
{
    public static T Run<T>(TextWriter error, RunFolder folder, string command, Func<CancellationToken, T> run)
    {
        try
        {
            return Run(error, run);
        }
        catch (OperationCanceledException e)
        {
            throw new OperationCanceledException($"stopped; continue with: rho {command} --resume {folder.Location}", e);
        }
    }

    /// <summary>The same for work that the same command continues.</summary>
    public static T RunRepeatable<T>(TextWriter error, Func<CancellationToken, T> run) =>
        Run(error, "stopped; the same command again continues.", run);

    /// <summary>The same for work that leaves nothing to continue.</summary>
    public static T Run<T>(TextWriter error, Func<CancellationToken, T> run) => Run(error, "stopped; nothing was written.", run);

    private static T Run<T>(TextWriter error, string stopped, Func<CancellationToken, T> run)
    {
        using var stop = new CancellationTokenSource();
        void Handle(PosixSignalContext context)
        {
            if (stop.IsCancellationRequested) { return; }   // not cancelled: the default action ends the process
            context.Cancel = true;
            error.WriteLine("Stopping after this step … (again: stop at once)");
            stop.Cancel();
        }
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
        try
        {
            return run(stop.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new OperationCanceledException(stopped, e);
        }
    }
}
