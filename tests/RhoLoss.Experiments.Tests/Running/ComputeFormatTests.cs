using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class ComputeFormatTests : IDisposable
{
    private static readonly string[] Half = ["training.precision=bfloat16", "training.channels-last=true"];
    private static readonly string[] Sgd = ["optimizer.name=sgd", "optimizer.momentum=0.9", "optimizer.learning-rate=0.05"];
    private readonly TinyExperiment _tiny = new();

    [Fact]
    public void What_gains_on_a_processor_does_not_decide_for_another_device()
    {
        var proxy = new Architecture("small-cnn", []);
        ComputeOptions.SmallModelFormatOf(proxy, device: "cuda:1").ShouldBe(ComputeFormat.Default);
        ComputeOptions.SmallModelFormatOf(proxy, PrecisionChoice.BFloat16, "cuda").Precision.ShouldBe(Precision.BFloat16);
    }

    [Fact]
    public void A_run_in_bfloat16_with_sgd_resumes_to_the_same_selections()
    {
        using var check = new NoTensorLeaks();
        using var whole = new TracedRun(_tiny, "whole", "rho-loss", [.. Half, .. Sgd]);
        using var stopped = new TracedRun(_tiny, "stopped", "rho-loss", [.. Half, .. Sgd]);
        whole.ToTheEnd();
        stopped.StopAfter(8).Resume();   // in the middle of the second of three epochs
        stopped.ShouldEqual(whole);
    }

    [Fact]
    public void Optimizer_and_format_of_the_recipe_change_the_run()
    {
        using var check = new NoTensorLeaks();
        string[][] variants = [[], Half, Sgd, [.. Sgd, "optimizer.weight-decay=0.1"], [.. Sgd, "optimizer.clip-norm=0.01"]];
        double[] losses = [.. variants.Select((overrides, i) =>
        {
            using var run = new TracedRun(_tiny, $"variant {i}", "uniform", overrides);
            return run.ToTheEnd().Result!.Points[^1].Metric("testLoss");
        })];
        losses.Distinct().Count().ShouldBe(variants.Length);
    }

    [Fact]
    public void Gradients_are_clipped_where_the_recipe_says_so()
    {
        ComputeOptions.ClipNormOf(_tiny.Recipe()).ShouldBeNull();
        ComputeOptions.ClipNormOf(_tiny.Recipe("optimizer.clip-norm=0.5")).ShouldBe(0.5);
    }

    [Fact]
    public void A_checkpoint_of_a_bfloat16_run_has_the_accuracy_that_was_logged()
    {
        using var check = new NoTensorLeaks();
        ResolvedRecipe resolved = RecipeLoader.Load(_tiny.WriteRecipe(), [.. Half, "checkpoints.keep-last=9", "training.seeds=[3]"]);
        RunFolder folder = RunFolder.CreateAt(_tiny.File("run"));
        File.WriteAllText(folder.ConfigPath, resolved.ToToml());
        ArmSummary arm = SingleRun.Run(resolved.Recipe, folder, new MachineSummary("a processor", 2, 1L << 30, 1, "cpu"), resume: false,
            _ => { }, TestContext.Current.CancellationToken).Arms[0];
        new CheckpointStore(folder.CheckpointsPath).Newest().Reverse()
            .Select(p => CheckpointEvaluation.Run(folder, p, _ => { }).Accuracy!.Value)
            .ShouldBe(arm.AccuracyByEpoch!);
    }

    public void Dispose() => _tiny.Dispose();
}
