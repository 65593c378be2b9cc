using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Tests.Support;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class CheckpointEvaluationTests : IDisposable
{
    private const int Epochs = 5;

    private readonly TinyExperiment _tiny = new();
    private readonly RunFolder _folder;
    private readonly List<string> _notes = [];
    private readonly ArmSummary _arm;

    public CheckpointEvaluationTests()
    {
        ResolvedRecipe resolved = RecipeLoader.Load(_tiny.WriteRecipe(),
            [$"training.epochs={Epochs}", "checkpoints.keep-last=9", "training.seeds=[3]"]);
        _folder = RunFolder.CreateAt(_tiny.File("run"));
        File.WriteAllText(_folder.ConfigPath, resolved.ToToml());
        _arm = SingleRun.Run(resolved.Recipe, _folder, new MachineSummary("a processor", 2, 1L << 30, 1, "cpu"), resume: false, _ => { },
            TestContext.Current.CancellationToken).Arms[0];
    }

    [Fact]
    public void Every_checkpoint_has_the_accuracy_that_was_logged_when_it_was_written()
    {
        using var check = new NoTensorLeaks();
        IReadOnlyList<string> paths = new CheckpointStore(_folder.CheckpointsPath).Newest();

        double[] measured = [.. paths.Reverse().Select(p => Evaluate(_folder, p).Accuracy!.Value)];

        measured.ShouldBe(_arm.AccuracyByEpoch!);
        measured.Distinct().Count().ShouldBeGreaterThan(1, "equal accuracies would prove nothing");
    }

    [Fact]
    public void The_last_and_the_best_checkpoint_are_found()
    {
        CheckpointEvaluation last = Evaluate(_folder, "last"), best = Evaluate(_folder, "best");

        (last.Step, last.Accuracy).ShouldBe((Epochs * TinyExperiment.StepsPerEpoch, _arm.FinalAccuracy));
        best.Accuracy.ShouldBe(_arm.BestAccuracy);
        (best.Dataset, best.Method, best.Seed, best.Count)
            .ShouldBe(("fashion-mnist", "rho-loss", 3, TinyExperiment.Classes * TinyExperiment.TestPerClass));
    }

    [Fact]
    public void The_classes_add_up_to_the_whole()
    {
        CheckpointEvaluation last = Evaluate(_folder, "last");

        last.ByClass.Select(c => c.Count).ShouldBe(Enumerable.Repeat(TinyExperiment.TestPerClass, TinyExperiment.Classes));
        last.ByClass.Average(c => c.Accuracy!.Value).ShouldBe(last.Accuracy!.Value, 1e-12, "classes of equal size");
        last.Metrics["worstClassAccuracy"].ShouldBe(last.ByClass.Min(c => c.Accuracy));
        last.ByClass[9].Name.ShouldBe("Ankle boot", "Fashion-MNIST's label 9");
    }

    [Fact]
    public void A_network_for_images_writes_no_text()
    {
        Evaluate(_folder, "last").Sample.ShouldBeNull();
        Should.Throw<InvalidInputException>(() => CheckpointEvaluation.Run(_folder, "last", _ => { }, sampleTokens: 20)).Message.ShouldBe(
            $"--sample lets a language model write, but the model of {_folder.Location} is mlp, which writes no text. Remove --sample.");
    }

    [Fact]
    public void A_comparison_has_no_checkpoint_to_evaluate()
    {
        ComparedRun comparison = new ComparedRun(_tiny, "comparison").Run();
        File.Copy(_folder.ConfigPath, comparison.Folder.ConfigPath);

        foreach (string which in new[] { "best", "last" })
        {
            Should.Throw<InvalidInputException>(() => Evaluate(comparison.Folder, which)).Message
                .ShouldStartWith($"{comparison.Folder.Location} has no checkpoint. ");
        }
    }

    [Fact]
    public void A_missing_or_damaged_checkpoint_is_named()
    {
        string missing = Path.Combine(_folder.CheckpointsPath, "none.safetensors");
        string last = new CheckpointStore(_folder.CheckpointsPath).Newest()[0];
        TinyExperiment.Flip(last, new FileInfo(last).Length - 100);

        Should.Throw<InvalidInputException>(() => Evaluate(_folder, missing)).Message.ShouldContain(missing);
        Should.Throw<InvalidInputException>(() => Evaluate(_folder, last)).Message.ShouldStartWith($"{last} is damaged: ");
    }

    [Theory]
    [InlineData(TinyExperiment.TestImages, TinyExperiment.ImagesHeader + 5)]
    [InlineData(TinyExperiment.TestLabels, TinyExperiment.LabelsHeader + 4)]
    public void A_test_set_that_has_changed_is_refused(string file, long position)
    {
        using var check = new NoTensorLeaks();
        TinyExperiment.Flip(_tiny.DataFile(file), position);

        string message = Should.Throw<InvalidInputException>(() => Evaluate(_folder, "last")).Message;

        message.ShouldStartWith(
            $"{_folder.Location} was measured on another test set: inputs, labels or ids of the test set have changed (fingerprint ");
        message.ShouldEndWith("). Restore the test set to evaluate the run's checkpoints.");
    }

    [Fact]
    public void Examples_of_the_training_set_that_have_changed_change_nothing_of_the_accuracy()
    {
        using var check = new NoTensorLeaks();
        TinyExperiment.Flip(_tiny.DataFile(TinyExperiment.TrainImages), TinyExperiment.ImagesHeader + 5);

        Evaluate(_folder, "last").Accuracy.ShouldBe(_arm.FinalAccuracy);
        _notes.ShouldBeEmpty();
    }

    [Fact]
    public void Keys_of_data_and_model_that_have_changed_are_named()
    {
        Edit("hidden = [16]", "hidden = [8]");
        Edit("split-seed = 0", "split-seed = 1");
        Edit("epochs = 5", "epochs = 9");   // decides nothing that is measured here

        Should.Throw<InvalidInputException>(() => Evaluate(_folder, "last")).Message.ShouldBe(
            $"{_folder.Location} was trained with data.split-seed = 0, but now it is 1; with model.hidden = [16], but now it is [8]. "
            + "Set them back in its config.toml to evaluate its checkpoints.");
    }

    [Fact]
    public void A_run_that_records_no_test_set_is_evaluated_with_a_note()
    {
        File.Delete(_folder.StartedPath);

        Evaluate(_folder, "last").Accuracy.ShouldBe(_arm.FinalAccuracy);

        _notes.ShouldHaveSingleItem().ShouldBe(
            $"{_folder.Location} does not record which test set it was measured on, so nothing shows whether this one is the same.");
    }

    [Fact]
    public void Weights_of_another_network_are_refused()
    {
        File.Delete(_folder.StartedPath);   // which would name the key
        Edit("hidden = [16]", "hidden = [8]");

        Should.Throw<InvalidInputException>(() => Evaluate(_folder, "last")).Message
            .ShouldContain("weights are of another model");
    }

    public void Dispose() => _tiny.Dispose();

    private CheckpointEvaluation Evaluate(RunFolder folder, string which) =>
        CheckpointEvaluation.Run(folder, which, e => _notes.AddRange(e.Notes));

    private void Edit(string before, string now)
    {
        string config = File.ReadAllText(_folder.ConfigPath);
        config.ShouldContain(before);
        File.WriteAllText(_folder.ConfigPath, config.Replace(before, now, StringComparison.Ordinal));
    }
}
