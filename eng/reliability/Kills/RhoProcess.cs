using System.Diagnostics;
using System.Text;

namespace RhoLoss.Reliability.Kills;

/// <summary>The built program as a process of its own.</summary>
internal sealed class RhoProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly Process _process;
    private readonly StringBuilder _said = new();

    public RhoProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "rho"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Sends SIGKILL without looking whether the process still runs.</summary>
    public void Kill() => Signals.Kill(_process.Id);

    /// <summary>Waits for the end.</summary>
    /// <returns>Exit code, and everything the program said.</returns>
    public (int Code, string Said) Wait()
    {
        if (!_process.WaitForExit(Patience))
        {
            Kill();
            throw new TimeoutException($"rho did not end within {Patience}; it said: {Said}");
        }
        _process.WaitForExit();   // the rest of the output
        return (_process.ExitCode, Said);
    }

    public void Dispose()
    {
        if (!HasExited) { Kill(); }
        _process.Dispose();
    }

    private string Said
    {
        get { lock (_said) { return _said.ToString(); } }
    }

    private void Keep(string? line)
    {
        if (line is null) { return; }
        lock (_said) { _said.AppendLine(line); }
    }
}
