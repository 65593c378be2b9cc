using RhoLoss.Selection.Gate;

namespace RhoLoss.Tests.Selection.Gate;

public sealed class StepClockTests
{
    [Fact]
    public void The_median_of_an_odd_and_an_even_number_of_timings_is_that_of_the_middle()
    {
        var clock = new StepClock();
        clock.Median("a").ShouldBeNull();
        clock.Add("a", 3);
        clock.Add("a", 100);
        clock.Add("a", 1);
        clock.Median("a").ShouldBe(3);
        clock.Add("a", 5);
        clock.Median("a").ShouldBe(4);   // of 1, 3, 5, 100
        clock.Median("b").ShouldBeNull();
    }

    [Fact]
    public void Only_the_last_fifteen_timings_count()
    {
        var clock = new StepClock();
        for (int i = 0; i < 30; i++) { clock.Add("a", i < 15 ? 1000 : i); }
        clock.Median("a").ShouldBe(22);   // of 15 … 29
    }
}
