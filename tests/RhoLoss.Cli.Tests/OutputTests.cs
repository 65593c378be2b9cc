using System.Text.Json.Nodes;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Tests.Running;
using RhoLoss.Training;

namespace RhoLoss.Cli.Tests;

public sealed class OutputTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();
    private readonly string _recipe;

    public OutputTests() => _recipe = _tiny.WriteRecipe();

    // The names that cli.md promises to other tools.
    [Fact]
    public void A_comparison_as_JSON_has_the_promised_names()
    {
        JsonNode summary = Rho.Run("compare", _recipe, "--out", _tiny.File("run"), "--json", "--set", "name=mine").Json();

        Names(summary).ShouldBe(
        [
            "recipe", "dataset", "target", "irreducibleLoss", "arms", "speedup", "machine", "seeds", "speedups", "metric", "references",
        ]);
        Names(summary["target"]!).ShouldBe(["accuracy", "metric"]);
        Names(summary["metric"]!).ShouldBe(["name", "better"]);
        Names(summary["references"]![0]!).ShouldBe(["kind", "seconds", "metric", "test"]);
        Names(summary["references"]![0]!["test"]!).ShouldBe(["metric", "value"]);
        Names(summary["irreducibleLoss"]!).ShouldBe(["seconds", "accuracy", "reused"]);
        Names(summary["arms"]![0]!).ShouldBe(
        [
            "method", "seed", "epochs", "steps", "examplesTrained", "examplesScored", "seconds", "scoringSeconds", "finalAccuracy",
            "bestAccuracy",
            "epochsToTarget", "secondsToTarget", "accuracyByEpoch", "selected", "selectedSha256", "secondsByEpoch", "stepsByEpoch",
            "points", "finalMetric", "bestMetric", "metricByEpoch",
        ]);
        Names(summary["arms"]![0]!["points"]![0]!).ShouldBe(
            ["step", "epoch", "seconds", "scoringSeconds", "examplesTrained", "examplesScored", "metrics", "selectedSha256"]);
        Names(summary["arms"]![0]!["selected"]!).ShouldBe(["corrupted", "alreadyCorrect", "lowRelevance"]);
        Names(summary["speedup"]!).ShouldBe(["epochs", "seconds", "secondsWithIrreducibleLoss", "baseline", "method"]);
        summary["recipe"]!.GetValue<string>().ShouldBe("mine");
        summary["dataset"]!.GetValue<string>().ShouldBe("fashion-mnist");
        JsonNode.DeepEquals(summary, JsonNode.Parse(File.ReadAllText(_tiny.File("run/summary.json"))))
            .ShouldBeTrue("the file says the same");

        static IEnumerable<string> Names(JsonNode node) => node.AsObject().Select(m => m.Key);
    }

    [Fact]
    public void A_comparison_says_how_many_runs_ended_early()
    {
        Answer answer = Rho.Run("compare", _recipe, "--quiet", "--out", _tiny.File("run"), "--set", "report.metric=testLoss",
            "--set", "optimizer.learning-rate=0.1", "--set", "training.epochs=12", "--set", "training.early-stop=1");

        answer.Code.ShouldBe(0, answer.Error);
        JsonArray arms = JsonNode.Parse(File.ReadAllText(_tiny.File("run/summary.json")))!["arms"]!.AsArray();
        int early = arms.Count(arm => arm!["stoppedEarly"] is not null);
        early.ShouldBeGreaterThan(0);
        answer.Output.ShouldContain($"{early} of 2 runs ended before that, after 1 evaluation without a better loss.");
        answer.ErrorLines.Count(line => line.Contains(" ended early, after evaluation ", StringComparison.Ordinal)).ShouldBe(early);
    }

    [Fact]
    public void Every_command_with_results_prints_one_JSON_document_and_nothing_else()
    {
        Rho.Run("train", _recipe, "--out", _tiny.File("run"), "--json").Json()["arms"]!.AsArray().Count.ShouldBe(1);
        Rho.Run("train", "--resume", _tiny.File("run"), "--json").Json()["arms"]!.AsArray().Count.ShouldBe(1);
        Rho.Run("evaluate", _tiny.File("run"), "--json").Json()["count"]!.GetValue<int>()
            .ShouldBe(TinyExperiment.Classes * TinyExperiment.TestPerClass);
        Rho.Run("holdout", _recipe, "--json").Json()["count"]!.GetValue<int>().ShouldBe(TinyExperiment.Training);
        Rho.Run("config", "show", _recipe, "--json").Json().AsArray().Count.ShouldBe(RecipeKeys.All.Count);
        Rho.Run("data", "list", "--json").Json().AsArray().Select(s => s!["name"]!.GetValue<string>())
            .ShouldBe(KnownDatasets.All.Select(d => d.Name));
        Rho.Run("data", "check", "fashion-mnist-subset", "--json").Json()["passed"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public void A_data_set_that_is_not_the_official_one_fails_its_check_and_is_still_one_document()
    {
        Answer answer = Rho.Run("data", "check", "fashion-mnist", "--directory", _tiny.DataDirectory, "--json");

        answer.Code.ShouldBe(1, "readable, but not what its name says");
        JsonNode.Parse(answer.Output)!["problems"]!.AsArray().Select(p => p!.GetValue<string>())
            .ShouldContain("420 training examples, but the official set has 60,000");
        answer.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("compare RECIPE --out OUT")]
    [InlineData("train RECIPE --out OUT")]
    [InlineData("holdout RECIPE")]
    [InlineData("data list")]
    [InlineData("config show RECIPE")]
    [InlineData("compare --help")]
    [InlineData("compare nothing")]
    [InlineData("compare --nothing")]
    public void Where_there_is_no_terminal_there_are_no_colours(string command)
    {
        string[] args = [.. command.Split(' ').Select(a => a switch { "RECIPE" => _recipe, "OUT" => _tiny.File("out"), _ => a })];

        Answer here = Rho.Run(args), process = RhoProcess.Run([.. args.Select(a => a == _tiny.File("out") ? _tiny.File("out2") : a)]);

        process.Code.ShouldBe(here.Code);
        (here.Output + here.Error).Length.ShouldBeGreaterThan(0);
        foreach (string text in new[] { here.Output, here.Error, process.Output, process.Error }) { text.ShouldNotContain('\u001b'); }
    }

    [Fact]
    public void Progress_goes_to_standard_error_and_quiet_is_silent_where_there_is_nothing_to_note()
    {
        Answer loud = Rho.Run("compare", _recipe, "--out", _tiny.File("loud"));
        Answer quiet = Rho.Run("compare", _recipe, "--out", _tiny.File("quiet"), "--quiet");

        // ⌊0.1 · 210⌋ labels are drawn anew.
        loud.ErrorLines[0].ShouldMatch("^data: fashion-mnist, 210 training, 210 holdout, 100 test; .*; 21 training labels ");
        loud.ErrorLines[1].ShouldStartWith("irreducible losses: mlp-16, accuracy ");
        loud.ErrorLines[1].ShouldEndWith(_tiny.IrreducibleLossFile);
        loud.ErrorLines[2].ShouldMatch("^uniform seed 0: [0-9.]+ % after 18 steps \\(best [0-9.]+ %\\), [0-9.]+ s$");
        loud.ErrorLines[3].ShouldStartWith("rho-loss seed 0: ");
        loud.ErrorLines.Length.ShouldBe(4);
        quiet.Error.ShouldBeEmpty();
    }

    [Fact]
    public void The_table_has_a_row_for_each_method_and_says_what_an_epoch_is()
    {
        string output = Rho.Run("compare", _recipe, "--out", _tiny.File("run"), "--seeds", "0..1").Output;
        string[] lines = [.. output.Split('\n').Where(l => l.Length > 0)];

        lines[0].ShouldStartWith("method ");
        foreach (Metric metric in Metric.Standard.Where(metric => metric.Heading is not null && !metric.IsOfTokens))
        {
            lines[0].ShouldContain($"  {metric.Heading}");
        }
        lines[0].ShouldContain("worst class %");
        lines[2].ShouldMatch("^uniform +[0-9.]+ ± [0-9.]+ ");
        lines[3].ShouldMatch("^rho-loss +[0-9.]+ ± [0-9.]+ ");
        // 4 of 40 are a tenth.
        output.ShouldContain(
            "mean ± standard deviation over 2 seeds; 3 epochs, in each of which every point is a candidate once and 10 % are trained on.");
        output.ShouldMatch("\nirreducible losses: .* on the training labels; the model itself: [0-9.]+ % on the test set\\.\n");
        lines[^1].ShouldBe($"written to {_tiny.File("run")}");
        // The files have the cells of the terminal: those of a row of the page between bars, those of the table between commas.
        string[] cells = lines[2].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        File.ReadAllLines(_tiny.File("run/comparison.md"))[2].ShouldBe($"| {string.Join(" | ", cells)} |");
        File.ReadAllLines(_tiny.File("run/comparison.csv"))[1].ShouldBe(string.Join(',', cells));
    }

    [Theory]
    [InlineData("uniform", "training.steps=4", "one seed; budget 4 steps.")]
    [InlineData("uniform~0.5", "training.steps=4", "one seed; budget 4 steps; ~share: an arm with that share of it.")]
    [InlineData("uniform~0.5", "training.epochs=2", "are trained on; ~share: an arm with that share of them.")]
    public void What_an_arms_share_of_the_budget_is_stands_below_tables_that_have_one(string method, string budget, string line)
    {
        Rho.Run("train", _recipe, "--out", _tiny.File("run"), "--method", method, "--set", budget).Output.Split('\n')
            .ShouldContain(l => l.EndsWith(line, StringComparison.Ordinal));
    }

    [Fact]
    public void The_configuration_shows_where_each_value_came_from()
    {
        string[] lines = Rho.Run("config", "show", _recipe, "--set", "training.epochs=9", "--seeds", "2,4", "--threads", "2").Output
            .Split('\n');

        Line("epochs = 9").ShouldEndWith("# --set");
        Line("seeds = [2, 4]").ShouldEndWith("# --set");
        Line("threads = 2").ShouldEndWith("# --set");
        Line("large-batch-size = 40").ShouldEndWith($"# file {_recipe}");
        Line("beta1 = 0.9").ShouldEndWith("# default");

        string Line(string start) => lines.Where(l => l.StartsWith(start, StringComparison.Ordinal)).ShouldHaveSingleItem();
    }

    [Fact]
    public void The_configuration_shown_is_a_recipe_that_gives_the_same_configuration()
    {
        string shown = Rho.Run("config", "show", "quickstart", "--set", "training.epochs=9").Output;
        File.WriteAllText(_tiny.File("shown.toml"), shown);

        JsonNode again = Rho.Run("config", "show", _tiny.File("shown.toml"), "--json").Json();
        JsonNode first = Rho.Run("config", "show", "quickstart", "--set", "training.epochs=9", "--json").Json();

        again.AsArray().Select(v => $"{v!["key"]} {v["value"]}").ShouldBe(first.AsArray().Select(v => $"{v!["key"]} {v["value"]}"));
    }

    [Fact]
    public void The_list_of_data_names_every_set_and_the_built_in_one_is_here()
    {
        string list = Rho.Run("data", "list").Output;

        foreach (DatasetDescription set in KnownDatasets.All) { list.ShouldContain($"{set.Name} "); }
        list.ShouldContain("here: built in");
    }

    [Fact]
    public void Losses_once_trained_are_reported_as_reused()
    {
        Answer first = Rho.Run("holdout", _recipe), second = Rho.Run("holdout", _recipe);

        first.Output.ShouldStartWith($"{_tiny.IrreducibleLossFile}: 210 irreducible losses of mlp-16 (holdout), mean ");
        first.Output.ShouldNotContain("reused");
        second.Output.TrimEnd().ShouldEndWith("; reused");
    }

    [Fact]
    public void A_model_of_an_earlier_run_is_named_with_its_losses()
    {
        Rho.Run("train", _recipe, "--out", _tiny.File("earlier"), "--method", "uniform", "--quiet").Code.ShouldBe(0);
        string[] settings =
        [
            "--set", $"irreducible-loss.weights={_tiny.File("earlier")}",
            "--set", $"irreducible-loss.file={_tiny.File("of-weights.safetensors")}",
        ];
        string from = $"mlp-16 with the weights of {_tiny.File("earlier/checkpoints/step-")}";

        Answer losses = Rho.Run(["holdout", _recipe, .. settings]), compared = Rho.Run(
            ["compare", _recipe, "--out", _tiny.File("run"), .. settings]);

        losses.Code.ShouldBe(0, losses.Error);
        losses.Output.ShouldStartWith($"{_tiny.File("of-weights.safetensors")}: 210 irreducible losses of {from}");
        losses.Output.ShouldMatch(@" \(previous-run\), mean \d\.\d+ nats, accuracy .* % on the training labels, \d+\.\d s\n$");
        losses.Error.ShouldContain($"irreducible losses are computed by {from}");
        losses.Error.ShouldContain("is of a model that was trained on the very examples that this run trains on");
        compared.Code.ShouldBe(0, compared.Error);
        compared.Error.ShouldContain($"irreducible losses: reused {_tiny.File("of-weights.safetensors")} ({from}");
        compared.Output.ShouldMatch(
            $@"irreducible losses of {_tiny.File("earlier/checkpoints/step-")}\d+\.safetensors: .* s, accuracy .*; the model itself: ");
    }

    [Fact]
    public void The_model_is_trained_once_for_all_temperatures()
    {
        string folder = Directory.CreateDirectory(_tiny.File("elsewhere")).FullName;
        string[] Command(string temperature) =>
            ["holdout", _recipe, "--quiet", "--set", "irreducible-loss.file=", "--set", $"irreducible-loss.temperature={temperature}"];
        Answer first = RhoProcess.RunIn(folder, Command("2"));
        Answer other = RhoProcess.RunIn(folder, Command("3.5"));
        Answer plain = RhoProcess.RunIn(folder, Command("1"));

        first.Code.ShouldBe(0, first.Error);
        first.Output.ShouldContain(
            "-t2.safetensors: 210 irreducible losses of mlp-16 (holdout, at temperature 2), at temperature 1 a mean of ");
        first.Output.ShouldNotContain("reused");
        other.Output.ShouldContain(
            "-t3.5.safetensors: 210 irreducible losses of mlp-16 (holdout, at temperature 3.5), at temperature 1 a mean of ");
        other.Output.TrimEnd().ShouldEndWith("; reused");
        plain.Output.ShouldContain("(holdout), mean ");
        plain.Output.TrimEnd().ShouldEndWith("; reused");
        string losses = Path.Combine(folder, "runs", "irreducible-losses");
        Directory.GetFiles(losses, "*.safetensors").Length.ShouldBe(4, "three tables and one model");

        // A table counts as there only beside the model it is of.
        string model = Directory.GetFiles(losses, "*.model.safetensors").Single();
        RhoProcess.RunIn(folder, [.. Command("2"), "--set", "irreducible-loss.seed=1"]).Output.ShouldNotContain("reused");
        File.Copy(Directory.GetFiles(losses, "*.model.safetensors").Single(path => path != model), model, overwrite: true);
        RhoProcess.RunIn(folder, Command("2")).Output.ShouldNotContain("reused");
        RhoProcess.RunIn(folder, Command("3.5")).Output.TrimEnd().ShouldEndWith("; reused");
    }

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Output_that_cannot_be_written_is_one_line_and_exit_code_1()
    {
        var error = new StringWriter();
        Commands.RhoCommand.Run(["config", "show", "quickstart"], new FullDisk(), error).ShouldBe(1);
        error.ToString().TrimEnd().ShouldBe(
            "rho: reading or writing failed: No space left on device. Check the free space and the permissions there, and run it again.");
    }

    private sealed class FullDisk : StringWriter
    {
        // What a redirection to /dev/full gives.
        public override void Write(string? value) => throw new IOException("No space left on device");
    }
}
