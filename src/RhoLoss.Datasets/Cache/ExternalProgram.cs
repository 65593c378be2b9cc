using System.ComponentModel;
using System.Diagnostics;

namespace RhoLoss.Datasets.Cache;

/// <summary>Runs programs of the system that may not be there.</summary>
internal static class ExternalProgram
{
    /// <summary>Starts a program, or returns null when there is none of that name.</summary>
    public static Process? Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Runs a program to its end. The result is null when it succeeded, otherwise why it did not.</summary>
    public static async Task<string?> RunAsync(
        string program, IEnumerable<string> arguments, string workingDirectory, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        using Process? process = Start(start);
        if (process is null) { return $"the program {program} is not there"; }
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
            Task<string> messages = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            await output;
            return process.ExitCode == 0 ? null : $"{program} failed with exit code {process.ExitCode}: {LastLine(await messages)}";
        }
        finally
        {
            if (!process.HasExited) { process.Kill(entireProcessTree: true); }
        }
    }

    private static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "no message";
}
