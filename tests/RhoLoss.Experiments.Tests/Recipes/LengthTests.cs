using RhoLoss.Experiments.Recipes;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Recipes;

public sealed class LengthTests
{
    private static Length Of(params string[] settings) => RecipeLoader.Parse("", "test", "test", settings).Recipe.Training.Length;

    [Fact]
    public void Seconds_decide_before_steps_and_steps_before_epochs()
    {
        Of("training.epochs=3").ShouldBe(new Length.OfEpochs(3));
        Of("training.epochs=3", "training.steps=100").ShouldBe(new Length.OfSteps(100));
        Of("training.steps=100", "training.seconds=2.5").ShouldBe(new Length.OfSeconds(2.5));
    }

    [Fact]
    public void A_part_of_epochs_and_steps_is_a_whole_number_of_at_least_one()
    {
        new Length.OfEpochs(5).Times(0.3).ShouldBe(new Length.OfEpochs(2));     // 1.5 to the even neighbour
        new Length.OfEpochs(5).Times(0.01).ShouldBe(new Length.OfEpochs(1));
        new Length.OfSteps(1000).Times(0.25).ShouldBe(new Length.OfSteps(250));
        new Length.OfSteps(3).Times(0.01).ShouldBe(new Length.OfSteps(1));
        new Length.OfSeconds(10).Times(0.25).ShouldBe(new Length.OfSeconds(2.5));
    }

    [Fact]
    public void A_length_is_the_budget_of_a_trainer_and_says_what_it_is()
    {
        new Length.OfEpochs(1).Budget.ToString().ShouldBe(TrainingBudget.OfEpochs(1).ToString());
        new Length.OfSteps(7).Budget.ToString().ShouldBe(TrainingBudget.OfSteps(7).ToString());
        new Length.OfSeconds(1.5).Budget.ToString().ShouldBe(TrainingBudget.OfSeconds(1.5).ToString());
        new Length.OfEpochs(1).ToString().ShouldBe("1 epoch");
        new Length.OfSteps(7).ToString().ShouldBe("7 steps");
        new Length.OfSeconds(1.25).ToString().ShouldBe("1.3 s of training");
    }
}
