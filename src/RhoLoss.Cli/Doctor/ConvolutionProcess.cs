using System.Diagnostics;
using RhoLoss.Cli.Commands;

namespace RhoLoss.Cli.Doctor;

/// <summary>
/// Checks convolutions in another process on the path that training takes, so that one that dies is a finding and not the end.
/// </summary>
internal static class ConvolutionProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Finding Look()
    {
        string path = NativeConvolutions.NameOf(NativeConvolutions.Path);
        string reason = NativeConvolutions.Path == ConvolutionPath.OneDnn
            ? ""
            : Environment.GetEnvironmentVariable(NativeConvolutions.Variable) is { Length: > 0 }
                ? $" (asked for by {NativeConvolutions.Variable})" : " (this processor does not report its caches)";
        (bool ok, string text) = Run();
        return new Finding("convolutions", ok, $"path {path}{reason}: {text}", path);
    }

    private static (bool Ok, string Text) Run()
    {
        using var process = new Process { StartInfo = Start() };
        process.Start();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            return (false, FormattableString.Invariant($"the check did not end within {Patience.TotalMinutes} minutes"));
        }
        string said = output.GetAwaiter().GetResult().Trim(), complained = error.GetAwaiter().GetResult().Trim();
        return process.ExitCode switch
        {
            RhoCommand.Done => (true, said),
            RhoCommand.Failed => (false, complained),
            int code => (false,
                $"the check ended with code {code}, as a crash in native code does; "
                + "networks with convolutions cannot be trained here"),
        };
    }

    /// <summary>The program beside this assembly, whatever process it is loaded in.</summary>
    private static ProcessStartInfo Start()
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "rho.exe" : "rho");
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (File.Exists(program)) { start.FileName = program; }
        else
        {
            // Installed as a tool there is no program of its own: the host runs the assembly.
            start.FileName = Environment.ProcessPath ?? "dotnet";
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "rho.dll"));
        }
        start.ArgumentList.Add(ConvolutionCheckCommand.Name);
        return start;
    }
}
