using System.Globalization;
using System.Text.Json.Nodes;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class ComparisonTests : IDisposable
{
    private const string AllMethods = "training.methods=[\"uniform\", \"rho-loss\", \"train-loss\", \"gradient-norm\", "
        + "\"gradient-norm-is\", \"negative-il\"]";

    private readonly TinyExperiment _tiny = new();

    [Fact]
    public void The_irreducible_losses_are_trained_once_and_shared_by_all_arms()
    {
        using var check = new NoTensorLeaks();
        ComparedRun run =
            new ComparedRun(_tiny, "run", "training.methods=[\"uniform\", \"rho-loss\", \"negative-il\"]", "training.seeds=[0, 1]").Run();

        run.Of<PreparationEvent.DataReady>().ShouldHaveSingleItem();
        run.Of<PreparationEvent.HoldoutEpochDone>().Select(e => e.Result.Epoch).ShouldBe([1, 2, 3]);
        run.Of<PreparationEvent.IrreducibleLossesReady>().ShouldHaveSingleItem().Reused.ShouldBeFalse();
        run.Summary!.IrreducibleLoss!.Reused.ShouldBeFalse();
        run.Of<RunEvent.Finished>().Select(e => e.Arm.Title)
            .ShouldBe(["uniform-seed0", "rho-loss-seed0", "negative-il-seed0", "uniform-seed1", "rho-loss-seed1", "negative-il-seed1"]);
    }

    [Fact]
    public void A_second_comparison_reuses_the_irreducible_losses_as_they_are()
    {
        new ComparedRun(_tiny, "first").Run();
        byte[] before = File.ReadAllBytes(_tiny.IrreducibleLossFile);

        ComparedRun second = new ComparedRun(_tiny, "second", "model.hidden=[24]", "optimizer.learning-rate=0.02").Run();

        second.Of<PreparationEvent.HoldoutEpochDone>().ShouldBeEmpty();
        second.Of<PreparationEvent.IrreducibleLossesReady>().ShouldHaveSingleItem().Reused.ShouldBeTrue();
        second.Summary!.IrreducibleLoss!.Reused.ShouldBeTrue();
        File.ReadAllBytes(_tiny.IrreducibleLossFile).ShouldBe(before);
    }

    [Fact]
    public void Without_a_method_that_needs_them_no_irreducible_losses_are_trained()
    {
        ComparedRun run = new ComparedRun(_tiny, "run", "training.methods=[\"uniform\", \"train-loss\"]").Run();

        run.Of<PreparationEvent.IrreducibleLossesReady>().ShouldBeEmpty();
        run.Summary!.IrreducibleLoss.ShouldBeNull();
        File.Exists(_tiny.IrreducibleLossFile).ShouldBeFalse();
    }

    [Fact]
    public void Every_arm_sees_the_same_noise_whatever_its_seed()
    {
        using var check = new NoTensorLeaks();
        using ExperimentData first = ExperimentData.Load(_tiny.Recipe("training.seeds=[0]"));
        using ExperimentData other = ExperimentData.Load(_tiny.Recipe("training.seeds=[7]", "training.method=uniform", "model.hidden=[8]"));
        using ExperimentData reseeded = ExperimentData.Load(_tiny.Recipe("noise.seed=1"));
        using ExperimentData clean = ExperimentData.Load(_tiny.Recipe("noise.kind=none", "noise.fraction=0.0"));

        other.Training.Fingerprint.Value.ShouldBe(first.Training.Fingerprint.Value);
        reseeded.Training.Fingerprint.Value.ShouldNotBe(first.Training.Fingerprint.Value);
        // ⌊0.1 · 210⌋ points are drawn; a new label is the old one in a tenth of the cases, so fewer than all of them change.
        RunSession.Describe(first).Corrupted.ShouldBe(21);
        RunSession.Describe(first).LabelsChanged!.Value.ShouldBeInRange(10, 21);
        RunSession.Describe(clean).Corrupted.ShouldBeNull();
    }

    [Fact]
    public void All_arms_of_a_comparison_are_trained_on_the_same_data()
    {
        var run = new ComparedRun(_tiny, "run", AllMethods, "training.seeds=[0, 1]", "training.epochs=1",
            "checkpoints.every-epochs=0", "checkpoints.every-steps=2");
        var fingerprints = new List<string>();
        run.Run(e =>
        {
            // An arm's checkpoints are gone once it is done, so each is looked at in its third step, after the checkpoint of the second.
            if (e is RunEvent.Progressed { Step: 3 } s)
            {
                using IDisposable scope = torch.NewDisposeScope();
                fingerprints.Add(new CheckpointStore(run.CheckpointsOf(s.Arm.Title)).LoadNewest().Get("data"));
            }
            return false;
        });

        fingerprints.Count.ShouldBe(12, "six methods with two seeds");
        fingerprints.Distinct().ShouldHaveSingleItem();
    }

    // 18 steps an arm: the middle of the first arm, its last step, the first step of the second, and its last but one.
    [Theory]
    [InlineData("uniform", 7)]
    [InlineData("uniform", 18)]
    [InlineData("rho-loss", 1)]
    [InlineData("rho-loss", 17)]
    public void A_stopped_comparison_keeps_finished_arms_and_ends_the_same(string method, int step)
    {
        ComparedRun whole = new ComparedRun(_tiny, "whole", "report.log-every-steps=1").Run();
        ComparedRun stopped = new ComparedRun(_tiny, "stopped", "report.log-every-steps=1").StopAfter(method, step);
        File.Exists(stopped.Folder.SummaryPath).ShouldBeFalse("the summary says that a comparison is complete");

        stopped.Run();

        stopped.Of<RunEvent.Finished>().Select(e => e.Reused).ShouldBe([method == "rho-loss" || step == 18, false]);
        stopped.Comparable.ShouldBe(whole.Comparable);
        stopped.Metrics.ShouldBe(whole.Metrics);
    }

    [Fact]
    public void A_comparison_killed_before_the_first_checkpoint_of_an_arm_logs_nothing_twice()
    {
        ComparedRun whole = new ComparedRun(_tiny, "whole", "report.log-every-steps=1").Run();
        ComparedRun killed = new ComparedRun(_tiny, "killed", "report.log-every-steps=1")
            .DieAt(e => e is RunEvent.Progressed { Step: 4, Arm.Method: "rho-loss" });
        // A process that dies while it writes a checkpoint leaves a temporary file of this form.
        Directory.CreateDirectory(killed.CheckpointsOf("rho-loss-seed0"));
        File.WriteAllText(
            Path.Combine(killed.CheckpointsOf("rho-loss-seed0"), ".step-000000006.safetensors.0123456789abcdef0123456789abcdef.tmp"),
            "half");

        killed.Run();

        killed.Of<RunEvent.Started>().ShouldHaveSingleItem().StepsTaken.ShouldBe(0);
        killed.Metrics.ShouldBe(whole.Metrics);
        killed.Comparable.ShouldBe(whole.Comparable);
    }

    [Fact]
    public void A_finished_comparison_can_be_run_again_and_trains_nothing()
    {
        ComparedRun run = new ComparedRun(_tiny, "run").Run();
        string before = run.Comparable;

        run.Run();

        run.Of<RunEvent.Progressed>().ShouldBeEmpty();
        run.Comparable.ShouldBe(before);
    }

    [Fact]
    public void A_finished_comparison_leaves_its_numbers_and_picture_and_no_models()
    {
        ComparedRun run = new ComparedRun(_tiny, "run").Run();

        Directory.EnumerateFileSystemEntries(run.Folder.CheckpointsPath).ShouldBeEmpty();
        ComparisonSummary.Load(run.Folder.SummaryPath).ToJson().ShouldBe(run.Summary!.ToJson());
        // The first eight bytes of every PNG file (RFC 2083, section 3.1).
        File.ReadAllBytes(run.Folder.Path("accuracy.png"))[..8].ShouldBe(new byte[] { 137, 80, 78, 71, 13, 10, 26, 10 });
        // One line an epoch and arm.
        run.Metrics.Length.ShouldBe(6);
    }

    [Fact]
    public void A_damaged_arm_is_named()
    {
        ComparedRun run = new ComparedRun(_tiny, "run").StopAfter("rho-loss", 3);
        string arm = run.Folder.Path("arms/uniform-seed0.json");
        File.WriteAllText(arm, File.ReadAllText(arm)[..40]);

        string message = Should.Throw<InvalidInputException>(() => run.Run()).Message;

        message.ShouldStartWith($"{arm} is damaged: ");
        message.ShouldEndWith("Delete it to train this arm again.");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"Arm\":null,\"MetricsPosition\":0}")]
    [InlineData("{\"Arm\":{\"Method\":\"uniform\",\"Seed\":0,\"Epochs\":[]},\"MetricsPosition\":0}")]
    public void An_arm_that_lacks_a_part_is_named(string content)
    {
        ComparedRun run = new ComparedRun(_tiny, "run").StopAfter("rho-loss", 3);
        string arm = run.Folder.Path("arms/uniform-seed0.json");
        File.WriteAllText(arm, content);
        Should.Throw<InvalidInputException>(() => run.Run()).Message.ShouldStartWith($"{arm} is damaged: ");
    }

    // As the version of commit 79acc3a wrote it.
    private const string Earlier = """
        {"Arm":{"Method":"uniform","Seed":0,"Epochs":[{"Epoch":1,"Step":6,"Accuracy":0.5,"TestLoss":1.5,"TrainLoss":2,"Seconds":0.25,
        "ScoringSeconds":0.125,"ExamplesTrained":21,"ExamplesScored":210,"Selected":{"Selected":21,"Corrupted":0.125,"LowRelevance":null,
        "AlreadyCorrect":0.375},"SelectedSha256":"ab"}],"SecondsSpentBefore":1,"PreparationSeconds":2,"AccuracyByEpoch":[0.5]},
        "MetricsPosition":100}
        """;

    [Fact]
    public void An_arm_that_an_earlier_version_finished_is_read_but_nothing_is_continued_after_it()
    {
        ComparedRun run = new ComparedRun(_tiny, "run").StopAfter("rho-loss", 3);
        string path = run.Folder.Path("arms/uniform-seed0.json");
        File.WriteAllText(path, Earlier);

        ArmResult arm = Comparison.FinishedArms(run.Recipe, run.Folder).ShouldHaveSingleItem();
        MeasuredPoint point = arm.Points.ShouldHaveSingleItem();
        (point.Step, point.Epoch, point.Seconds, point.SelectionSeconds).ShouldBe((6, 1, 0.25, 0.125));
        (point.ExamplesTrained, point.ForwardPasses, point.SelectedSha256).ShouldBe((21, 210, "ab"));
        point.Metrics.ShouldBe(new Dictionary<string, double?>
        {
            ["accuracy"] = 0.5,
            ["testLoss"] = 1.5,
            ["trainLoss"] = 2,
            ["selected.selected"] = 21,
            ["selected.corrupted"] = 0.125,
            ["selected.lowRelevance"] = null,
            ["selected.alreadyCorrect"] = 0.375,
        });
        arm.ToSummary(Metric.Named(Metric.Accuracy), target: null).Selected.ShouldBe(new SelectedSummary(0.125, 0.375, null));
        Should.Throw<InvalidInputException>(() => run.Run()).Message.ShouldStartWith($"{path} was written by an earlier version");
    }

    [Fact]
    public void What_was_measured_is_in_every_log_and_in_the_summary()
    {
        ComparedRun run = new ComparedRun(_tiny, "run").Run();

        JsonNode[] lines = [.. File.ReadLines(run.Folder.MetricsPath).Select(line => JsonNode.Parse(line)!)];
        string[] rows = File.ReadAllLines(run.Folder.TablePath);
        MeasuredPoint[] points = [.. run.Summary!.Arms.SelectMany(arm => arm.Points!)];
        rows.Length.ShouldBe(1 + points.Length);
        foreach (string name in Metric.Standard.Where(metric => !metric.IsOfTokens).Select(metric => metric.NameInPoints))
        {
            double?[] values = [.. points.Select(point => point.Metrics[name])];
            lines.Select(line => line[name]!.GetValue<double?>()).ShouldBe(values);
            int column = Array.IndexOf(rows[0].Split(','), name);
            rows.Skip(1).Select(row => (double?)double.Parse(row.Split(',')[column], CultureInfo.InvariantCulture)).ShouldBe(values);
        }
        ComparisonSummary.Load(run.Folder.SummaryPath).Arms[1].Points![^1].Metrics.ShouldBe(run.Summary.Arms[1].Points![^1].Metrics);
        Directory.GetDirectories(run.Folder.TensorBoardPath).Select(path => Path.GetFileName(path)!).Order()
            .ShouldBe(["rho-loss-seed0", "uniform-seed0"]);
    }

    [Fact]
    public void Checkpoints_of_an_arm_that_was_finished_when_the_process_was_killed_go_when_it_continues()
    {
        ComparedRun run = new ComparedRun(_tiny, "run").StopAfter("rho-loss", 3);
        Directory.CreateDirectory(run.CheckpointsOf("uniform-seed0"));
        File.WriteAllText(Path.Combine(run.CheckpointsOf("uniform-seed0"), "step-000000018.safetensors"), "the last");
        run.Run();
        Directory.Exists(run.CheckpointsOf("uniform-seed0")).ShouldBeFalse();
    }

    [Fact]
    public void A_classifier_with_the_holdout_mixed_in_that_was_stopped_goes_on_to_the_bit()
    {
        string[] settings =
        [
            "training.methods=[\"uniform\", \"uniform-with-holdout\"]", "methods.uniform-with-holdout.share=0.5",
            "checkpoints.every-steps=4", "irreducible-loss.file=",
        ];
        ComparedRun whole = new ComparedRun(_tiny, "whole", settings).Run();
        ComparedRun stopped = new ComparedRun(_tiny, "stopped", settings).StopAfter("uniform-with-holdout", step: 9).Run();

        ArmSummary[] arms = [whole.Summary!.Arms[1], stopped.Summary!.Arms[1]];
        arms[0].Method.ShouldBe("uniform-with-holdout");
        arms[1].SelectedSha256.ShouldBe(arms[0].SelectedSha256);
        arms[1].AccuracyByEpoch.ShouldBe(arms[0].AccuracyByEpoch);
        stopped.Metrics.ShouldBe(whole.Metrics);
        whole.Summary.Arms[0].SelectedSha256.ShouldNotBe(arms[0].SelectedSha256);
    }

    [Fact]
    public void The_summary_agrees_with_itself_and_with_the_recipe()
    {
        // Every method that takes its share from the recipe, and all examples into account.
        string[] methods =
        [
            .. MethodTable.All.Where(method => method is { NeedsRelevance: false, NeedsProvenance: false }).Select(method => method.Name)
                .Except(["selective-backprop", "infobatch", "rs2", "auto"]),
        ];
        ComparedRun run = new ComparedRun(_tiny, "run", $"training.methods=[\"{string.Join("\", \"", methods)}\"]", "training.epochs=4",
            "report.target-accuracy=0.5", "model.dropout=0.25")
            .Run();

        run.Summary!.Arms.Select(a => a.Method).ShouldBe(methods);
        run.Summary.Target!.Accuracy.ShouldBe(0.5);
        foreach (ArmSummary arm in run.Summary.Arms)
        {
            // 4 epochs of ⌈210 / 40⌉ steps; of the batches, five of 40 give 4 points and one of 10 gives 1,
            // or 2 where both kinds are in it.
            arm.Steps.ShouldBe(4 * 6);
            arm.ExamplesTrained.ShouldBe(4 * (5 * 4 + (arm.Method == "uniform-with-holdout" ? 2 : 1)));
            arm.ExamplesScored.ShouldBe(arm.Method switch
            {
                "uniform" or "svp" or "random-share" or "holdout-only" or "uniform-with-holdout" or "negative-il" or "filter-uniform" => 0,
                "original-rho" => 2 * 4 * 210,                                  // by the target and by the IL model
                _ when RecipeArm.Parse(arm.Method).Method.NeedsDropout => 10 * 4 * 210,             // ten dropout passes
                _ => 4 * 210,
            }, arm.Method);
            IReadOnlyList<double> accuracies = arm.AccuracyByEpoch!;
            accuracies.Count.ShouldBe(4);
            arm.FinalAccuracy.ShouldBe(accuracies[3]);
            arm.BestAccuracy.ShouldBe(accuracies.Max());
            (arm.FinalMetric, arm.BestMetric, arm.MetricByEpoch).ShouldBe((accuracies[3], accuracies.Max(), accuracies));
            arm.EpochsToTarget.ShouldBe(
                accuracies.Any(a => a >= 0.5) ? accuracies.TakeWhile(a => a < 0.5).Count() + 1 : null, arm.Method);
            arm.ScoringSeconds.ShouldBeLessThanOrEqualTo(arm.Seconds);
            if (arm.SecondsToTarget is { } seconds) { seconds.ShouldBeInRange(0, arm.Seconds); }
            (arm.SecondsToTarget is null).ShouldBe(arm.EpochsToTarget is null);
            arm.Selected.Corrupted!.Value.ShouldBeInRange(0, 1);
            arm.Selected.LowRelevance.ShouldBeNull();
        }
        run.Summary.Speedups!.Select(s => s.Method).ShouldBe(methods.Skip(1));
        run.Summary.Speedup!.Method.ShouldBe("rho-loss");
    }

    [Fact]
    public void Speedups_follow_from_the_arms()
    {
        ComparisonSummary summary = new ComparedRun(_tiny, "run", "training.epochs=8").Run().Summary!;
        (ArmSummary uniform, ArmSummary rho) = (summary.Arms[0], summary.Arms[1]);

        // Without a fixed target it is the baseline's best accuracy, which the baseline itself always reaches.
        summary.Target!.Accuracy.ShouldBe(uniform.BestAccuracy);
        uniform.EpochsToTarget.ShouldNotBeNull();
        summary.Speedup!.Epochs.ShouldBe(rho.EpochsToTarget is { } e ? (double)uniform.EpochsToTarget.Value / e : null);
        summary.Speedup.SecondsWithIrreducibleLoss.ShouldBe(
            rho.SecondsToTarget is { } s ? uniform.SecondsToTarget!.Value / (s + summary.IrreducibleLoss!.Seconds) : null);
    }

    [Fact]
    public void The_seconds_of_svps_proxy_are_kept_with_its_arm_whether_they_count_in_a_budget_or_not()
    {
        ComparisonSummary summary =
            new ComparedRun(_tiny, "run", "training.methods=[\"uniform\", \"svp\"]", "irreducible-loss.charge=false").Run().Summary!;

        summary.Arms[0].PreparationSeconds.ShouldBe(0);
        summary.Arms[1].PreparationSeconds.ShouldBeGreaterThan(0);
        summary.Arms[1].SecondsSpentBefore.ShouldBe(0);
    }

    [Fact]
    public void A_loss_that_explodes_stops_the_comparison_without_a_summary()
    {
        var run = new ComparedRun(_tiny, "run", "optimizer.learning-rate=1e30");

        NonFiniteLossException failure = Should.Throw<NonFiniteLossException>(() => run.Run());

        failure.Step.ShouldBe(2, "the first step still sees the initial weights");
        failure.ExampleIds.Count.ShouldBe(4);
        failure.Message.ShouldContain($"step 2 is NaN, on the examples with id {string.Join(", ", failure.ExampleIds)}");
        File.Exists(run.Folder.SummaryPath).ShouldBeFalse();
    }

    [Fact]
    public void Scores_that_explode_name_arm_step_and_examples()
    {
        var run = new ComparedRun(_tiny, "run", "optimizer.learning-rate=1e30", "training.methods=[\"rho-loss\", \"uniform\"]");

        string message = Should.Throw<NonFiniteScoreException>(() => run.Run()).Message;

        message.ShouldStartWith("Step 2 of rho-loss with seed 0: ");
        message.ShouldContain("40 examples (id ");
        File.Exists(run.Folder.SummaryPath).ShouldBeFalse();
    }

    public void Dispose() => _tiny.Dispose();
}
