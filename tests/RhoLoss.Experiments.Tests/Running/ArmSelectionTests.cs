using RhoLoss.Data;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Gate;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class ArmSelectionTests
{
    private static ArmSelection Of(string arm, params string[] settings) => new(
        RecipeLoader.Parse("", "test", "test", ["training.batch-size=32", "training.large-batch-size=320", .. settings]).Recipe,
        RecipeArm.Parse(arm),
        null);

    [Theory]
    [InlineData("rho-loss", 320)]
    [InlineData("rho-loss+proxy", 320)]
    [InlineData("rho-loss@0.25", 128)]     // 32 / 0.25
    [InlineData("uniform@0.3", 107)]       // 106.7
    [InlineData("rs2", 32)]
    [InlineData("infobatch", 32)]
    [InlineData("svp", 32)]
    [InlineData("svp@0.25", 32)]           // its share is of D
    [InlineData("selective-backprop", 64)]
    [InlineData("selective-backprop@0.25", 128)]
    public void The_share_decides_the_large_batch(string arm, int largeBatch) => Of(arm).LargeBatchSize.ShouldBe(largeBatch);

    // A baseline that trained the recipe's proxy in every step, or replayed its plan, would be slower or no baseline.
    [Theory]
    [InlineData("rho-loss", "proxy")]
    [InlineData("train-loss", "proxy")]
    [InlineData("learnability+replica", "replica")]
    [InlineData("uniform", "target")]
    [InlineData("rs2", "target")]
    [InlineData("infobatch", "target")]
    [InlineData("negative-il", "target")]
    [InlineData("filter-uniform", "target")]
    [InlineData("auto", "target")]
    [InlineData("uniform+proxy", "proxy")]
    public void A_method_without_scores_has_no_scorer_unless_its_name_says_so(string arm, string scorer) =>
        Of(arm, "scoring.scorer=proxy").Scorer.Name.ShouldBe(scorer);

    [Theory]
    [InlineData("train-loss+target", 8)]
    [InlineData("train-loss+replica", 8)]
    [InlineData("train-loss+proxy", 8)]
    [InlineData("train-loss+last-seen", 1)]   // a quarter of n_b = 4
    [InlineData("train-loss+cascade", 4)]     // ⌈0.4 · 8⌉
    [InlineData("gradient-norm+last-seen", 1)]
    [InlineData("selective-backprop", 8)]
    [InlineData("uniform+last-seen", 0)]      // asks for nothing
    [InlineData("uniform", 0)]
    [InlineData("rs2@0.5", 0)]
    public void Every_scorer_of_a_recipe_can_be_made_and_runs_a_model_on_what_it_says(string arm, int forwarded)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = new(randn(8, 1, 4, 4), arange(8, dtype: int64) % 2, classes: 2);
        ArmSelection selection = Of(arm, "model.hidden=[6]", "scoring.proxy-hidden=[3]",
            "training.batch-size=4", "training.large-batch-size=8");
        using nn.Module<Tensor, Tensor> model = new Architecture("mlp", [6]).Create(data, seed: 1);
        using var parameters = new FlatParameters(model);
        using IBatchSelector selector = selection.Create(new TrainingTarget(model, parameters, data));
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids));
        selected.Candidates.Forwarded.ShouldBe(forwarded);
        selected.Batch.Count.ShouldBe(4);
        selector.Observe(TrainedBatch.Of(selected.Batch, zeros(4, 2)));
    }

    [Fact]
    public void Auto_is_a_gate_that_starts_uniform()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = new(randn(8, 1, 4, 4), arange(8, dtype: int64) % 2, classes: 2);
        using IrreducibleLosses losses = IrreducibleLosses.From(zeros(8), data,
            new IrreducibleLossFacts("by hand", "holdout", 0, 1, 0, 0, 0));
        using nn.Module<Tensor, Tensor> model = new Architecture("mlp", [6]).Create(data, seed: 1);
        using var parameters = new FlatParameters(model);
        using IBatchSelector selector = (Of("auto", "model.hidden=[6]", "training.batch-size=4") with { IrreducibleLosses = losses })
            .Create(new TrainingTarget(model, parameters, data));
        selector.ShouldBeOfType<AutoSelector>().LargeBatchSize.ShouldBe(4);
    }

    [Fact]
    public void Irreducible_losses_of_other_data_are_refused_before_anything_is_made()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = new(randn(8, 1, 4, 4), arange(8, dtype: int64) % 2, classes: 2);
        using LabeledDataset other = new(randn(8, 1, 4, 4), arange(8, dtype: int64) % 2, classes: 2);
        using IrreducibleLosses losses = IrreducibleLosses.From(zeros(8), other,
            new IrreducibleLossFacts("by hand", "holdout", 0, 1, 0, 0, 0));
        using nn.Module<Tensor, Tensor> model = new Architecture("mlp", [6]).Create(data, seed: 1);
        using var parameters = new FlatParameters(model);
        Should.Throw<InvalidInputException>(
            () => (Of("rho-loss+proxy") with { IrreducibleLosses = losses }).Create(new TrainingTarget(model, parameters, data)));
    }
}
