using System.Text.Json.Nodes;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Tests.Support;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>Arms that end because their metric has not become better for a while.</summary>
public sealed class EarlyStopTests : IDisposable
{
    private const int Epochs = 12, Patience = 2;

    /// <summary>With this learning rate the test loss falls and rises again.</summary>
    private static readonly string[] Rising =
        ["report.metric=testLoss", "optimizer.learning-rate=0.1", $"training.epochs={Epochs}", "report.log-every-steps=5"];

    private static readonly string[] Stopping = [.. Rising, $"training.early-stop={Patience}"];
    private static readonly Metric Accuracy = Metric.Named(Metric.Accuracy), Loss = Metric.Named(Metric.Loss);
    private readonly TinyExperiment _tiny = new();

    [Theory]
    [InlineData("0.5 0.6 0.6 0.6", 1, 2)]   // an equal value is not better
    [InlineData("0.5 0.6 0.5 0.7", 3, 0)]
    [InlineData("0.9 0.8 0.7 0.6 0.5", 0, 4)]
    [InlineData("0.5", 0, 0)]
    public void The_wait_begins_after_the_first_of_the_best_points(string values, int best, int waited)
    {
        MeasuredPoint[] points = [.. Points(values, "accuracy")];
        EvaluationSchedule.BestOf(points, Accuracy).ShouldBe(best);
        foreach (int patience in (int[])[1, 2, 3, 4, 5])
        {
            Schedule(Accuracy, $"training.early-stop={patience}").IsDone(points).ShouldBe(patience <= waited, $"{patience}");
        }
        Schedule(Accuracy, "training.early-stop=0").IsDone(points).ShouldBeFalse();
    }

    [Fact]
    public void Of_a_loss_the_lower_value_is_the_better_one()
    {
        MeasuredPoint[] points = [.. Points("0.9 0.5 0.6 0.7", "testLoss")];
        EvaluationSchedule schedule = Schedule(Loss, "training.early-stop=2");

        schedule.IsDone(points[..3]).ShouldBeFalse();
        schedule.EarlyEndOf(new Arm("uniform", 3), points[..3]).ShouldBeNull();
        schedule.IsDone(points).ShouldBeTrue();
        schedule.EarlyEndOf(new Arm("uniform", 3), points)!.Text.ShouldBe(
            "uniform seed 3 ended early, after evaluation 4 of 20 (step 40): loss was not better than 0.500, that of evaluation 2, in the "
            + "2 evaluations since (training.early-stop = 2).");
    }

    [Fact]
    public void An_arm_that_waited_to_the_end_of_its_length_has_not_ended_early()
    {
        MeasuredPoint[] points = [.. Points(string.Join(' ', Enumerable.Range(0, 20).Select(i => i == 17 ? "0.6" : "0.5")), "accuracy")];
        EvaluationSchedule schedule = Schedule(Accuracy, "training.early-stop=2");

        schedule.IsDone(points[..19]).ShouldBeFalse();
        schedule.IsDone(points).ShouldBeTrue();
        schedule.EarlyEndOf(new Arm("uniform", 0), points).ShouldBeNull();
    }

    // A cosine that ended with the arm would take other steps from the first on: that the points agree says that it does not.
    [Theory]
    [InlineData("constant")]
    [InlineData("cosine")]
    public void An_arm_takes_the_steps_of_the_whole_length_until_it_ends(string schedule)
    {
        using var check = new NoTensorLeaks();
        using var whole = new TracedRun(_tiny, "whole", "uniform", [.. Rising, $"optimizer.schedule={schedule}"]);
        using var run = new TracedRun(_tiny, "run", "uniform", [.. Stopping, $"optimizer.schedule={schedule}"]);

        double[] losses = [.. whole.ToTheEnd().Result!.ByEpoch(Loss)];
        run.ToTheEnd();

        int last = EndOf(losses);
        last.ShouldBeLessThan(Epochs, "the loss rises early enough for the test");
        run.Result!.ByEpoch(Loss).ShouldBe(losses[..last]);
        run.Result.Points[^1].Step.ShouldBe(last * TinyExperiment.StepsPerEpoch);
        (run.Result.StoppedEarly, whole.Result!.StoppedEarly).ShouldBe((true, false));
        run.Metrics.ShouldBe(whole.Metrics[..run.Metrics.Length]);
        run.Notices.ShouldHaveSingleItem().ShouldStartWith($"uniform seed 0 ended early, after evaluation {last} of {Epochs} (step ");
        whole.Notices.ShouldBeEmpty();
        // The newest and, where it is another, the best.
        run.CheckpointNames[^1].ShouldBe($"step-{last * TinyExperiment.StepsPerEpoch:D9}");
        run.Checkpoints.Best().ShouldNotBeNull()
            .ShouldEndWith($"step-{(last - Patience) * TinyExperiment.StepsPerEpoch:D9}.safetensors");
    }

