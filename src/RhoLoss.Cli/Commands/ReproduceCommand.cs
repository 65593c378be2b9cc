using System.CommandLine;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Paper;
using RhoLoss.Serialization;
using static System.FormattableString;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho reproduce</c>.</summary>
internal static class ReproduceCommand
{
    private const string All = "all";

    public static Command Create(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        var id = new Argument<string?>("id")
        {
            Description = "Table or figure, table1 to fig9, or all; without one: lists them",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var scale = new Option<string>("--scale")
        {
            Description = "quick: minutes on two cores, on data that are there; paper: the paper's settings",
            HelpName = string.Join('|', PaperScales.Names),
            DefaultValueFactory = _ => PaperScales.Names[0],
        };
        var data = new Option<string?>("--data")
        {
            Description = "Folder with one folder a data set, named as `rho data list` names it, besides the usual places",
            HelpName = "folder",
        };
        Command command = new Command(
            "reproduce",
            "Runs a table or figure of the paper and says which of its claims hold. The same command again continues.")
            .WithExamples("rho reproduce", "rho reproduce fig7 --scale quick", "rho reproduce table2 --scale paper --data ~/data");
        command.Arguments.Add(id);
        command.Options.Add(scale);
        command.Options.Add(data);
        common.AddOverridesTo(command);
        common.Out.Description =
            "Folder for this experiment, or with all for one folder each; default runs/paper-SCALE/ID, continued when it is there";
        command.Options.Add(common.Out);
        command.Options.Add(common.Json);
        command.Options.Add(common.Quiet);
        command.SetAction(parsed =>
        {
            PaperScale size = PaperScales.Parse(parsed.GetRequiredValue(scale));
            bool json = parsed.GetValue(common.Json);
            if (parsed.GetValue(id) is not { } wanted)
            {
                List(output, json);
                return RhoCommand.Done;
            }
            PaperExperiment[] experiments = wanted == All ? [.. PaperExperiments.All] : [PaperExperiments.Find(wanted)];
            // All of them, because a collection of results makes one page.
            string root = Path.Combine(RunStart.DefaultRoot, $"paper-{PaperScales.NameOf(size)}");
            string? given = parsed.GetValue(common.Out);
            string? collection = given is null ? root : wanted == All ? given : null;
            if (collection is not null) { ReproductionPlace.RequireCollection(collection); }
            string FolderOf(PaperExperiment experiment) =>
                given is null ? Path.Combine(root, experiment.Id)
                : wanted == All ? Path.Combine(given, experiment.Id)
                : given;
            ReproductionStart StartOf(PaperExperiment experiment) =>
                new(size, FolderOf(experiment), parsed.GetValue(data), common.Overrides(parsed), RunStart.CommandLine);
            (PaperExperiment Experiment, PreparedExperiment Prepared)[] prepared =
            [
                .. experiments.Select(experiment => (experiment, experiment.Prepare(StartOf(experiment)))),
            ];
            Reproduction[] results = Interruptible.RunRepeatable(error, stop => Progress.Show(
                error, parsed.GetValue(common.Quiet), prepared.Sum(p => p.Prepared.Arms),
                report => prepared.Select(p => p.Prepared.Run(report, stop)).ToArray()));
            if (collection is not null)
            {
                AtomicFile.WriteAllText(Path.Combine(collection, ReproductionPage.CollectionName), ReproductionPage.Collect(collection));
            }
            if (json)
            {
                output.WriteJson(
                    wanted == All ? $"[{string.Join(",\n", results.Select(result => result.ToJson()))}]" : results[0].ToJson());
            }
            else
            {
                for (int i = 0; i < results.Length; i++) { ReproductionText.Write(output, results[i], FolderOf(experiments[i])); }
                if (collection is not null)
                {
                    output.WriteLine($"all of them so far: {Path.Combine(collection, ReproductionPage.CollectionName)}");
                }
            }
            return RhoCommand.Done;
        });
        return command;
    }

    private static void List(TextWriter output, bool json)
    {
        if (json)
        {
            output.WriteJson(
                JsonSerializer.Serialize(PaperExperiments.All.Select(e => new { e.Id, e.Title, e.Question }), JsonDialect.Document));
            return;
        }
        foreach (PaperExperiment experiment in PaperExperiments.All)
        {
            output.WriteLine(Invariant($"{experiment.Id,-7} {experiment.Title}: {experiment.Question}"));
        }
    }
}
