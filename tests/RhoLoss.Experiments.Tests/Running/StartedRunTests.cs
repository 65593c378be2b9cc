using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>A run is continued only with what it was started with; what differs is named.</summary>
public sealed class StartedRunTests : IDisposable
{
    private static readonly MachineSummary Machine = new("a processor", Cores: 2, MemoryBytes: 1L << 30, Threads: 1, "cpu");

    private readonly TinyExperiment _tiny = new();
    private readonly List<RunEvent> _events = [];

    [Fact]
    public void Settings_that_decide_the_run_are_refused_key_by_key()
    {
        using var check = new NoTensorLeaks();
        RunFolder folder = Stopped();

        string message = Should.Throw<InvalidInputException>(
            () => Continue(folder, "model.hidden=[8]", "training.epochs=1", "machine.threads=2")).Message;

        message.ShouldBe(
            $"{folder.Location} was started with model.hidden = [16], but now it is [8]; with training.epochs = 3, but now it is 1. "
                + "A run goes on as it was started: set them back to continue it, or give another --out to start a new one.");
    }

    [Fact]
    public void Settings_that_decide_nothing_are_reported_and_change_nothing()
    {
        RunFolder whole = RunFolder.CreateAt(_tiny.File("whole"));
        string expected = WithoutTimings.Of((Start(whole) with { IrreducibleLoss = null }).ToJson());
        RunFolder folder = Stopped();
        _events.Clear();

        ComparisonSummary summary = Continue(folder, "data.loader-threads=2", "checkpoints.keep-last=5");

        _events.OfType<RunEvent.Notice>().First().Text
            .ShouldBe(
                "since the run was started, data.loader-threads was changed from 1 to 2; checkpoints.keep-last was changed from 2 to 5");
        WithoutTimings.Of((summary with { IrreducibleLoss = null }).ToJson()).ShouldBe(expected);
    }

    [Theory]
    [InlineData("test", "inputs, labels or ids of the test set have changed")]
    [InlineData("holdout", "inputs, labels or ids of the holdout have changed")]
    [InlineData("training", "inputs, labels or ids of the training set have changed")]
    public void Data_that_have_changed_are_refused_by_the_part_that_did(string part, string difference)
    {
        using var check = new NoTensorLeaks();
        RunFolder folder = Stopped();
        string before = File.ReadAllText(folder.MetricsPath);
        TinyExperiment.Flip(_tiny.DataFile(part == "test" ? TinyExperiment.TestImages : TinyExperiment.TrainImages), PixelOf(part));

        string message = Should.Throw<InvalidInputException>(() => Continue(folder)).Message;

        message.ShouldStartWith($"{folder.Location} was started with other data: ");
        message.ShouldContain(difference);
        message.ShouldEndWith("Restore the data to continue it, or give another --out to start a new run.");
        File.ReadAllText(folder.MetricsPath).ShouldBe(before);
    }

    [Fact]
    public void Irreducible_losses_that_came_out_different_are_refused()
    {
        RunFolder folder = Stopped();
        using (ExperimentData data = ExperimentData.Load(_tiny.Recipe()))
        using (IrreducibleLosses losses = IrreducibleLosses.Load(_tiny.IrreducibleLossFile, data.Training))
        using (torch.NewDisposeScope())
        {
            torch.Tensor others = losses.Of(data.Training.Ids).add(torch.tensor(0.1f));
            using IrreducibleLosses trainedAnew = IrreducibleLosses.From(others, data.Training, losses.Facts);
            trainedAnew.Save(_tiny.IrreducibleLossFile);
        }

        Should.Throw<InvalidInputException>(() => Continue(folder)).Message
            .ShouldStartWith($"{folder.Location} was started with other irreducible losses (hash ");
    }

    [Fact]
    public void Weights_that_were_replaced_are_refused()
    {
        using var check = new NoTensorLeaks();
        string weights = _tiny.File("weights.safetensors");
        SaveWeights(weights, seed: 1);
        RunFolder folder = Stopped($"model.weights={weights}");
        SaveWeights(weights, seed: 2);

        string message = Should.Throw<InvalidInputException>(() => Continue(folder, $"model.weights={weights}")).Message;

        message.ShouldStartWith($"{folder.Location} was started with other weights: {weights} has changed (SHA-256 ");
        message.ShouldEndWith("Restore that file to continue it, or give another --out to start a new run.");
    }

