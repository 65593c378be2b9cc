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
        var sample = new Option<int?>("--sample")
        {
            Description = "A language model goes on with the first test document for that many tokens; default: "
                + Invariant($"{GeneratedSample.UsualTokens}"),
            HelpName = "tokens",
        };
        var noSample = new Option<bool>("--no-sample") { Description = "A language model writes nothing" };
        Command command = new Command(
            "evaluate",
            "Measures a checkpoint of a training run on the run's test set: accuracy, loss, accuracy of each class; of a language model "
            + "bits per byte, and a text that it writes. A test set that has changed since is refused.")
            .WithExamples("rho evaluate runs/mine --checkpoint last", "rho evaluate runs/words --sample 500");
        command.Arguments.Add(run);
        command.Options.Add(which);
        command.Options.Add(sample);
        command.Options.Add(noSample);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            int? tokens = TokensOf(parsed.GetValue(sample), parsed.GetValue(noSample));
            CheckpointEvaluation result = CheckpointEvaluation.Run(
                RunFolder.Open(parsed.GetRequiredValue(run)), parsed.GetRequiredValue(which), e => NoteLines.Write(error, e.Notes),
                tokens);
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
            if (result.Sample is { } written) { Write(output, written); }
            return RhoCommand.Done;
        });
        return command;
    }

    private static int? TokensOf(int? sample, bool none)
    {
        if (sample is not null && none)
        {
            throw new InvalidInputException("--sample and --no-sample contradict each other. Give one of them.");
        }
        if (sample is < 1 or > GeneratedSample.MostTokens)
        {
            throw new InvalidInputException(
                Invariant($"--sample must be 1 to {GeneratedSample.MostTokens} tokens, but is {sample}. For none, give --no-sample."));
        }
        return none ? 0 : sample;
    }

    private static void Write(TextWriter output, GeneratedSample sample)
    {
        output.WriteLine();
        output.WriteLine($"{VisibleText.Of(sample.Place)}:");
        output.WriteDocument(VisibleText.OfDocument(sample.Prompt));
        output.WriteLine(Invariant($"The model goes on ({sample.Tokens} tokens of the {sample.TopK} likeliest at temperature ")
            + Invariant($"{sample.Temperature}, seed {sample.Seed}):"));
        output.WriteDocument(VisibleText.OfDocument(sample.Text));
    }
}
