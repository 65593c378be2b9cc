using RhoLoss.Training;

namespace RhoLoss.Tests.Training;

public sealed class LearningRateScheduleTests
{
    // Warm-up share 0.2: at 0.1 halfway from 0.01 to 1, (0.01 + 1)/2; at 0.4, 0.6 and 0.8 a quarter, half and three quarters of the decay.
    [Theory]
    [InlineData(0.0, 0.01)]
    [InlineData(0.1, 0.505)]
    [InlineData(0.2, 1.0)]
    [InlineData(0.4, 0.75)]
    [InlineData(0.6, 0.5)]
    [InlineData(0.8, 0.25)]
    [InlineData(1.0, 0.0)]
    [InlineData(1.3, 0.0)]   // a step that overran the budget
    public void Linear_warm_up_and_linear_decay(double progress, double expected) =>
        LearningRateSchedule.WarmupLinear(0.2).FactorAt(progress).ShouldBe(expected, 1e-12);

    // (1 + cos(π/4))/2 = 0.853553390593274, (1 + cos(π/2))/2 = 0.5, (1 + cos(3π/4))/2 = 0.146446609406726.
    [Theory]
    [InlineData(0.0, 0.01)]
    [InlineData(0.1, 0.505)]
    [InlineData(0.2, 1.0)]
    [InlineData(0.4, 0.853553390593274)]
    [InlineData(0.6, 0.5)]
    [InlineData(0.8, 0.146446609406726)]
    [InlineData(1.0, 0.0)]
    public void Linear_warm_up_and_cosine_decay(double progress, double expected) =>
        LearningRateSchedule.WarmupCosine(0.2).FactorAt(progress).ShouldBe(expected, 1e-12);

    [Fact]
    public void A_final_factor_is_where_the_decay_ends()
    {
        LearningRateSchedule.WarmupLinear(0, finalFactor: 0.1).FactorAt(0.5).ShouldBe(0.55, 1e-12);   // halfway from 1 to 0.1
        LearningRateSchedule.WarmupLinear(0, finalFactor: 0.1).FactorAt(1).ShouldBe(0.1, 1e-12);
        LearningRateSchedule.WarmupCosine(0, finalFactor: 0.1).FactorAt(0.5).ShouldBe(0.55, 1e-12);
        LearningRateSchedule.WarmupCosine(0, finalFactor: 0.1).FactorAt(2).ShouldBe(0.1, 1e-12);
    }

    [Fact]
    public void Without_warm_up_the_first_step_has_the_whole_rate() => LearningRateSchedule.WarmupLinear(0).FactorAt(0).ShouldBe(1);

    [Fact]
    public void Constant_is_one_throughout()
    {
        foreach (double progress in new[] { 0, 0.5, 1, 7 }) { LearningRateSchedule.Constant.FactorAt(progress).ShouldBe(1); }
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Progress_below_0_is_refused(double progress) =>
        Should.Throw<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant.FactorAt(progress)).ParamName.ShouldBe("progress");

    [Fact]
    public void Shares_outside_their_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => LearningRateSchedule.WarmupLinear(1)).ParamName.ShouldBe("warmupShare");
        Should.Throw<ArgumentOutOfRangeException>(() => LearningRateSchedule.WarmupCosine(0.1, 1.1)).ParamName.ShouldBe("finalFactor");
    }
}
