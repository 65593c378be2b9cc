using System.Security.Cryptography;
using System.Text.Json.Nodes;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Logging;
using RhoLoss.Tests.Support;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class TrainingRunTests : IDisposable
{
    private const int Epochs = 3, Steps = Epochs * TinyExperiment.StepsPerEpoch;
    private const string EveryEpoch = "checkpoints.every-epochs=1", NoEpochs = "checkpoints.every-epochs=0";
    private const string EveryFourSteps = "checkpoints.every-steps=4", EveryStepLogged = "report.log-every-steps=1";

    private readonly TinyExperiment _tiny = new();

    // The decisions of auto depend on the clock: its runs are not repeatable.
    // Those that ask for documents or leave out some of the examples, and so take other steps, are in CorpusComparisonTests.
    public static TheoryData<string> AllMethods =>
    [
        .. MethodTable.All.Where(method => method is { Name: not "auto", NeedsRelevance: false, NeedsProvenance: false })
            .Select(method => method.Name),
    ];

    /// <summary>
    /// Epochs · ⌈210 / n_B⌉, where rs2 has n_B = n_b = 4 and selective backpropagation 8; infobatch leaves some out after its
    /// first epoch.
    /// </summary>
    private static (int Least, int Most) StepsOf(string method) => method switch
    {
        "rs2" => (Epochs * 53, Epochs * 53),
        "selective-backprop" => (Epochs * 27, Epochs * 27),
        // At the least half of the examples stay, if all are below the mean.
        "infobatch" => (53 + (Epochs - 1) * 27, Epochs * 53 - 1),
        _ => (Steps, Steps),
    };

    [Theory]
    [MemberData(nameof(AllMethods))]
    public void Two_runs_with_one_seed_select_the_same_points_and_reach_the_same_accuracies(string method)
    {
        using var check = new NoTensorLeaks();
        using var first = new TracedRun(_tiny, "first", method, EveryStepLogged);
        using var second = new TracedRun(_tiny, "second", method, EveryStepLogged);
        using var other = new TracedRun(_tiny, "other", method, "training.seeds=[1]");

        first.ToTheEnd();
        second.ToTheEnd();
        other.ToTheEnd();

        first.Ids.Count.ShouldBeInRange(StepsOf(method).Least, StepsOf(method).Most);
        second.ShouldEqual(first);
        other.Ids[1].ShouldNotBe(first.Ids[1], "another seed has another order");
    }

    // Of the 18 steps: the first, the end of an epoch, the middle of one, the one before the last.
    [Theory]
    [CombinatorialSteps(1, TinyExperiment.StepsPerEpoch, 8, Steps - 1)]
    public void A_stopped_and_resumed_run_is_the_uninterrupted_one(string method, int step)
    {
        using var check = new NoTensorLeaks();
        using var whole = new TracedRun(_tiny, "whole", method, EveryStepLogged);
        using var byEpoch = new TracedRun(_tiny, "by epoch", method, EveryStepLogged, EveryEpoch);
        using var byStep = new TracedRun(_tiny, "by step", method, EveryStepLogged, NoEpochs, EveryFourSteps);

        whole.ToTheEnd();
        byEpoch.StopAfter(step).Resume();
        byStep.StopAfter(step).Resume();

        byEpoch.ShouldEqual(whole);
        byStep.ShouldEqual(whole);
    }

    // The ends of the first epoch of the methods with other shares, and the middle of their second.
    [Theory]
    [InlineData("rs2", 53)]
    [InlineData("rs2", 60)]
    [InlineData("infobatch", 53)]
    [InlineData("infobatch", 60)]
    [InlineData("selective-backprop", 27)]
    [InlineData("rho-loss@0.5", 27)]
    [InlineData("rho-loss@0.5", 40)]
    [InlineData("rho-loss+replica", 8)]
    [InlineData("rho-loss+proxy", 8)]
    [InlineData("learnability+last-seen", 8)]
    [InlineData("learnability-sampled+cascade@0.25", 8)]
    [InlineData("train-loss+plan", 8)]
    public void An_arm_with_its_own_scorer_or_share_is_resumed_like_any_other(string arm, int step)
    {
        using var check = new NoTensorLeaks();
        string[] settings =
        [
            EveryStepLogged, NoEpochs, EveryFourSteps, "scoring.refresh-every=3", "scoring.proxy-hidden=[8]",
            $"scoring.plan-file={_tiny.File("plan")}",
        ];
        using var whole = new TracedRun(_tiny, "whole", arm, settings);
        using var stopped = new TracedRun(_tiny, "stopped", arm, settings);

        whole.ToTheEnd();
        stopped.StopAfter(step).Resume();

        stopped.ShouldEqual(whole);
    }

    [Fact]
    public void A_run_that_decides_by_itself_trains_and_evaluates_to_the_end_and_can_be_stopped()
    {
        using var check = new NoTensorLeaks();
        using var run = new TracedRun(_tiny, "auto", "auto", EveryFourSteps, "scoring.proxy-hidden=[8]");

        run.StopAfter(9).Resume();

        run.Result!.Points.Count.ShouldBe(Epochs);
        run.Ids.Keys.ShouldBe(Enumerable.Range(1, run.Ids.Count).Select(s => (long)s));
        run.Ids.Values.ShouldAllBe(ids => ids.Length >= 1 && ids.Length <= 4 && ids.Distinct().Count() == ids.Length);
    }

    [Fact]
    public void Stopping_twice_changes_nothing_either()
    {
        using var whole = new TracedRun(_tiny, "whole", "rho-loss");
        using var stopped = new TracedRun(_tiny, "stopped", "rho-loss");

        whole.ToTheEnd();
        stopped.StopAfter(3).StopAfter(9, resume: true).Resume();

        stopped.ShouldEqual(whole);
    }

    // Dying in step 11 loses the steps after the last checkpoint: 6 (end of the first epoch), or 8 (the last multiple of 4).
    [Theory]
    [InlineData(EveryEpoch, 6)]
    [InlineData(EveryFourSteps, 8)]
    public void A_killed_run_repeats_what_followed_its_last_checkpoint(string checkpoints, int lastSaved)
    {
        using var whole = new TracedRun(_tiny, "whole", "gradient-norm-is", EveryStepLogged);
        using var killed = new TracedRun(_tiny, "killed", "gradient-norm-is", EveryStepLogged, checkpoints);

        whole.ToTheEnd();
        killed.DieIn(11);
        killed.CheckpointNames[^1].ShouldBe($"step-{lastSaved:D9}");
        killed.Resume();

        killed.ShouldEqual(whole);
    }

    [Fact]
    public void Importance_sampling_that_only_sometimes_pays_resumes_too()
    {
        // A threshold that the estimate crosses during the run would need tuning; the smoothed estimate itself is what has to survive.
        using var whole = new TracedRun(_tiny, "whole", "gradient-norm-is", "methods.gradient-norm-is.variance-reduction=true");
        using var stopped = new TracedRun(_tiny, "stopped", "gradient-norm-is", "methods.gradient-norm-is.variance-reduction=true");

        whole.ToTheEnd();
        stopped.StopAfter(7).Resume();

        stopped.ShouldEqual(whole);
    }

    [Fact]
    public void A_network_with_running_statistics_resumes_too()
    {
        // 8 of 40 make 2 of the last 10: an 8×8 image is 1×1 in the last layers, and BatchNorm cannot normalise a single value.
        string[] resnet = ["model.name=resnet-18", "training.epochs=1", "training.batch-size=8"];
        using var whole = new TracedRun(_tiny, "whole", "rho-loss", resnet);
        using var stopped = new TracedRun(_tiny, "stopped", "rho-loss", resnet);

        whole.ToTheEnd();
        stopped.StopAfter(2).Resume();

        stopped.ShouldEqual(whole);
    }

    [Fact]
    public void A_run_whose_trainer_cannot_be_made_leaves_no_tensor_behind()
    {
        Recipe recipe = _tiny.Recipe("model.name=resnet-18", "training.batch-size=1");   // BatchNorm needs two
        using ExperimentData data = ExperimentData.Load(recipe);
        using var logs = new RunLogs();
        using var check = new NoTensorLeaks();

        Should.Throw<InvalidInputException>(() => TrainingRun.Prepare(
            recipe, RecipeArm.Parse("uniform", 0), data, null, logs, new CheckpointStore(_tiny.File("checkpoints")),
            TestContext.Current.CancellationToken)).Message.ShouldContain("BatchNorm");
    }

    [Fact]
    public void A_test_loss_that_is_no_number_stops_the_run_with_a_reason()
    {
        // One step for all 210 examples: its loss is that of the first weights, and those after it are too large to compute with.
        using var run = new TracedRun(
            _tiny, "run", "uniform", "training.large-batch-size=210", "optimizer.learning-rate=1e30", "training.epochs=1");

        Should.Throw<NonFiniteLossException>(() => run.ToTheEnd()).Message.ShouldStartWith(
            "The test loss of uniform with seed 0 is NaN after epoch 1 (step 1): ");

        run.CheckpointNames.ShouldBeEmpty("a broken network is no checkpoint");
        run.Metrics.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("flipped")]
    [InlineData("empty")]
    public void A_damaged_checkpoint_is_reported_and_the_one_before_it_used(string damage)
    {
        using var whole = new TracedRun(_tiny, "whole", "rho-loss");
        using var damaged = new TracedRun(_tiny, "damaged", "rho-loss", EveryFourSteps);

        whole.ToTheEnd();
        damaged.StopAfter(10);
        string newest = damaged.Checkpoints.Newest()[0];
        byte[] bytes = File.ReadAllBytes(newest);
        if (damage == "flipped") { TinyExperiment.Flip(newest, bytes.Length - 100); }
        else { File.WriteAllBytes(newest, damage == "cut" ? bytes[..(bytes.Length / 2)] : []); }
        damaged.Resume();

        damaged.Notices.ShouldHaveSingleItem().ShouldStartWith(newest);
        damaged.Notices[0].ShouldEndWith("Falling back to the checkpoint before it.");
        damaged.ShouldEqual(whole);
    }

    [Theory]
    [InlineData("totals.seconds", "null", "has the value 'totals.seconds' = 'null', but it must be a number")]
    [InlineData("totals.loss", "NaN", "'totals.loss' = 'NaN', but it must be finite")]
    [InlineData("totals.selected-sha256", "[]", "'totals.selected-sha256' = '[]', but it must be a SHA-256")]
    [InlineData("log.metrics.jsonl", "1e9", "'log.metrics.jsonl' = '1e9', but it must be a whole number")]
    [InlineData("points", "{", "The entry points of the checkpoint is damaged: ")]
    [InlineData("points", "null", "The entry points of the checkpoint is damaged: ")]
    [InlineData("points", "[null]", "The entry points of the checkpoint is damaged: a point is null or has no accuracy")]
    public void A_checkpoint_with_a_right_checksum_and_values_of_another_form_is_refused(string name, string value, string message)
    {
        using var run = new TracedRun(_tiny, "run", "uniform", EveryFourSteps);
        run.StopAfter(10);
        using (torch.NewDisposeScope())
        {
            Checkpoint checkpoint = Checkpoint.Load(run.Checkpoints.Newest()[0]);
            checkpoint.Values[name] = value;
            checkpoint.Save(run.Checkpoints.Newest()[0]);
        }
        Should.Throw<InvalidInputException>(run.Resume).Message.ShouldContain(message);
    }

    [Fact]
    public void Without_a_whole_checkpoint_resuming_is_refused()
    {
        using var run = new TracedRun(_tiny, "run", "uniform");
        run.StopAfter(8);
        foreach (string path in run.Checkpoints.Newest()) { File.WriteAllText(path, "no checkpoint"); }

        Should.Throw<InvalidInputException>(() => run.Resume()).Message.ShouldContain("no usable checkpoint");
        run.Notices.Count.ShouldBe(2, "step 6, the end of the epoch, and step 8 were saved");
    }

    [Fact]
    public void Resuming_with_other_data_is_refused()
    {
        using (var run = new TracedRun(_tiny, "run", "uniform")) { run.StopAfter(8); }
        TinyExperiment.Flip(_tiny.DataFile(TinyExperiment.TrainLabels), TinyExperiment.LabelsHeader + 5);
        File.Delete(_tiny.IrreducibleLossFile);
        using var changed = new TracedRun(_tiny, "run", "uniform");

        string message = Should.Throw<InvalidInputException>(() => changed.Resume()).Message;

        message.ShouldStartWith("The checkpoint to resume was trained on other data");
        message.ShouldContain("Restore the data");
    }

    [Fact]
    public void Resuming_with_another_method_or_seed_is_refused()
    {
        using (var run = new TracedRun(_tiny, "run", "uniform")) { run.StopAfter(8); }
        using var method = new TracedRun(_tiny, "run", "train-loss");
        using var seed = new TracedRun(_tiny, "run", "uniform", "training.seeds=[4]");

        Should.Throw<InvalidInputException>(() => method.Resume()).Message.ShouldContain("has method uniform, but this run has train-loss");
        Should.Throw<InvalidInputException>(() => seed.Resume()).Message.ShouldContain("has seed 0, but this run has 4");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_newest_checkpoints_stay_as_the_recipe_says(int keepLast)
    {
        using var run = new TracedRun(_tiny, "run", "uniform", EveryFourSteps, NoEpochs, $"checkpoints.keep-last={keepLast}",
            "checkpoints.keep-best=0");

        run.ToTheEnd();

        // Multiples of 4 and the end of the run: 4, 8, 12, 16, 18.
        run.CheckpointNames.ShouldBe(new[] { 4, 8, 12, 16, 18 }[^keepLast..].Select(s => $"step-{s:D9}"));
    }

    [Fact]
    public void The_most_accurate_checkpoints_stay_besides()
    {
        using var run = new TracedRun(_tiny, "run", "rho-loss", "training.epochs=6",
            "checkpoints.keep-last=1", "checkpoints.keep-best=2");

        IReadOnlyList<double> accuracies = run.ToTheEnd().Result!.ByEpoch(Metric.Named(Metric.Accuracy));

        int[] best = [.. Enumerable.Range(1, 6).OrderByDescending(e => accuracies[e - 1]).ThenByDescending(e => e).Take(2)];
        run.CheckpointNames.ShouldBe(best.Append(6).Distinct().Order().Select(e => $"step-{e * TinyExperiment.StepsPerEpoch:D9}"));
        run.Checkpoints.Best().ShouldNotBeNull().ShouldEndWith($"step-{best[0] * TinyExperiment.StepsPerEpoch:D9}.safetensors");
    }

    [Fact]
    public void Checkpoints_every_so_many_steps_are_written_where_an_epoch_ends_too()
    {
        using var run = new TracedRun(_tiny, "run", "uniform", NoEpochs, $"checkpoints.every-steps={TinyExperiment.StepsPerEpoch}",
            "checkpoints.keep-last=9");

        run.ToTheEnd();

        run.CheckpointNames.ShouldBe(["step-000000006", "step-000000012", "step-000000018"]);
    }

    [Fact]
    public void Each_epoch_and_each_logged_step_has_a_line_of_metrics()
    {
        using var run = new TracedRun(_tiny, "run", "rho-loss", "report.log-every-steps=5");
        run.ToTheEnd();

        JsonNode[] lines = [.. run.Metrics.Select(l => JsonNode.Parse(l)!)];

        // Steps 5, 10 and 15 of 18, in an order with the ends of the epochs at 6, 12 and 18.
        lines.Select(l => $"{l["kind"]} {l["step"]}").ShouldBe(["step 5", "epoch 6", "step 10", "epoch 12", "step 15", "epoch 18"]);
        lines[1]["accuracy"]!.GetValue<double>().ShouldBe(run.Result!.ByEpoch(Metric.Named(Metric.Accuracy))[0]);
        lines[0]["quantiles"]!["reducibleLoss"]!["selected"]!.AsArray().Count.ShouldBe(3);
    }

    [Fact]
    public void The_hash_of_the_selections_can_be_recomputed_from_the_ids()
    {
        using var run = new TracedRun(_tiny, "run", "train-loss");
        run.ToTheEnd();

        // SHA-256(previous hash ‖ ids as little-endian int64), from an empty hash.
        byte[] hash = run.Ids.Values.Aggregate(Array.Empty<byte>(),
            (previous, ids) => SHA256.HashData([.. previous, .. ids.SelectMany(BitConverter.GetBytes)]));

        run.Result!.Points[^1].SelectedSha256.ShouldBe(Convert.ToHexStringLower(hash));
    }

    [Theory]
    [InlineData(40, 20, 20)]
    [InlineData(30, 7, 7)]
    [InlineData(5, 20, 5)]   // a budget of fewer steps than evaluations ends with the budget
    [InlineData(1, 20, 1)]
    public void A_budget_of_steps_is_never_overrun(int steps, int evaluations, int evaluated)
    {
        using var check = new NoTensorLeaks();
        using var run = new TracedRun(_tiny, "run", "rho-loss",
            $"training.steps={steps}", $"training.evaluations={evaluations}", NoEpochs);
        run.ToTheEnd();

        run.Ids.Count.ShouldBe(steps);
        run.Result!.Points.Count.ShouldBe(evaluated);
        run.Result.Points[^1].Step.ShouldBe(steps);
        run.CheckpointNames.ShouldBe([$"step-{steps:D9}"]);   // the end is saved in any case
    }

    [Fact]
    public void A_budget_that_the_irreducible_losses_have_used_up_leaves_one_step()
    {
        using var check = new NoTensorLeaks();
        // Three epochs of the holdout model took longer.
        using var run = new TracedRun(_tiny, "run", "rho-loss", "training.seconds=1e-6");
        run.ToTheEnd();

        run.Ids.Count.ShouldBe(1);
        run.Result!.Points.ShouldHaveSingleItem().Step.ShouldBe(1);
    }

    [Fact]
    public void Each_epoch_trains_on_a_tenth_and_scores_everything()
    {
        using var run = new TracedRun(_tiny, "run", "rho-loss");
        run.ToTheEnd();

        // 5 batches of 40 give 4 each, the last of 10 gives max(1, ⌊10 · 4/40⌋) = 1.
        run.Ids.Values.Select(ids => ids.Length).ShouldBe(Enumerable.Repeat(new[] { 4, 4, 4, 4, 4, 1 }, Epochs).SelectMany(k => k));
        run.Result!.Points.Select(e => e.ExamplesTrained).ShouldBe([21, 42, 63]);
        run.TimesSelected.Sum().ShouldBe(63);
        run.LastLoss.ShouldAllBe(loss => float.IsFinite(loss), "each was a candidate");
        run.Result.Points.Select(e => e.ForwardPasses).ShouldBe([210, 420, 630]);
        run.Result.Points[0].Metric("selected.selected").ShouldBe(21);
    }

    public void Dispose() => _tiny.Dispose();
}

/// <summary>Every method whose runs are repeatable, with each of these steps.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CombinatorialStepsAttribute(params int[] steps) : Xunit.v3.DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(
        System.Reflection.MethodInfo testMethod, Xunit.Sdk.DisposalTracker disposalTracker) =>
        new([.. TrainingRunTests.AllMethods.SelectMany(m => steps.Select(s => new TheoryDataRow<string, int>(m.Data, s)))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
