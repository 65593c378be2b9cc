using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Store;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>What the irreducible-loss model is worth as a model of its own.</summary>
public sealed class MeasuredReferencesTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    [Theory]
    [InlineData("accuracy")]
    [InlineData("testLoss")]
    [InlineData("worstClassAccuracy")]
    public void The_model_that_lies_beside_the_losses_is_measured_on_the_test_set_as_the_arms_are(string metric)
    {
        using var check = new NoTensorLeaks();
        ComparedRun run = new ComparedRun(_tiny, "run", $"report.metric={metric}").Run();

        TestedReference tested = run.Summary!.References.ShouldHaveSingleItem().Test!;
        tested.Metric.ShouldBe(metric);
        using ExperimentData data = ExperimentData.Load(run.Recipe);
        using IrreducibleLosses losses = IrreducibleLosses.Load(_tiny.IrreducibleLossFile, data.Training);
        using nn.Module<Tensor, Tensor> model = IrreducibleLossFile.LoadModel(run.Recipe, data.Training, losses);
        tested.Value.ShouldBe(Evaluator.Evaluate(model, data.Test).Metrics[Metric.Named(metric).Name]!.Value);
        ComparisonSummary.Load(run.Folder.SummaryPath).References[0].Test.ShouldBe(tested);
    }

    [Fact]
    public void Losses_that_are_there_give_the_same_number_and_those_without_their_model_none()
    {
        using var check = new NoTensorLeaks();
        TestedReference first = new ComparedRun(_tiny, "first").Run().Summary!.References[0].Test!;

        ComparisonSummary again = new ComparedRun(_tiny, "again").Run().Summary!;
        again.IrreducibleLoss!.Reused.ShouldBeTrue();
        again.References[0].Test.ShouldBe(first);

        File.Delete(Path.ChangeExtension(_tiny.IrreducibleLossFile, ".model.safetensors"));
        ComparedRun without = new ComparedRun(_tiny, "without").Run();
        without.Summary!.References[0].Test.ShouldBeNull();
        File.ReadAllText(without.Folder.SummaryPath).ShouldNotContain("\"test\"");
        ComparisonSummary.Load(without.Folder.SummaryPath).References[0].Seconds.ShouldBe(again.References[0].Seconds);
    }

    [Fact]
    public void Two_models_of_halves_are_no_one_model()
    {
        using var check = new NoTensorLeaks();
        ComparisonSummary summary = new ComparedRun(_tiny, "run", "irreducible-loss.cross-fit=true").Run().Summary!;

        ReferenceSummary reference = summary.References.ShouldHaveSingleItem();
        (reference.Kind, reference.Test).ShouldBe(("cross-fit", null));
    }

    public void Dispose() => _tiny.Dispose();
}
