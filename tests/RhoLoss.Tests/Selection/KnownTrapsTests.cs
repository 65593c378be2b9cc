using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

/// <summary>
/// Mistakes that other implementations of selection made and published numbers with. Those with tests elsewhere: irreducible losses keyed
/// by position (IrreducibleLossesTests), BatchNorm moved by scoring (ScoringPassTests, ModelScorerTests), a mean where a loss per example
/// is needed (SelectionFunctionTests), schedule and budget in different units and timings without selection (TrainerBudgetTests).
/// </summary>
public sealed class KnownTrapsTests
{
    [Fact]
    public void What_is_trained_on_is_what_was_scored_augmentation_included_and_the_irreducible_loss_is_of_the_plain_point()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        using var model = new LogitsModel();
        var augmentation = new CountingAugmentation(seed: 1);
        Tensor? scored = null;
        Tensor Rho(Candidates candidates)
        {
            scored = candidates.Inputs.clone().MoveToOuterDisposeScope();
            return SelectionFunctions.ReducibleHoldoutLoss(candidates);
        }
        using var selector = new BatchSelector(model, Rho, table, 2, FourCandidates.All());
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids), augmentation);

        Examples.Values(scored!).ShouldNotBe(Examples.Values(data.StoredInputs), "augmented");
        Toys.Bits(selected.Inputs).ShouldBe(Toys.Bits(scored!.index_select(0, selected.Positions)));
        Examples.Values(selected.Candidates.Loss!).ShouldBe(Examples.Values(Toys.CrossEntropy(scored!, data.Labels)), tolerance: 1e-6);
        Examples.Values(selected.Candidates.IrreducibleLoss!).ShouldBe(FourCandidates.IrreducibleLoss, tolerance: 1e-6);
    }

    [Fact]
    public void Irreducible_losses_stay_those_of_the_holdout_model_when_that_very_model_is_trained_on()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40), holdout = Toys.Points(40, seed: 2);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using IrreducibleLosses table = HoldoutTraining.Run(model, holdout, data,
            new HoldoutTrainingOptions { Epochs = 2, BatchSize = 10 });
        byte[] before = Toys.Bits(table.Of(data.Ids));
        using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, table,
            new TrainerOptions { BatchSize = 4, LargeBatchSize = 20 });
        var largest = new List<double>();
        trainer.OnStep = step => largest.Add(Examples.Values(step.Selected.Candidates.Scores!).Max(Math.Abs));
        for (int i = 0; i < 4; i++) { trainer.Step(); }

        largest[0].ShouldBe(0, 1e-5, "learner and reference are one model before the first step");
        largest[1].ShouldBeGreaterThan(1e-4, "and two after it");
        Toys.Bits(table.Of(data.Ids)).ShouldBe(before);
    }

    [Fact]
    public void Irreducible_losses_are_computed_in_eval_mode_without_augmentation()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(30), holdout = Toys.Images(30, seed: 2);
        using var model = new SmallResidualNet(seed: 5);
        using IrreducibleLosses table = HoldoutTraining.Run(model, holdout, data, new HoldoutTrainingOptions
        {
            Epochs = 2,
            BatchSize = 10,
            Augmentation = seed => new CropAndFlip(2, seed),
        });
        model.eval();
        using IDisposable noGradient = no_grad();
        Batch plain = data.Gather(data.Ids);
        Examples.Values(table.Of(data.Ids))
            .ShouldBe(Examples.Values(Toys.CrossEntropy(model.forward(plain.Inputs), plain.Labels)), tolerance: 1e-4);
    }
}
