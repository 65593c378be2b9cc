using System.Text.Json.Nodes;
using RhoLoss.Experiments.Paper;
using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

public sealed class ReproduceTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    private string Out => _tiny.File("out");

    [Fact]
    public void Without_an_experiment_all_are_listed_with_one_line_each()
    {
        Answer answer = Rho.Run("reproduce");

        answer.Code.ShouldBe(0);
        string[] lines = answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Select(l => l.Split(' ')[0]).ShouldBe(PaperExperiments.All.Select(e => e.Id));
        Rho.Run("reproduce", "--json").Json().AsArray().Count.ShouldBe(lines.Length);
    }

    [Theory]
    [InlineData("reproduce tabel2", "There is no experiment tabel2. The nearest is table2;")]
    [InlineData("reproduce fig8 --scale large", "--scale must be one of quick, paper, but is 'large'.")]
    [InlineData("reproduce fig8 --set training.epoch=3", "there is no key training.epoch. The nearest is training.epochs")]
    public void Bad_input_is_named_and_leaves_nothing(string command, string message)
    {
        Answer answer = Rho.Run([.. command.Split(' '), "--out", Out]);

        answer.Code.ShouldBe(2);
        answer.Output.ShouldBeEmpty();
        answer.Error.ShouldContain(message);
        Directory.Exists(Out).ShouldBeFalse();
    }

    // fig1 at the quick scale has one part on built-in data with 4 methods; one epoch and two narrow layers make it a matter of seconds.
    [Fact]
    public void A_quick_figure_prints_tables_and_verdicts_and_continues_when_asked_again()
    {
        string[] command =
        [
            "reproduce", "fig1", "--seeds", "0,1", "--set", "training.epochs=1", "--set", "model.hidden=[16]",
            "--set", "irreducible-loss.hidden=[16]", "--set", "irreducible-loss.epochs=1",
            "--set", $"irreducible-loss.file={_tiny.File("web-like.safetensors")}", "--out", Out,
        ];

        Answer first = Rho.Run(command);

        first.Code.ShouldBe(0, first.Error);
        first.Output.ShouldContain("fashion-mnist-subset stands in for Clothing-1M.");
        first.Output.ShouldContain("Uniform draws that share at random");
        first.Output.ShouldMatch("RHO-LOSS reaches uniform's best accuracy .*\\s+(holds|does not hold|cannot be told) +Clothing-1M");
        File.ReadAllText(Path.Combine(Out, "page.md")).ShouldContain("with `training.epochs=1`, `model.hidden=[16]`");
        File.Exists(Path.Combine(Out, "clothing-1m", "summary.json")).ShouldBeTrue();

        JsonNode again = Rho.Run([.. command, "--json"]).Json();
        again.ToJsonString().ShouldBe(JsonNode.Parse(File.ReadAllText(Path.Combine(Out, "reproduction.json")))!.ToJsonString());
        again["parts"]![0]!["substitute"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public void A_sweep_ends_with_a_table_and_a_summary()
    {
        Answer answer = Rho.Run("sweep", _tiny.WriteRecipe(), "--out", Out, "--over", "optimizer.learning-rate=0.01,0.02",
            "training.large-batch-size=20,40");

        answer.Code.ShouldBe(0, answer.Error);
        answer.Output.ShouldMatch("optimizer.learning-rate +training.large-batch-size +method +final %");
        answer.Output.ShouldContain("4 points; mean");
        answer.Output.ShouldContain("irreducible losses: 1 file for all points.");
        JsonNode.Parse(File.ReadAllText(Path.Combine(Out, "summary.json")))!["points"]!.AsArray().Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("optimizer.learning-rate=0.1,fast", "optimizer.learning-rate must be a number, but is the text \"fast\"")]
    [InlineData("optimizer.rate=0.1", "there is no key optimizer.rate")]
    public void A_bad_value_or_key_of_a_sweep_is_named_before_anything_runs(string over, string message)
    {
        Answer answer = Rho.Run("sweep", _tiny.WriteRecipe(), "--out", Out, "--over", over);

        answer.Code.ShouldBe(2);
        answer.Error.ShouldContain(message);
        Directory.Exists(Out).ShouldBeFalse();
    }

    [Fact]
    public void One_signal_stops_a_sweep_and_the_same_command_continues_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are those of Unix");
        string[] command =
        [
            "sweep", _tiny.WriteRecipe(), "--out", Out, "--over", "training.large-batch-size=20,40",
            "--set", "training.epochs=100", "--set", "checkpoints.every-epochs=40",
        ];
        using RhoProcess stopped = RhoProcess.Start(command);
        stopped.WaitUntil(() => File.Exists(Path.Combine(Out, "training.large-batch-size=20", "summary.json")), "the second point");

        stopped.Send(RhoProcess.Interrupt);
        Answer answer = stopped.Wait();
        answer.Code.ShouldBe(1);
        answer.ErrorLines[^1].ShouldBe("rho: stopped; the same command again continues.");

        Answer again = RhoProcess.Run(command);
        again.Code.ShouldBe(0, again.Error);
        again.ErrorLines.ShouldContain("point 1 of 2: training.large-batch-size=20; finished earlier");
        again.Output.ShouldContain("2 points");
    }

    public void Dispose() => _tiny.Dispose();
}
