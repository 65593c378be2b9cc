using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Training;
using static System.FormattableString;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho evaluate</c>.</summary>
internal static class EvaluateCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var run = new Argument<string>("run") { Description = "Run folder of rho train" };
        var which = new Option<string>("--checkpoint")
        {
            Description = "best (on the test set), last, or the path of a checkpoint",
            DefaultValueFactory = _ => "best",
            HelpName = "which",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document on standard output and nothing else there" };
        Command command = new Command(
            "evaluate",
            "Measures a checkpoint of a training run on the run's test set: accuracy, loss, accuracy of each class. "
            + "A test set that has changed since is refused.")
            .WithExamples("rho evaluate runs/mine --checkpoint last");
        command.Arguments.Add(run);
        command.Options.Add(which);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            CheckpointEvaluation result = CheckpointEvaluation.Run(
                RunFolder.Open(parsed.GetRequiredValue(run)), parsed.GetRequiredValue(which), e => NoteLines.Write(error, e.Notes));
            if (parsed.GetValue(json))
            {
                output.WriteJson(JsonSerializer.Serialize(result, JsonDialect.Document));
                return RhoCommand.Done;
            }
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{result.Checkpoint} (step {result.Step}, {result.Method}, seed {result.Seed})"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"test {(result.Accuracy is { } accuracy ? Invariant($"accuracy {100 * accuracy:0.00} %, ") : "")}"
                + $"loss {result.Loss:0.0000} nats, "
                + $"{Counted.Of(result.Count, "example")} of {result.Dataset}"));
            foreach (Metric metric in Metric.Standard.Where(m => m.Title is not null))
            {
                if (result.Metrics.GetValueOrDefault(metric.Name) is null) { continue; }
                output.WriteLine($"{metric.Heading}: {Spread.Of(metric, [result.Metrics[metric.Name]])}");
            }
            foreach (ClassAccuracy c in result.ByClass)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {VisibleText.Of(c.Name),-14} {100 * c.Accuracy,6:0.0} % of {c.Count}"));
            }
            return RhoCommand.Done;
        });
        return command;
    }
}