    [Fact]
    public void A_run_that_does_not_say_what_it_was_started_with_cannot_be_continued()
    {
        RunFolder folder = Stopped();
        File.Delete(folder.StartedPath);

        Should.Throw<InvalidInputException>(() => Continue(folder)).Message.ShouldStartWith($"{folder.Location} has no started.json");
    }

    [Fact]
    public void A_finished_run_says_so_and_lower_epochs_are_refused()
    {
        RunFolder folder = RunFolder.CreateAt(_tiny.File("run"));
        string before = Start(folder).ToJson();
        _events.Clear();

        Continue(folder).ToJson().ShouldBe(before);

        _events.ShouldHaveSingleItem()
            .ShouldBe(new RunEvent.Notice($"{folder.Location} is finished: nothing is left to train, and nothing was changed"));
        Should.Throw<InvalidInputException>(() => Continue(folder, "training.epochs=1")).Message
            .ShouldContain("training.epochs = 3, but now it is 1");
    }

    [Fact]
    public void A_comparison_is_held_to_the_same()
    {
        ComparedRun stopped = new ComparedRun(_tiny, "comparison").StopAfter("rho-loss", 8);
        TinyExperiment.Flip(_tiny.DataFile(TinyExperiment.TestImages), PixelOf("test"));

        Should.Throw<InvalidInputException>(() => stopped.Run()).Message
            .ShouldContain("inputs, labels or ids of the test set have changed");
        Should.Throw<InvalidInputException>(() => Comparison.Run(_tiny.Recipe("training.seeds=[0, 1]"), stopped.Folder, Machine, _ => { },
            TestContext.Current.CancellationToken)).Message
            .ShouldContain("was started with training.seeds = [0], but now it is [0, 1]");
    }

    [Fact]
    public void A_folder_that_another_process_writes_is_not_continued()
    {
        RunFolder folder = Stopped();
        File.WriteAllText(folder.ConfigPath, "");   // makes it a run folder that can be opened
        using IDisposable held = RunFolder.Open(folder.Location).Hold();
        string before = File.ReadAllText(folder.MetricsPath);

        Should.Throw<InvalidInputException>(() => Continue(folder)).Message
            .ShouldStartWith($"{folder.Location} is being written by another process");

        File.ReadAllText(folder.MetricsPath).ShouldBe(before);
    }

    public void Dispose() => _tiny.Dispose();

    /// <summary>A run of three epochs that was stopped in its second.</summary>
    private void SaveWeights(string path, long seed)
    {
        Recipe recipe = _tiny.Recipe();
        using ExperimentData data = ExperimentData.Load(recipe);
        using torch.nn.Module<torch.Tensor, torch.Tensor> model = Architecture.TargetOf(recipe).Create(data.Training, seed);
        SafetensorsFile.Write(path, model.state_dict(), new Dictionary<string, string>());
    }

    private RunFolder Stopped(params string[] settings)
    {
        RunFolder folder = RunFolder.CreateAt(_tiny.File("stopped"));
        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => SingleRun.Run(_tiny.Recipe(settings), folder, Machine, resume: false, e =>
        {
            if (e is RunEvent.Progressed { Step: TinyExperiment.StepsPerEpoch + 2 }) { stop.Cancel(); }
        }, stop.Token));
        return folder;
    }

    private ComparisonSummary Start(RunFolder folder) =>
        SingleRun.Run(_tiny.Recipe(), folder, Machine, resume: false, _events.Add, TestContext.Current.CancellationToken);

    private ComparisonSummary Continue(RunFolder folder, params string[] settings) =>
        SingleRun.Run(_tiny.Recipe(settings), folder, Machine, resume: true, _events.Add, TestContext.Current.CancellationToken);

    /// <summary>Position of a pixel of an example of that part in its file of images; ids of this set are positions in the file.</summary>
    private long PixelOf(string part)
    {
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        long id = part switch { "test" => 0, "holdout" => data.Holdout!.Ids.data<long>()[3], _ => data.Training.Ids.data<long>()[3] };
        return TinyExperiment.ImagesHeader + id * TinyExperiment.Side * TinyExperiment.Side + 10;
    }
}
