using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

[Collection(TakesTheProcess.Name)]
public sealed class LearningReferenceTests
{
    // The target is that of FourCandidates: losses ln 2, ln 4, ln 1.25, ln 10. The IL model says ¼, ½, ¼ of everything, so that
    // labels 1, 0, 0, 2 have irreducible losses ln 2, ln 4, ln 4, ln 4 and the scores are 0, 0, ln 1.25 − ln 4 and ln 10 − ln 4.
    [Fact]
    public void Scores_are_those_computed_by_hand()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var target = new PassThrough();
        using var reference = new LearningReference(Always(0, MathF.Log(2), 0), new AdamWOptions());
        using var selector = new BatchSelector(target, SelectionFunctions.ReducibleHoldoutLoss, reference, 4, FourCandidates.All());

        SelectedBatch selected = selector.Select(data.Gather(tensor(FourCandidates.Ids)));

        Examples.Values(selected.Candidates.Scores!)
            .ShouldBe([0, 0, Math.Log(1.25) - Math.Log(4), Math.Log(10) - Math.Log(4)], tolerance: 1e-6);
        Examples.Longs(selected.Indices).ShouldBe([10, 70, 50, 90]);
        selected.Candidates.Forwarded.ShouldBe(2 * 4);   // the target and the IL model
    }

    // At temperature 2 the IL model says 1 : √2 : 1, so that labels 1 and else have irreducible losses ln(1 + √2) and ln(2 + √2).
    [Fact]
    public void A_temperature_softens_its_losses_and_not_the_targets()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var target = new PassThrough();
        using var reference = new LearningReference(Always(0, MathF.Log(2), 0), new AdamWOptions(), temperature: 2);
        using var selector = new BatchSelector(target, SelectionFunctions.ReducibleHoldoutLoss, reference, 4, FourCandidates.All());

        SelectedBatch selected = selector.Select(data.Gather(tensor(FourCandidates.Ids)));

        double right = Math.Log(1 + Math.Sqrt(2)), wrong = Math.Log(2 + Math.Sqrt(2));
        Examples.Values(selected.Candidates.Scores!)
            .ShouldBe(FourCandidates.Loss.Zip([right, wrong, wrong, wrong], (loss, irreducible) => loss - irreducible), tolerance: 1e-6);
    }

    [Fact]
    public void Without_learning_it_is_the_reducible_holdout_loss_of_a_table()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        byte[] Train(bool table)
        {
            using var model = new Mlp(8, [16], 3, seed: 1);
            var il = new Mlp(8, [4], 3, seed: 2);
            (Tensor losses, _) = Evaluator.PerExample(il, data);
            using Tensor owned = losses;
            using IrreducibleLosses irreducible = IrreducibleLosses.From(losses, data, Toys.Facts);
            var options = new BatchSelectorOptions { LargeBatchSize = 8 };
            // Moves no float32.
            using LearningReference? live = table
                ? null
                : new LearningReference(il, new AdamWOptions { LearningRate = 1e-30, WeightDecay = 0 });
            if (table) { il.Dispose(); }
            using (var trainer = new Trainer(
                model,
                data,
                _ => new BatchSelector(
                    model, SelectionFunctions.ReducibleHoldoutLoss, table ? irreducible : (Reference)live!, 2, options),
                new TrainerOptions { BatchSize = 2, LargeBatchSize = 8, Seed = 3 }))
            {
                for (int i = 0; i < 12; i++) { trainer.Step(); }
            }
            return Toys.Bits(model);
        }

        Train(table: false).ShouldBe(Train(table: true));
    }

    // Never seen examples have losses ln 3. The IL model says ⅛, ⅛, ¾ of everything, so that labels 1, 0, 0, 2 have irreducible losses
    // ln 8, ln 8, ln 8 and ln 4/3: half of the candidates are 10, whose reducible loss is the largest, and the first of three equals.
    // By the table (ln 4, ln 2, ln 5, ln 10) they would be 50 and 70.
    [Fact]
    public void A_first_stage_ranks_by_the_live_losses()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var target = new PassThrough();
        using var reference = new LearningReference(Always(0, 0, MathF.Log(6)), new AdamWOptions());
        var cascade = new CascadeScorer(data, new TargetScorer(target), share: 0.5, explored: 0);
        using var selector = new BatchSelector(cascade, SelectionFunctions.ReducibleHoldoutLoss, reference, 2, FourCandidates.All());

        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids));

        Examples.Longs(selected.Candidates.Indices).ShouldBe([70, 10]);
        double[] scores = [Math.Log(2) - Math.Log(8), Math.Log(10) - Math.Log(4.0 / 3)];
        Examples.Values(selected.Candidates.Scores!).ShouldBe(scores, tolerance: 1e-6);
        Examples.Longs(selected.Indices).ShouldBe([10, 70]);
        selected.Candidates.Forwarded.ShouldBe(4 + 2);   // the IL model looks at all of them once, the target at the shortlist
    }

    [Fact]
    public void The_model_takes_one_step_on_what_was_selected_and_the_target_takes_none_by_it()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(6);
        using var target = new Mlp(8, [4], 3, seed: 1);
        using var alone = new Mlp(8, [4], 3, seed: 2);
        var il = new Mlp(8, [4], 3, seed: 2);
        byte[] targetBefore = Toys.Bits(target), stream = Toys.Bits(random.get_rng_state());
        using var reference = new LearningReference(il, new AdamWOptions { LearningRate = 0.01 });
        Batch batch = data.Gather(data.Ids.slice(0, 0, 2, 1));

        reference.Observe(TrainedBatch.Of(batch, zeros(2, 3)));

        using (var parameters = new FlatParameters(alone))
        using (Optimizer optimizer = new AdamWOptions { LearningRate = 0.01 }.CreateFor(parameters))
        {
            optimizer.ZeroGradients();
            nn.functional.cross_entropy(alone.forward(batch.Inputs), batch.Labels).backward();
            optimizer.Step();
        }
        Toys.Bits(il).ShouldBe(Toys.Bits(alone));
        Toys.Bits(target).ShouldBe(targetBefore);
        Toys.Bits(random.get_rng_state()).ShouldBe(stream);
    }

    private static nn.Module<Tensor, Tensor> Always(params float[] logits)
    {
        TorchSharp.Modules.Linear linear = nn.Linear(3, 3);
        using (no_grad())
        {
            linear.weight!.zero_();
            linear.bias!.copy_(tensor(logits));
        }
        return linear;
    }
}
