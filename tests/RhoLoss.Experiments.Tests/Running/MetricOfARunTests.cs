using System.Text.Json.Nodes;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>A comparison that is judged by a loss: lower is better.</summary>
public sealed class MetricOfARunTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    [Fact]
    public void A_comparison_by_a_loss_is_judged_by_it_everywhere()
    {
        ComparedRun run = new ComparedRun(
            _tiny, "run", "report.metric=testLoss", "training.epochs=6", "headline.arm=rho-loss", "headline.baseline=uniform").Run();
        ComparisonSummary summary = run.Summary!;

        summary.Metric.ShouldBe(new MetricSummary("testLoss", "lower"));
        foreach (ArmSummary arm in summary.Arms)
        {
            double[] losses = [.. arm.Points!.Select(point => point.Metric("testLoss"))];
            arm.MetricByEpoch.ShouldBe(losses);
            (arm.FinalMetric, arm.BestMetric).ShouldBe((losses[^1], losses.Min()));
            (arm.FinalAccuracy, arm.BestAccuracy, arm.AccuracyByEpoch).ShouldBe((null, null, null));
        }
        ArmSummary uniform = summary.Arms[0], rho = summary.Arms[1];
        (summary.Target!.Accuracy, summary.Target.Metric).ShouldBe((null, uniform.BestMetric));
        // The baseline reaches its own least loss at the first epoch that has it.
        uniform.EpochsToTarget.ShouldBe(Array.IndexOf([.. uniform.MetricByEpoch], uniform.BestMetric) + 1);
        rho.EpochsToTarget.ShouldBe(
            rho.MetricByEpoch.Any(loss => loss <= uniform.BestMetric)
                ? rho.MetricByEpoch.TakeWhile(loss => loss > uniform.BestMetric).Count() + 1 : null);
        (summary.Headline is null).ShouldBe(rho.BestMetric > uniform.FinalMetric);
        ReferenceSummary reference = summary.References.ShouldHaveSingleItem();
        (reference.Kind, reference.Seconds).ShouldBe(("holdout", summary.IrreducibleLoss!.Seconds));
        reference.Metric.ShouldNotBeNull();

        JsonNode json = JsonNode.Parse(File.ReadAllText(run.Folder.SummaryPath))!;
        json["arms"]![0]!.AsObject().ContainsKey("finalAccuracy").ShouldBeTrue();
        json["arms"]![0]!["finalAccuracy"].ShouldBeNull();
        File.Exists(run.Folder.Path("testLoss.png")).ShouldBeTrue();
        File.Exists(run.Folder.Path("accuracy.png")).ShouldBeFalse();
        run.Of<RunEvent.Finished>().ShouldAllBe(e => e.Line.Contains(" loss after ", StringComparison.Ordinal));
        ComparisonSummary.Load(run.Folder.SummaryPath).ToJson().ShouldBe(summary.ToJson());
    }

    [Fact]
    public void The_best_checkpoint_is_that_of_the_least_loss()
    {
        using var run = new TracedRun(
            _tiny, "run", "uniform", "report.metric=testLoss", "training.epochs=8", "optimizer.learning-rate=0.1",
            "checkpoints.keep-best=1");
        double[] losses = [.. run.ToTheEnd().Result!.ByEpoch(Metric.Named(Metric.Loss))];
        int best = Array.IndexOf(losses, losses.Min()) + 1;
        best.ShouldBeLessThan(8, "the loss rises again with this learning rate, so that the best is not the last");

        Path.GetFileName(run.Checkpoints.Best())
            .ShouldBe(FormattableString.Invariant($"step-{best * TinyExperiment.StepsPerEpoch:D9}.safetensors"));
    }

    [Theory]
    [InlineData("report.metric=testLoss", "report.target-accuracy=0.5",
        "report.target-accuracy must be 0.0 where arms are compared by testLoss. Set report.target-metric.")]
    [InlineData("report.metric=auto", "report.target-metric=0.5",
        "report.target-metric must be 0.0 where arms are compared by accuracy. Set report.target-accuracy.")]
    [InlineData("report.metric=bits-per-byte", "report.target-metric=0.0",
        "report.metric must be one that mlp has, which predicts no tokens, but is bits-per-byte. Set report.metric = \"auto\".")]
    public void A_target_or_metric_that_does_not_fit_is_refused(string first, string second, string message) =>
        Should.Throw<InvalidInputException>(() => _tiny.Recipe(first, second)).Message.ShouldEndWith(message);

    [Theory]
    [InlineData("headline.arm=svp", "headline.arm must be one of training.methods (uniform, rho-loss), but is svp.")]
    [InlineData("headline.arm=uniform", "headline.arm must be another than headline.baseline, but both are uniform.")]
    public void A_claim_about_an_arm_that_is_not_compared_is_refused(string setting, string message) =>
        Should.Throw<InvalidInputException>(() => _tiny.Recipe(setting).ValidateForComparison()).Message.ShouldContain(message);

    public void Dispose() => _tiny.Dispose();
}
