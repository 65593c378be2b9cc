using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

/// <summary>
/// BatchNorm and batches of one example: a ResNet-18 leaves one pixel of 8×8 images, so that a channel of one image is one number. D and
/// the holdout have 210 examples.
/// </summary>
public sealed class BatchOfOneTests : IDisposable
{
    private const string ResNet = "model.name=resnet-18";
    private readonly TinyExperiment _tiny = new();

    [Fact]
    public void A_comparison_whose_last_batches_have_one_example_runs_to_its_end()
    {
        // 210 = 11 · 19 + 1: the last candidate is scored and trained on alone, and so is the last example of the holdout.
        Answer answer = Rho.Run("compare", _tiny.WriteRecipe(), "--quiet", "--out", _tiny.File("out"), "--set", ResNet,
            "--set", "irreducible-loss.model=resnet-18", "--set", "irreducible-loss.batch-size=19", "--set", "irreducible-loss.epochs=1",
            "--set", "training.precision=float32", "--set", "irreducible-loss.precision=float32",
            "--set", "training.batch-size=4", "--set", "training.large-batch-size=19", "--set", "training.epochs=1");

        answer.Code.ShouldBe(0, answer.Error);
        File.Exists(_tiny.File("out/summary.json")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("training.batch-size")]
    [InlineData("irreducible-loss.batch-size")]
    public void Batches_that_are_all_of_one_example_are_refused_before_anything_is_trained(string key)
    {
        Answer answer = Rho.Run("train", _tiny.WriteRecipe(), "--method", "rho-loss", "--quiet", "--out", _tiny.File("out"),
            "--set", ResNet, "--set", "irreducible-loss.model=resnet-18", "--set", $"{key}=1");

        answer.Code.ShouldBe(2, answer.Error);
        answer.ErrorLines[^1].ShouldStartWith(
            $"rho: {key} must be at least 2 for resnet-18, because BatchNorm learns the statistics of batches, but is 1. ");
        Directory.Exists(_tiny.File("out")).ShouldBeFalse();
        File.Exists(_tiny.IrreducibleLossFile).ShouldBeFalse();
    }

    [Fact]
    public void Parts_of_one_example_are_refused_before_anything_is_trained()
    {
        Answer answer = Rho.Run("train", _tiny.WriteRecipe(), "--method", "rho-loss", "--quiet", "--out", _tiny.File("out"),
            "--set", ResNet, "--set", "training.batch-size=5", "--set", "training.accumulate=3");

        answer.Code.ShouldBe(2, answer.Error);
        answer.ErrorLines[^1].ShouldStartWith(
            "rho: training.accumulate must be at most 2 for resnet-18 and training.batch-size = 5, because BatchNorm learns the statistics "
            + "of each part and needs 2 examples, but is 3. Set it, or choose mlp or ");
        Directory.Exists(_tiny.File("out")).ShouldBeFalse();
        File.Exists(_tiny.IrreducibleLossFile).ShouldBeFalse();
    }

    public void Dispose() => _tiny.Dispose();
}
