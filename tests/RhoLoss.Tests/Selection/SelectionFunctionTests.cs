using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

public sealed class SelectionFunctionTests
{
    private static SelectedBatch Select(SelectionFunction function, int batchSize, LogitsModel model)
    {
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        using var selector = new BatchSelector(model, function, table, batchSize, FourCandidates.All());
        return selector.Select(data.Gather(tensor(FourCandidates.Ids)));
    }

    public static TheoryData<string, double[], long[]> Known => new()
    {
        // Name, scores of a, b, c, d, ids from best to worst (FourCandidates has the arithmetic).
        { nameof(SelectionFunctions.ReducibleHoldoutLoss), FourCandidates.ReducibleHoldoutLoss, [50, 10, 70, 90] },
        { nameof(SelectionFunctions.TrainLoss), FourCandidates.Loss, [10, 50, 70, 90] },
        { nameof(SelectionFunctions.GradientNorm), FourCandidates.GradientNorm, [10, 50, 70, 90] },
        { nameof(SelectionFunctions.NegativeIrreducibleLoss), [.. FourCandidates.IrreducibleLoss.Select(v => -v)], [50, 70, 90, 10] },
    };

    private static SelectionFunction Named(string name) => name switch
    {
        nameof(SelectionFunctions.ReducibleHoldoutLoss) => SelectionFunctions.ReducibleHoldoutLoss,
        nameof(SelectionFunctions.TrainLoss) => SelectionFunctions.TrainLoss,
        nameof(SelectionFunctions.GradientNorm) => SelectionFunctions.GradientNorm,
        _ => SelectionFunctions.NegativeIrreducibleLoss,
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Scores_and_order_are_those_computed_by_hand(string function, double[] scores, long[] bestFirst)
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        SelectedBatch selected = Select(Named(function), 4, model);
        Examples.Values(selected.Candidates.Scores!).ShouldBe(scores, tolerance: 1e-6);
        Examples.Longs(selected.Indices).ShouldBe(bestFirst);
        selected.Weights.ShouldBeNull();
    }

    [Fact]
    public void A_reducible_loss_may_be_negative_and_is_not_clipped_even_when_it_is_selected()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        SelectedBatch selected = Select(SelectionFunctions.ReducibleHoldoutLoss, 3, model);
        // 70 has RHO −ln 2 and beats 90 with −ln 4; clipped at 0 they would tie with 10.
        Examples.Longs(selected.Indices).ShouldBe([50, 10, 70]);
        Examples.Values(selected.Candidates.Scores!)[2].ShouldBe(-Math.Log(4), 1e-6);
    }

    [Fact]
    public void What_was_computed_on_the_way_is_reported_for_all_candidates()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        ScoredCandidates scored = Select(SelectionFunctions.ReducibleHoldoutLoss, 1, model).Candidates;
        Examples.Longs(scored.Indices).ShouldBe(FourCandidates.Ids);
        Examples.Longs(scored.Labels!).ShouldBe([1, 0, 0, 2]);
        Examples.Values(scored.Loss!).ShouldBe(FourCandidates.Loss, 1e-6);
        Examples.Values(scored.IrreducibleLoss!).ShouldBe(FourCandidates.IrreducibleLoss, 1e-6);
        scored.Logits!.shape.ShouldBe([4, 3]);
        scored.Forwarded.ShouldBe(4);
        model.Forwards.ShouldBe([4L]);
    }

    [Fact]
    public void Each_view_is_computed_once_however_often_it_is_asked_for()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        using var model = new LogitsModel();
        var augmentation = new CountingAugmentation(seed: 1);
        Tensor Greedy(Candidates c)
        {
            ReferenceEquals(c.Inputs, c.Inputs).ShouldBeTrue();
            ReferenceEquals(c.Logits, c.Logits).ShouldBeTrue();
            ReferenceEquals(c.Loss, c.Loss).ShouldBeTrue();
            ReferenceEquals(c.Labels, c.Labels).ShouldBeTrue();
            ReferenceEquals(c.IrreducibleLoss, c.IrreducibleLoss).ShouldBeTrue();
            c.Count.ShouldBe(4);
            return c.Loss + c.Loss - c.IrreducibleLoss;
        }
        using var selector = new BatchSelector(model, Greedy, table, 2, FourCandidates.All());
        selector.Select(data, new LargeBatch(1, tensor(FourCandidates.Ids)), augmentation);
        model.Forwards.ShouldBe([4L]);
        augmentation.Rows.ShouldBe([4L]);
    }

    [Fact]
    public void Uniform_runs_no_forward_pass_and_gathers_only_the_chosen_rows()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(20, 3);
        using var model = new LogitsModel();
        var augmentation = new CountingAugmentation(seed: 1);
        using var selector = new BatchSelector(model, SelectionFunctions.Uniform, null, 2,
            new BatchSelectorOptions { LargeBatchSize = 20 });
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids), augmentation);
        model.Forwards.ShouldBeEmpty();
        augmentation.Rows.ShouldBe([2L]);
        selected.Inputs.shape.ShouldBe([2, 2]);
        selected.Candidates.Logits.ShouldBeNull();
        selected.Candidates.Loss.ShouldBeNull();
        selected.Candidates.Labels.ShouldBeNull();
        selected.Candidates.Forwarded.ShouldBe(0);
        Examples.Longs(selected.Labels).ShouldBe(Examples.Longs(selected.Indices).Select(id => id % 3));
    }

    [Fact]
    public void Uniform_chooses_every_candidate_equally_often_and_never_one_twice()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(10, 2);
        using var model = new LogitsModel();
        using var selector = new BatchSelector(model, SelectionFunctions.Uniform, null, 3,
            new BatchSelectorOptions { LargeBatchSize = 10, Seed = 5 });
        var chosen = new int[10];
        for (int i = 0; i < 1000; i++)
        {
            using IDisposable scope = NewDisposeScope();
            long[] ids = Examples.Longs(selector.Select(data.Gather(data.Ids)).Indices);
            ids.Distinct().Count().ShouldBe(3);
            foreach (long id in ids) { chosen[id]++; }
        }
        // Binomial(1000, 3/10): mean 300, deviation 14.5; 73 is five of them.
        foreach (int count in chosen) { ((double)count).ShouldBe(300, tolerance: 73); }
    }

    [Fact]
    public void Negative_irreducible_loss_runs_no_forward_pass_and_gathers_only_the_chosen_rows()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        using var model = new LogitsModel();
        var augmentation = new CountingAugmentation(seed: 1);
        using var selector = new BatchSelector(model, SelectionFunctions.NegativeIrreducibleLoss, table, 1, FourCandidates.All());
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, tensor(FourCandidates.Ids)), augmentation);
        model.Forwards.ShouldBeEmpty();
        augmentation.Rows.ShouldBe([1L]);
        Examples.Longs(selected.Indices).ShouldBe([50]);
    }
}
