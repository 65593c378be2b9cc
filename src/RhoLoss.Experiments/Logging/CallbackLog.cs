using RhoLoss.Logging;

namespace RhoLoss.Experiments.Logging;

/// <summary>The log of whoever asked to be told.</summary>
internal sealed class CallbackLog(Action<RunEvent> report) : IRunLog
{
    public void Write(RunEvent e) => report(e);

    public void Dispose() { }
}
