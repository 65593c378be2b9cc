using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace RhoLoss.Cli.Tests;

/// <summary>The built program as a process of its own, for what only a process can receive: signals.</summary>
internal sealed class RhoProcess : IDisposable
{
    public const int Interrupt = 2, Kill = 9, Terminate = 15;   // SIGINT, SIGKILL, SIGTERM of signal(7)

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly StringBuilder _output = new(), _error = new();

    private RhoProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    public string Error => Text(_error);

    /// <summary>Processor time used so far: how far the process has come, whatever else the machine does.</summary>
    public TimeSpan Work
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static RhoProcess Start(params string[] args) => StartIn(Environment.CurrentDirectory, args);

    private static RhoProcess StartIn(string folder, string[] args, string? variable = null, string? value = null)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "rho"), args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder,
        };
        if (variable is not null) { start.Environment[variable] = value; }
        return new RhoProcess(Process.Start(start)!);
    }

    /// <summary>Runs to the end.</summary>
    public static Answer Run(params string[] args)
    {
        using RhoProcess process = Start(args);
        return process.Wait();
    }

    /// <summary>Runs to the end with this variable in its environment.</summary>
    public static Answer RunWith(string variable, string value, params string[] args)
    {
        using RhoProcess process = StartIn(Environment.CurrentDirectory, args, variable, value);
        return process.Wait();
    }

    /// <summary>Runs to the end as a shell starts it; <c>$0</c> of the script is the program.</summary>
    public static Answer RunInShell(string folder, string script)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", script, Path.Combine(AppContext.BaseDirectory, "rho")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder,
        };
        using var process = new RhoProcess(Process.Start(start)!);
        return process.Wait();
    }

    /// <summary>Runs to the end with this working directory.</summary>
    public static Answer RunIn(string folder, params string[] args)
    {
        using RhoProcess process = StartIn(folder, args);
        return process.Wait();
    }

    /// <summary>Sends a signal; nothing when the process has ended already.</summary>
    public void Send(int signal) => _ = kill(_process.Id, signal);

    public Answer Wait()
    {
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill();
            throw new TimeoutException($"rho did not end within {Patience}; it said: {Error}");
        }
        _process.WaitForExit();   // the rest of the output
        return new Answer(_process.ExitCode, Text(_output), Error);
    }

    /// <summary>Waits for something to happen while the process runs.</summary>
    public void WaitUntil(Func<bool> happened, string what)
    {
        long started = Stopwatch.GetTimestamp();
        while (!happened())
        {
            if (HasExited && !happened()) { throw new InvalidOperationException($"rho ended before {what}; it said: {Wait().Error}"); }
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException($"{what} did not happen within {Patience}; rho said: {Error}");
            }
            Thread.Sleep(5);
        }
    }

    public void Dispose()
    {
        if (!HasExited) { _process.Kill(); }
        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is null) { return; }
        lock (text) { text.Append(line).Append('\n'); }
    }

    private static string Text(StringBuilder text)
    {
        lock (text) { return text.ToString(); }
    }

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
