using System.CommandLine;
using System.Text.Json;
using RhoLoss.Cli.Doctor;
using RhoLoss.Cli.Output;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        _ = error;
        var json = new Option<bool>("--json") { Description = "Print one JSON document on standard output and nothing else there" };
        Command command = new Command("doctor",
            "Checks what training needs on this machine: native library, convolutions, device, threads, memory, instruction sets, "
            + "fonts, disk, data.").WithExamples("rho doctor");
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            Finding[] findings = [.. Examination.Run()];
            if (parsed.GetValue(json)) { output.WriteJson(JsonSerializer.Serialize(findings, JsonDialect.Document)); }
            else
            {
                foreach (Finding f in findings) { output.WriteLine($"{(f.Ok ? "ok  " : "FAIL")}  {f.Subject,-16} {f.Text}"); }
            }
            return findings.All(f => f.Ok) ? RhoCommand.Done : RhoCommand.Failed;
        });
        return command;
    }
}
