using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Running;
using RhoLoss.Experiments.Runs;
using RhoLoss.Tests.Support;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class CheckpointEvaluationTests : IDisposable
{
    private const int Epochs = 5;

    private readonly TinyExperiment _tiny = new();
    private readonly RunFolder _folder;
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

        double[] measured = [.. paths.Reverse().Select(p => CheckpointEvaluation.Run(_folder, p).Accuracy)];

        measured.ShouldBe(_arm.AccuracyByEpoch);
        measured.Distinct().Count().ShouldBeGreaterThan(1, "equal accuracies would prove nothing");
    }

    [Fact]
    public void The_last_and_the_best_checkpoint_are_found()
    {
        CheckpointEvaluation last = CheckpointEvaluation.Run(_folder, "last"), best = CheckpointEvaluation.Run(_folder, "best");

        (last.Step, last.Accuracy).ShouldBe((Epochs * TinyExperiment.StepsPerEpoch, _arm.FinalAccuracy));
        best.Accuracy.ShouldBe(_arm.BestAccuracy);
        (best.Dataset, best.Method, best.Seed, best.Count)
            .ShouldBe(("fashion-mnist", "rho-loss", 3, TinyExperiment.Classes * TinyExperiment.TestPerClass));
    }

    [Fact]
    public void The_classes_add_up_to_the_whole()
    {
        CheckpointEvaluation last = CheckpointEvaluation.Run(_folder, "last");

        last.ByClass.Select(c => c.Count).ShouldBe(Enumerable.Repeat(TinyExperiment.TestPerClass, TinyExperiment.Classes));
        last.ByClass.Average(c => c.Accuracy).ShouldBe(last.Accuracy, 1e-12, "classes of equal size");
        last.ByClass[9].Name.ShouldBe("Ankle boot", "Fashion-MNIST's label 9");
    }

    [Fact]
    public void A_comparison_has_no_checkpoint_to_evaluate()
    {
        ComparedRun comparison = new ComparedRun(_tiny, "comparison").Run();
        File.Copy(_folder.ConfigPath, comparison.Folder.ConfigPath);

        foreach (string which in new[] { "best", "last" })
        {
            Should.Throw<InvalidInputException>(() => CheckpointEvaluation.Run(comparison.Folder, which)).Message
                .ShouldStartWith($"{comparison.Folder.Location} has no checkpoint. ");
        }
    }

    [Fact]
    public void A_missing_or_damaged_checkpoint_is_named()
    {
        string missing = Path.Combine(_folder.CheckpointsPath, "none.safetensors");
        string last = new CheckpointStore(_folder.CheckpointsPath).Newest()[0];
        TinyExperiment.Flip(last, new FileInfo(last).Length - 100);

        Should.Throw<InvalidInputException>(() => CheckpointEvaluation.Run(_folder, missing)).Message.ShouldContain(missing);
        Should.Throw<InvalidInputException>(() => CheckpointEvaluation.Run(_folder, last)).Message.ShouldStartWith($"{last} is damaged: ");
    }

    [Fact]
    public void Weights_of_another_network_are_refused()
    {
        File.WriteAllText(_folder.ConfigPath,
            File.ReadAllText(_folder.ConfigPath).Replace("hidden = [16]", "hidden = [8]", StringComparison.Ordinal));

        Should.Throw<InvalidInputException>(() => CheckpointEvaluation.Run(_folder, "last")).Message
            .ShouldContain("weights are of another model");
    }

    public void Dispose() => _tiny.Dispose();
}
