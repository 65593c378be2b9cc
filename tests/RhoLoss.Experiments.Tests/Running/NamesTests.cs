using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Running;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class NamesTests
{
    private static readonly ScoringSection Scoring = new("train", "preserve", VarianceReduction: false);

    [Fact]
    public void Every_method_of_a_recipe_resolves_to_its_function()
    {
        // uniform, rho-loss, train-loss, gradient-norm, gradient-norm-is, negative-il: the order of Methods.All.
        SelectionFunction[] expected =
        [
            SelectionFunctions.Uniform, SelectionFunctions.ReducibleHoldoutLoss, SelectionFunctions.TrainLoss,
            SelectionFunctions.GradientNorm, SelectionFunctions.GradientNorm, SelectionFunctions.NegativeIrreducibleLoss,
        ];

        Methods.All.Select(name => SelectionMethod.Find(name, Scoring).Score).ShouldBe(expected);
    }

    [Fact]
    public void Only_importance_sampling_draws_by_chance_from_scores()
    {
        string[] sampling = [.. Methods.All.Where(name => SelectionMethod.Find(name, Scoring).Options.Drawing is ImportanceSampling)];

        sampling.ShouldBe([Methods.GradientNormImportanceSampling]);
        SelectionMethod.Find(Methods.GradientNormImportanceSampling, Scoring with { VarianceReduction = true }).Options.Drawing
            .ShouldBeOfType<ImportanceSampling>().OnlyWhenItPays.ShouldBeTrue();
    }

    [Theory]
    [InlineData("train", "preserve", ScoringMode.Train, RunningStatistics.Preserve)]
    [InlineData("train", "update", ScoringMode.Train, RunningStatistics.Update)]
    [InlineData("eval", "preserve", ScoringMode.Eval, RunningStatistics.Preserve)]
    public void The_scoring_section_decides_mode_and_policy(string mode, string statistics, ScoringMode expectedMode, RunningStatistics expectedStatistics)
    {
        BatchSelectorOptions options = SelectionMethod.Find(Methods.RhoLoss, new ScoringSection(mode, statistics, false)).Options;

        options.Mode.ShouldBe(expectedMode);
        options.RunningStatistics.ShouldBe(expectedStatistics);
    }

    [Fact]
    public void An_unknown_method_is_refused_with_the_known_ones() =>
        Should.Throw<InvalidInputException>(() => SelectionMethod.Find("rho", Scoring)).Message
            .ShouldBe("There is no method 'rho'. Known are uniform, rho-loss, train-loss, gradient-norm, gradient-norm-is, negative-il.");

    [Theory]
    [InlineData("mlp", "mlp-16-8")]
    [InlineData("small-cnn", "small-cnn")]
    [InlineData("resnet-18", "resnet-18")]
    public void Every_network_of_a_recipe_can_be_made_and_classifies(string name, string title)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        var architecture = new Architecture(name, [16, 8]);
        using nn.Module<Tensor, Tensor> model = architecture.Create(data, seed: 0);

        architecture.Title.ShouldBe(title);
        RecipeKeys.Find("model.name")!.Rule.Choices.ShouldContain(name);
        model.forward(data.StoredInputs).shape.ShouldBe([4, 10]);
    }

    [Fact]
    public void Every_network_of_a_recipe_is_tested_above() =>
        RecipeKeys.Find("model.name")!.Rule.Choices.ShouldBe(["mlp", "small-cnn", "resnet-18"]);

    [Fact]
    public void A_network_is_a_function_of_its_seed()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        float[] First(long seed)
        {
            using nn.Module<Tensor, Tensor> model = new Architecture("mlp", [16]).Create(data, seed);
            return [.. model.parameters().First().data<float>()];
        }

        First(3).ShouldBe(First(3));
        First(4).ShouldNotBe(First(3));
    }

    [Fact]
    public void An_unknown_network_is_refused_with_the_known_ones()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();

        Should.Throw<InvalidInputException>(() => new Architecture("vgg", [16]).Create(data, 0)).Message
            .ShouldBe("There is no model 'vgg'. Known are mlp, small-cnn and resnet-18.");
    }

    private static LabeledDataset Data() => new(ones(4, 3, 32, 32), arange(4, dtype: int64), classes: 10);
}
