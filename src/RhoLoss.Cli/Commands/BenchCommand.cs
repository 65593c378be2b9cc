using System.CommandLine;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Benchmarking;
using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho bench</c>.</summary>
internal static class BenchCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        var defaults = new BenchmarkOptions();
        var model = new Option<string>("--model")
        {
            Description = string.Join(", ", BenchmarkOptions.Models),
            HelpName = "name",
            DefaultValueFactory = _ => defaults.Model,
        };
        var batch = new Option<int>("--batch")
        {
            Description = "Points trained on in a step, n_b",
            HelpName = "count",
            DefaultValueFactory = _ => defaults.Batch,
        };
        var largeBatch = new Option<int>("--large-batch")
        {
            Description = "Points a step chooses from, n_B",
            HelpName = "count",
            DefaultValueFactory = _ => defaults.LargeBatch,
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "Times everything is measured, in turns; results are medians",
            HelpName = "count",
            DefaultValueFactory = _ => defaults.Rounds,
        };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads inside one operation; default: the processors of this machine",
            HelpName = "count",
            DefaultValueFactory = _ => defaults.Threads,
        };
        var precision = new Option<string>("--precision")
        {
            Description =
                "What the target trains in: bfloat16 (with float32 masters), float32, or both; images are channels-last in either",
            HelpName = "name",
            DefaultValueFactory = _ => "both",
        };
        var data = new Option<bool>("--data")
        {
            Description =
                "Measure instead how fast image files are decoded by 1 to --threads loader threads, "
                + "and how long a training loop waits for them",
        };
        var directory = new Option<string?>("--directory")
        {
            Description = "With --data: folder of images; default: generated JPEG files",
            HelpName = "folder",
        };
        Command command = new Command(
            "bench",
            "Measures what selection costs for a model on this machine, and which scorer is cheapest. "
            + "Recommended is the scorer with the smallest stepCost (step time over a uniform step's; a plan is charged with its "
            + "making; last-seen is left out, because it loses accuracy in short runs), or uniform when even that is above 2: "
            + "selection usually saves no more than half of the steps of a tuned baseline. "
            + "How well a scorer ranks is not measured: compare with method+scorer does that.")
            .WithExamples(
                "rho bench --model resnet18",
                "rho bench --model mlp --rounds 15 --threads 1 --json",
                "rho bench --data --directory photos");
        Option[] all = [model, batch, largeBatch, rounds, threads, precision, data, directory, common.Json, common.Quiet];
        foreach (Option option in all) { command.Options.Add(option); }
        command.SetAction(parsed =>
        {
            bool quiet = parsed.GetValue(common.Quiet);
            if (parsed.GetValue(data))
            {
                DataBenchmarkReport measured = Interruptible.Run(
                    error, stop => DataBenchmark.Run(parsed.GetValue(directory), parsed.GetValue(threads), Report, stop));
                if (parsed.GetValue(common.Json)) { output.WriteJson(JsonSerializer.Serialize(measured, JsonDialect.Document)); }
                else { BenchmarkText.Write(output, measured); }
                return RhoCommand.Done;
            }
            if (parsed.GetValue(directory) is not null)
            {
                throw new InvalidInputException(
                    "--directory is for bench --data, which reads images, but --data was not given. Add --data, or remove --directory.");
            }
            RequireExactConvolutions(parsed.GetRequiredValue(model));
            var options = new BenchmarkOptions
            {
                Model = parsed.GetRequiredValue(model),
                Batch = parsed.GetValue(batch),
                LargeBatch = parsed.GetValue(largeBatch),
                Rounds = parsed.GetValue(rounds),
                Threads = parsed.GetValue(threads),
                Precisions = parsed.GetValue(precision) switch
                {
                    "bfloat16" => [Precision.BFloat16],
                    "float32" => [Precision.Float32],
                    "both" => [Precision.Float32, Precision.BFloat16],
                    var other => throw new InvalidInputException($"--precision must be bfloat16, float32 or both, but is '{other}'."),
                },
            };
            BenchmarkReport report = Interruptible.Run(error, stop => Benchmark.Run(options, Report, stop));
            if (parsed.GetValue(common.Json)) { output.WriteJson(JsonSerializer.Serialize(report, JsonDialect.Document)); }
            else { BenchmarkText.Write(output, report); }
            return RhoCommand.Done;

            void Report(string text)
            {
                if (!quiet) { error.WriteLine($"bench: {text}"); }
            }
        });
        return command;
    }

    /// <summary>Half of what is measured trains in bfloat16.</summary>
    private static void RequireExactConvolutions(string model)
    {
        if (NativeConvolutions.Path != ConvolutionPath.OneDnnSse41) { return; }
        if (ModelTable.All.Any(kind => kind.Name == model && !kind.HasConvolutions)) { return; }
        throw new InvalidInputException(
            $"rho bench trains {model} in bfloat16, too, but convolutions are held to SSE 4.1 on this machine, where that is refused, and "
            + $"its figures would say nothing of other machines. Run it elsewhere, or with --model {ModelTable.Mlp}.");
    }
}
