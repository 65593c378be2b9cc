using RhoLoss.Experiments.Recipes;
using RhoLoss.Tests.Support;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>Keys that say how a step of the target is taken.</summary>
public sealed class TrainerKeysTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    [Theory]
    [InlineData("uniform", "model.dropout=0.25")]
    [InlineData("rho-loss", "training.precision=bfloat16")]
    public void A_run_in_parts_that_was_stopped_goes_on_to_the_bit(string method, string setting)
    {
        using var check = new NoTensorLeaks();
        string[] settings = ["training.accumulate=3", "optimizer.clip-norm=0.5", "report.log-every-steps=1", setting];
        using var whole = new TracedRun(_tiny, "whole", method, settings);
        using var stopped = new TracedRun(_tiny, "stopped", method, settings);

        whole.ToTheEnd();
        stopped.StopAfter(8).Resume();

        stopped.ShouldEqual(whole);
    }

    // The batches are the same, and so are their losses up to rounding; 18 steps do not amplify that beyond the third digit.
    [Fact]
    public void A_run_in_parts_takes_the_steps_of_one_that_is_not()
    {
        using var check = new NoTensorLeaks();
        using var whole = new TracedRun(_tiny, "whole", "uniform");
        using var parts = new TracedRun(_tiny, "parts", "uniform", "training.accumulate=4");

        whole.ToTheEnd();
        parts.ToTheEnd();

        parts.Ids.Values.SelectMany(ids => ids).ShouldBe(whole.Ids.Values.SelectMany(ids => ids));
        foreach ((var own, var other) in parts.Result!.Points.Zip(whole.Result!.Points))
        {
            own.Step.ShouldBe(other.Step);
            own.Metric("trainLoss").ShouldBe(other.Metric("trainLoss"), tolerance: 1e-3);
            own.Metric("testLoss").ShouldBe(other.Metric("testLoss"), tolerance: 1e-3);
        }
    }

    [Theory]
    [InlineData("optimizer.clip-norm=1.0")]
    [InlineData("training.accumulate=2")]
    [InlineData("training.early-stop=2")]
    public void They_decide_a_run_and_neither_irreducible_losses_nor_plans(string setting)
    {
        Recipe plain = _tiny.Recipe(), changed = _tiny.Recipe(setting);
        DecidingKeys.Hash(changed, Decides.Run).ShouldNotBe(DecidingKeys.Hash(plain, Decides.Run));
        DecidingKeys.Hash(changed, Decides.Plan).ShouldBe(DecidingKeys.Hash(plain, Decides.Plan));
    }

    public void Dispose() => _tiny.Dispose();
}
