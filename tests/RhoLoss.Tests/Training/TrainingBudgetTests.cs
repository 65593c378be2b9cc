using RhoLoss.Training;

namespace RhoLoss.Tests.Training;

public sealed class TrainingBudgetTests
{
    [Fact]
    public void Each_budget_counts_its_own_unit_alone()
    {
        TrainingBudget.OfSteps(200).ProgressAt(steps: 50, seconds: 1e6, epochs: 99).ShouldBe(0.25);
        TrainingBudget.OfSeconds(60).ProgressAt(steps: 1_000_000, seconds: 45, epochs: 99).ShouldBe(0.75);
        TrainingBudget.OfEpochs(2.5).ProgressAt(steps: 1_000_000, seconds: 1e6, epochs: 1.25).ShouldBe(0.5);   // a quarter into the second
    }

    [Fact]
    public void A_budget_is_spent_when_progress_reaches_one()
    {
        TrainingBudget.OfSteps(3).ProgressAt(2, 0, 0).ShouldBeLessThan(1);
        TrainingBudget.OfSteps(3).ProgressAt(3, 0, 0).ShouldBe(1);
        TrainingBudget.OfSeconds(0.5).ProgressAt(9, 0.499, 9).ShouldBeLessThan(1);
        TrainingBudget.OfSeconds(0.5).ProgressAt(9, 0.6, 9).ShouldBe(1.2, 1e-12);   // a step that overran
        TrainingBudget.OfEpochs(1).ProgressAt(9, 9, 1).ShouldBe(1);
    }

    [Fact]
    public void A_run_of_n_steps_takes_n_steps_with_the_first_at_progress_0()
    {
        var budget = TrainingBudget.OfSteps(4);
        var progress = new List<double>();
        for (long step = 0; budget.ProgressAt(step, 0, 0) < 1; step++) { progress.Add(budget.ProgressAt(step, 0, 0)); }
        progress.ShouldBe([0, 0.25, 0.5, 0.75]);
    }

    [Fact]
    public void A_schedule_ends_with_its_budget_in_whatever_unit()
    {
        var schedule = LearningRateSchedule.WarmupLinear(0.2);
        foreach (double share in new[] { 0.0, 0.1, 0.5, 1.0 })
        {
            double inSteps = schedule.FactorAt(TrainingBudget.OfSteps(1_000).ProgressAt((long)(1_000 * share), 1, 1));
            double inSeconds = schedule.FactorAt(TrainingBudget.OfSeconds(8).ProgressAt(1, 8 * share, 1));
            double inEpochs = schedule.FactorAt(TrainingBudget.OfEpochs(16).ProgressAt(1, 1, 16 * share));
            inSeconds.ShouldBe(inSteps, 1e-12);
            inEpochs.ShouldBe(inSteps, 1e-12);
        }
        schedule.FactorAt(TrainingBudget.OfSeconds(8).ProgressAt(1, 8, 1)).ShouldBe(0);
    }

    [Fact]
    public void What_is_no_budget_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => TrainingBudget.OfSteps(0)).Message.ShouldContain("steps above 0");
        Should.Throw<ArgumentOutOfRangeException>(() => TrainingBudget.OfSeconds(double.NaN)).Message.ShouldContain("seconds");
        Should.Throw<ArgumentOutOfRangeException>(() => TrainingBudget.OfEpochs(double.PositiveInfinity)).Message.ShouldContain("epochs");
        Should.Throw<ArgumentOutOfRangeException>(() => TrainingBudget.OfSeconds(1).ProgressAt(0, -1, 0)).ParamName.ShouldBe("seconds");
        TrainingBudget.OfSeconds(1.5).ToString().ShouldBe("1.5 seconds");
    }
}