    [Fact]
    public void A_stopped_and_resumed_arm_ends_where_it_would_have_and_so_does_one_that_has_ended()
    {
        using var check = new NoTensorLeaks();
        using var whole = new TracedRun(_tiny, "whole", "rho-loss", Stopping);
        long steps = whole.ToTheEnd().Result!.Points[^1].Step;
        // In the first epoch, while it waits, and in the step before its end.
        foreach (long step in (long[])[3, steps - TinyExperiment.StepsPerEpoch - 2, steps - 1])
        {
            using var stopped = new TracedRun(_tiny, $"stopped {step}", "rho-loss", Stopping);
            stopped.StopAfter(step).Resume();
            stopped.ShouldEqual(whole);
            stopped.Result!.StoppedEarly.ShouldBeTrue();
        }
        string[] metrics = whole.Metrics;

        whole.Resume();

        whole.Metrics.ShouldBe(metrics);
        (whole.Result!.Points[^1].Step, whole.Result.StoppedEarly).ShouldBe((steps, true));
        whole.Notices.Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_comparison_of_arms_that_end_at_different_times_says_so_and_counts_what_was_reached()
    {
        ComparedRun run = new ComparedRun(_tiny, "run",
            [.. Stopping, "training.seeds=[0, 1]", "headline.arm=rho-loss", "headline.baseline=uniform"]).Run();
        ComparisonSummary summary = run.Summary!;
        JsonObject[] arms = [.. JsonNode.Parse(File.ReadAllText(run.Folder.SummaryPath))!["arms"]!.AsArray().Select(a => a!.AsObject())];

        summary.Arms.Count(arm => arm.StoppedEarly).ShouldBeGreaterThan(0);
        foreach ((ArmSummary arm, JsonObject json) in summary.Arms.Zip(arms))
        {
            double[] losses = [.. arm.MetricByEpoch];
            arm.StoppedEarly.ShouldBe(losses.Length < Epochs);
            losses.Length.ShouldBe(EndOf(losses));
            (arm.Epochs, arm.Steps).ShouldBe((losses.Length, losses.Length * TinyExperiment.StepsPerEpoch));
            (arm.StepsByEpoch!.Count, arm.SecondsByEpoch!.Count, arm.Points!.Count).ShouldBe((losses.Length, losses.Length, losses.Length));
            double target = summary.Arms.Single(a => a.Method == "uniform" && a.Seed == arm.Seed).BestMetric;
            arm.EpochsToTarget.ShouldBe(
                losses.Any(loss => loss <= target) ? losses.TakeWhile(loss => loss > target).Count() + 1 : null);
            json.ContainsKey("stoppedEarly").ShouldBe(arm.StoppedEarly);
            if (arm.StoppedEarly) { json["stoppedEarly"]!.GetValue<bool>().ShouldBeTrue(); }
        }
        run.Of<RunEvent.Notice>().Count(notice => notice.Text.Contains("ended early", StringComparison.Ordinal))
            .ShouldBe(summary.Arms.Count(arm => arm.StoppedEarly));
        ComparisonSummary.Load(run.Folder.SummaryPath).ToJson().ShouldBe(summary.ToJson());
        ReportTable table = ArmTable.Of(summary, run.Recipe);
        table.ToMarkdown().ShouldContain("| steps |");
        File.ReadAllBytes(run.Folder.Path("testLoss.png")).Length.ShouldBeGreaterThan(0);
        (summary.Headline is null).ShouldBe(
            summary.Arms.Where(arm => arm.Method == "rho-loss").Any(arm =>
                arm.BestMetric > summary.Arms.Single(other => other.Method == "uniform" && other.Seed == arm.Seed).FinalMetric));
        // A finished arm remembers it.
        run.Run().Summary!.ToJson().ShouldBe(summary.ToJson());
        Comparison.FinishedArms(run.Recipe, run.Folder).Select(arm => arm.StoppedEarly)
            .ShouldBe(summary.Arms.Select(arm => arm.StoppedEarly));
    }

    [Fact]
    public void Within_a_budget_of_steps_the_evaluations_are_counted()
    {
        using var check = new NoTensorLeaks();
        using var run = new TracedRun(
            _tiny, "run", "uniform", "report.metric=testLoss", "optimizer.learning-rate=0.1", "training.steps=100",
            "training.evaluations=20", "training.early-stop=3");

        run.ToTheEnd();

        double[] losses = [.. run.Result!.ByEpoch(Loss)];
        run.Result.StoppedEarly.ShouldBeTrue();
        losses.Length.ShouldBeLessThan(20);
        (losses.Length - 1 - Array.IndexOf(losses, losses.Min())).ShouldBe(3);
        run.Result.Points[^1].Step.ShouldBe(losses.Length * 5);   // 100 / 20
    }

    /// <summary>Evaluations until an arm with these losses ends.</summary>
    private static int EndOf(double[] losses) => Enumerable.Range(1, losses.Length)
        .First(n => n == Epochs || n - 1 - Array.IndexOf(losses, losses[..n].Min()) >= Patience);

    private EvaluationSchedule Schedule(Metric metric, string setting)
    {
        Recipe recipe = _tiny.Recipe("training.epochs=20", setting);
        return new EvaluationSchedule(recipe.Training.Length, recipe.Training, metric, trainer: null!);   // only asked within a budget
    }

    private static IEnumerable<MeasuredPoint> Points(string values, string metric) => values.Split(' ').Select((value, i) =>
        new MeasuredPoint(10 * (i + 1), i + 1, 1, 0, 1, 0, new Dictionary<string, double?>
        {
            [metric] = double.Parse(value, System.Globalization.CultureInfo.InvariantCulture),
        }));

    public void Dispose() => _tiny.Dispose();
}
