using System.CommandLine;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Selection;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho holdout</c>.</summary>
internal static class HoldoutCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        var replace = new Option<bool>("--force")
        {
            Description = "Make them again and replace the file and the model beside it, even if they are there",
        };
        Command command = new Command(
            "holdout",
            "Trains the irreducible-loss model of a recipe, or reads the one it names, and writes its losses, "
            + "unless they are there for the same data.")
            .WithExamples("rho holdout quickstart --set irreducible-loss.epochs=30");
        common.AddRecipeTo(command);
        command.Options.Add(replace);
        command.Options.Add(common.Json);
        command.Options.Add(common.Quiet);
        command.SetAction(parsed =>
        {
            ResolvedRecipe resolved = common.Load(parsed);
            Recipe recipe = resolved.Recipe;
            NoteLines.Write(error, RecipeNotes.Of(resolved));
            bool force = parsed.GetValue(replace);
            IrreducibleLossFile.RequireSource(recipe, force);   // before minutes of loading
            RunSession.Configure(recipe);
            bool quiet = parsed.GetValue(common.Quiet);
            (string path, IrreducibleLossFacts facts, int count, bool reused) =
                Interruptible.Run(error, stop => Progress.Show(error, quiet, arms: 0, report =>
            {
                using ExperimentData data = ExperimentData.Load(recipe);
                report(RunSession.Describe(data));
                (IrreducibleLosses losses, bool reused) = IrreducibleLossFile.GetOrTrain(
                    recipe, data, force, report, stop);
                using (losses) { return (IrreducibleLossFile.PathFor(recipe, data), losses.Facts, losses.Count, reused); }
            }));
            if (parsed.GetValue(common.Json))
            {
                var written = new
                {
                    path,
                    reused,
                    count,
                    facts.Architecture,
                    facts.Source,
                    facts.Seed,
                    facts.Epoch,
                    facts.Loss,
                    Accuracy = facts.KnownAccuracy,
                    facts.Seconds,
                    facts.Temperature,
                };
                output.WriteJson(JsonSerializer.Serialize(written, JsonDialect.Document));
            }
            else
            {
                output.WriteLine(
                    FormattableString.Invariant($"{path}: {Counted.Of(count, "irreducible loss", "irreducible losses")}")
                    + FormattableString.Invariant($" of {facts.Architecture} ({facts.Source}")
                    + FormattableString.Invariant($"{PreparationEvent.IrreducibleLossesReady.At(facts.Temperature)}), ")
                    + FormattableString.Invariant($"{(facts.Temperature == 1 ? "mean" : "at temperature 1 a mean of")} ")
                    + FormattableString.Invariant($"{facts.Loss:0.000} nats")
                    + PreparationEvent.IrreducibleLossesReady.OnLabels(facts.KnownAccuracy)
                    + (facts.Epoch > 0 ? FormattableString.Invariant($", epoch {facts.Epoch}") : "")
                    + (facts.Seconds > 0 ? FormattableString.Invariant($", {facts.Seconds:0.0} s") : "")
                    + (reused ? "; reused" : ""));
            }
            return RhoCommand.Done;
        });
        return command;
    }
}
