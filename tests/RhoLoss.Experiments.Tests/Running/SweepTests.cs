using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class SweepTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();
    private readonly List<RunEvent> _events = [];

    private string Root => _tiny.File("sweep");

    [Fact]
    public void Every_combination_is_compared_with_one_file_of_irreducible_losses()
    {
        SweepSummary summary = Prepare("optimizer.learning-rate=0.01,0.02", "training.large-batch-size=20,40")
            .Run("", _events.Add, CancellationToken.None);

        summary.Points.Select(p => string.Join(' ', p.Settings)).ShouldBe(
        [
            "optimizer.learning-rate=0.01 training.large-batch-size=20", "optimizer.learning-rate=0.01 training.large-batch-size=40",
            "optimizer.learning-rate=0.02 training.large-batch-size=20", "optimizer.learning-rate=0.02 training.large-batch-size=40",
        ]);
        summary.Points.Select(p => p.Summary.Arms.Count).ShouldBe([2, 2, 2, 2]);
        _events.OfType<PreparationEvent.IrreducibleLossesReady>().Select(e => e.Reused).ShouldBe([false, true, true, true]);
        SweepSummary.Load(Path.Combine(Root, Sweep.SummaryName)).ToJson().ShouldBe(summary.ToJson());
        string[] rows = File.ReadAllLines(Path.Combine(Root, "sweep.csv"));
        rows[0].ShouldStartWith("optimizer.learning-rate,training.large-batch-size,method,final %,best %,worst class %,epochs to target,");
        rows.Skip(1).Select(row => string.Join(',', row.Split(',')[..3])).ShouldBe(
        [
            "0.01,20,uniform", "0.01,20,rho-loss", "0.01,40,uniform", "0.01,40,rho-loss",
            "0.02,20,uniform", "0.02,20,rho-loss", "0.02,40,uniform", "0.02,40,rho-loss",
        ]);
        File.ReadAllLines(Path.Combine(Root, "sweep.md")).Length.ShouldBe(rows.Length + 1, "a line below the header");
        RecipeLoader.Load(Path.Combine(Root, summary.Points[2].Folder, "config.toml"), []).Recipe.Optimizer.LearningRate.ShouldBe(0.02);
    }

    [Fact]
    public void Another_holdout_model_has_losses_of_its_own()
    {
        // Without a file named in the recipe each point would have its own name;
        // here the second point has to refuse or retrain, so it gets a file.
        Sweep sweep = Prepare("irreducible-loss.file=\"" + _tiny.File("a.safetensors") + "\",\"" + _tiny.File("b.safetensors") + "\"");
        sweep.Run("", _events.Add, CancellationToken.None);

        _events.OfType<PreparationEvent.IrreducibleLossesReady>().Select(e => e.Reused).ShouldBe([false, false]);
    }

    [Fact]
    public void The_same_sweep_again_trains_nothing_and_more_values_add_points()
    {
        string first = Prepare("training.large-batch-size=20,40").Run("", _events.Add, CancellationToken.None).ToJson();
        _events.Clear();

        Prepare("training.large-batch-size=20,40").Run("", _events.Add, CancellationToken.None).ToJson().ShouldBe(first);
        _events.OfType<RunEvent.Progressed>().ShouldBeEmpty();

        Prepare("training.large-batch-size=20,40,60").Run("", _events.Add, CancellationToken.None).Points.Count.ShouldBe(3);
        _events.OfType<RunEvent.Finished>().Count().ShouldBe(2);
    }

    [Fact]
    public void A_stopped_sweep_continues_where_it_was()
    {
        using var stop = new CancellationTokenSource();
        Sweep sweep = Prepare("training.large-batch-size=20,40");
        Should.Throw<OperationCanceledException>(() => sweep.Run("", e =>
        {
            if (e is RunEvent.Progressed { Arm.Method: "rho-loss", Step: 3 }) { stop.Cancel(); }
        }, stop.Token));
        File.Exists(Path.Combine(Root, Sweep.SummaryName)).ShouldBeFalse();

        Prepare("training.large-batch-size=20,40").Run("", _events.Add, CancellationToken.None).Points.Count.ShouldBe(2);

        _events.OfType<RunEvent.Finished>().Select(e => e.Reused).ShouldBe([true, false, false, false]);
        _events.OfType<RunEvent.Started>().First().StepsTaken.ShouldBe(3);
    }

    [Fact]
    public void Points_started_with_other_settings_are_not_overwritten()
    {
        Prepare("training.large-batch-size=20").Run("", _events.Add, CancellationToken.None);

        string message = Should.Throw<InvalidInputException>(
            () => Prepare(["optimizer.learning-rate=0.5"], "training.large-batch-size=20")).Message;

        message.ShouldContain("was started with optimizer.learning-rate = 0.01, but now it is 0.5");
        message.ShouldContain("--out");
    }

    [Theory]
    [InlineData("optimizer.learning-rat=0.1", "there is no key optimizer.learning-rat. The nearest is optimizer.learning-rate")]
    [InlineData("optimizer.learning-rate", "must have the form section.key=a,b,c")]
    [InlineData("optimizer.learning-rate=0.1,,0.2", "without an empty value")]
    [InlineData("optimizer.learning-rate=0.1,0.1", "each value may stand once, but 0.1 stands 2 times")]
    [InlineData("optimizer.learning-rate=0.1,0.10",
        "each point may stand once, but optimizer.learning-rate=0.1 and optimizer.learning-rate=0.10 are the same")]
    [InlineData("name=a,b", "a sweep must be over keys that decide what is trained or how fast, but name does not")]
    [InlineData("report.target-accuracy=0.5,0.6", "but report.target-accuracy does not: every point would be the same")]
    [InlineData("checkpoints.keep-last=1,2", "but checkpoints.keep-last does not: every point would be the same")]
    [InlineData("optimizer.learning-rate=0.1,-1.0", "optimizer.learning-rate must be a number above 0, but is -1.0")]
    [InlineData("training.large-batch-size=40,2", "training.large-batch-size must be at least training.batch-size (4), but is 2")]
    public void Bad_keys_and_values_are_named_before_anything_runs(string over, string message)
    {
        Should.Throw<InvalidInputException>(() => Prepare(over)).Message.ShouldContain(message);
        Directory.Exists(Root).ShouldBeFalse();
    }

    [Fact]
    public void One_named_file_of_losses_cannot_be_of_several_settings()
    {
        Should.Throw<InvalidInputException>(() => Prepare("irreducible-loss.epochs=1,2")).Message
            .ShouldStartWith("irreducible-loss.epochs decides the irreducible losses and differs from point to point");
        Directory.Exists(Root).ShouldBeFalse();
    }

    [Fact]
    public void A_key_may_be_swept_or_set()
    {
        SweptKey[] over = [SweptKey.Parse("optimizer.learning-rate=0.1,0.2")];

        Should.Throw<InvalidInputException>(() => SweptKey.RequireNotSet(over, ["model.hidden=[8]", "optimizer.learning-rate = 0.5"]))
            .Message.ShouldBe("--over optimizer.learning-rate: a key that is swept must not have another value besides, but has "
                + "optimizer.learning-rate = 0.5, which every point would replace. Remove one of the two.");
        Should.NotThrow(() => SweptKey.RequireNotSet(over, ["optimizer.momentum=0.5"]));
    }

    [Fact]
    public void A_key_may_be_swept_once()
    {
        Should.Throw<InvalidInputException>(() => Prepare("model.hidden=[8]", "model.hidden=[16]")).Message
            .ShouldContain("Put its values together: model.hidden=[8],[16].");
    }

    [Fact]
    public void A_comma_inside_brackets_or_quotes_belongs_to_the_value()
    {
        SweptKey.Parse("model.hidden=[64],[128, 64]").Values.ShouldBe(["[64]", "[128, 64]"]);
        SweptKey.Parse("training.methods=[\"uniform\", \"rho-loss\"],[\"uniform\"]").Values.Count.ShouldBe(2);
        SweptKey.Parse("data.directory=\"a,b\",c").Values.ShouldBe(["\"a,b\"", "c"]);
    }

    [Fact]
    public void Folders_are_named_by_their_settings_and_never_coincide()
    {
        SettingsGrid.FolderNameOf(["optimizer.learning-rate=0.01", "training.epochs=3"])
            .ShouldBe("optimizer.learning-rate=0.01_training.epochs=3");
        string[] names = [.. new[] { "model.hidden=[6,4]", "model.hidden=[6-4]", "model.hidden=-6,4-" }
            .Select(s => SettingsGrid.FolderNameOf([s]))];
        names.ShouldBeUnique();
        names.ShouldAllBe(n => n.IndexOfAny(Path.GetInvalidFileNameChars()) < 0);
    }

    public void Dispose() => _tiny.Dispose();

    private Sweep Prepare(params string[] over) => Prepare([], over);

    private Sweep Prepare(string[] settings, params string[] over)
    {
        string recipe = _tiny.WriteRecipe();
        return Sweep.Prepare(point => RecipeLoader.Load(recipe, [.. settings, .. point]), [.. over.Select(SweptKey.Parse)], Root);
    }
}
