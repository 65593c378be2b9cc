using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

public sealed class BoundedScoreTests
{
    // FourCandidates: p_t = ½, ¼, 0.8, 0.1 and p_IL = ¼, ½, 0.2, 0.1 for the ids 70, 50, 90, 10.
    public static TheoryData<string, double[], long[]> Known => new()
    {
        // p_IL · (1 − p_t): ¼·½, ½·¾, 0.2·0.2, 0.1·0.9
        { "learnability", [0.125, 0.375, 0.04, 0.09], [50, 70, 10, 90] },
        // p_IL² · √(1 − p_t)
        { "tempered 2, 0.5", [Math.Sqrt(0.5) / 16, Math.Sqrt(0.75) / 4, 0.04 * Math.Sqrt(0.2), 0.01 * Math.Sqrt(0.9)], [50, 70, 90, 10] },
        // (p_IL + ½) · (1 − p_t) / 1.5: ¾·½, 1·¾, 0.7·0.2, 0.6·0.9
        { "smoothed 0.5", [0.375 / 1.5, 0.75 / 1.5, 0.14 / 1.5, 0.54 / 1.5], [50, 10, 70, 90] },
        // p_IL − p_t
        { "gap", [-0.25, 0.25, -0.6, 0], [50, 10, 70, 90] },
    };

    private static SelectionFunction Named(string name) => name switch
    {
        "learnability" => SelectionFunctions.Learnability,
        "tempered 2, 0.5" => SelectionFunctions.TemperedLearnability(2, 0.5),
        "smoothed 0.5" => SelectionFunctions.SmoothedLearnability(0.5),
        _ => SelectionFunctions.ProbabilityGap,
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Scores_and_order_are_those_computed_by_hand(string function, double[] scores, long[] bestFirst)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        using var model = new LogitsModel();
        using var selector = new BatchSelector(model, Named(function), table, 4, FourCandidates.All());
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids));
        Examples.Values(selected.Candidates.Scores!).ShouldBe(scores, tolerance: 1e-6);
        Examples.Longs(selected.Indices).ShouldBe(bestFirst);
        selected.Weights.ShouldBeNull();
        model.Forwards.ShouldBe([4L]);
    }

    [Fact]
    public void Filter_then_uniform_takes_what_passes_in_random_order_and_fills_up_with_the_rest()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        using var model = new LogitsModel();
        // Above ln 4 = 1.386 of 70 and ln 2 of 50, below ln 5 = 1.609 of 90 and ln 10 of 10.
        SelectionFunction filter = SelectionFunctions.FilterThenUniform(1.4);
        using var one = new BatchSelector(model, filter, table, 1, FourCandidates.All());
        using var three = new BatchSelector(model, filter, table, 3, FourCandidates.All());
        int first = 0, ninety = 0;
        for (int i = 0; i < 1000; i++)
        {
            using IDisposable scope = NewDisposeScope();
            long single = Examples.Longs(one.Select(data.Gather(data.Ids)).Indices).ShouldHaveSingleItem();
            single.ShouldBeOneOf(70, 50);
            first += single == 70 ? 1 : 0;
            long[] triple = Examples.Longs(three.Select(data.Gather(data.Ids)).Indices);
            triple[..2].Order().ShouldBe([50, 70]);
            triple[2].ShouldBeOneOf(90, 10);
            ninety += triple[2] == 90 ? 1 : 0;
        }
        ((double)first).ShouldBe(500, tolerance: 79);    // Binomial(1000, ½): deviation 15.8, five of them
        ((double)ninety).ShouldBe(500, tolerance: 79);
        model.Forwards.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Laws_hold_over_random_candidates(long seed)
    {
        using var check = new NoTensorLeaks();
        using Generator random = new((ulong)seed, CPU);
        using var data = new LabeledDataset(randn([200, 5], generator: random) * 4,
            randint(0, 5, [200], dtype: int64, generator: random), 5);
        using IrreducibleLosses table = IrreducibleLosses.From(randn([200], generator: random).square() * 3, data, FourCandidates.Facts);
        double[] Scores(SelectionFunction function, Tensor ids)
        {
            using var model = new LogitsModel();
            using var selector = new BatchSelector(model, function, table, 200, FourCandidates.All(200));
            return Examples.Values(selector.Select(data, new LargeBatch(1, ids)).Candidates.Scores!);
        }
        double[] learnability = Scores(SelectionFunctions.Learnability, data.Ids);

        learnability.ShouldAllBe(s => s >= 0 && s <= 1);
        Scores(SelectionFunctions.ProbabilityGap, data.Ids).ShouldAllBe(s => s >= -1 && s <= 1);
        foreach ((double a, double b) in new[] { (0.0, 0.0), (0.0, 2.0), (0.5, 0.5), (3.0, 0.0), (3.0, 2.0) })
        {
            Scores(SelectionFunctions.TemperedLearnability(a, b), data.Ids).ShouldAllBe(s => s >= 0 && s <= 1);
        }
        foreach (double s in new[] { 0.1, 1, 10 })
        {
            Scores(SelectionFunctions.SmoothedLearnability(s), data.Ids).ShouldAllBe(v => v >= 0 && v <= 1);
        }
        Scores(SelectionFunctions.TemperedLearnability(1, 1), data.Ids).ShouldBe(learnability, tolerance: 1e-6);
        Scores(SelectionFunctions.SmoothedLearnability(0), data.Ids).ShouldBe(learnability);

        Tensor order = randperm(200, dtype: int64, generator: random);
        foreach (SelectionFunction function in new[]
        {
            SelectionFunctions.Learnability,
            SelectionFunctions.TemperedLearnability(0.5, 2),
            SelectionFunctions.SmoothedLearnability(0.3),
            SelectionFunctions.ProbabilityGap,
        })
        {
            double[] inOrder = Scores(function, data.Ids);
            Scores(function, order).ShouldBe(Examples.Longs(order).Select(i => inOrder[i]), tolerance: 1e-6);
        }
    }

    [Fact]
    public void A_label_both_models_are_sure_of_has_no_score_that_is_not_a_number()
    {
        using var check = new NoTensorLeaks();
        // p_t = 1 and p_t = 0 in float32; 0^0.5 and its neighbours are where a power could give NaN.
        using var data = new LabeledDataset(tensor(new float[,] { { 200, 0 }, { 0, 200 } }), tensor([0L, 0L]), 2);
        using IrreducibleLosses table = IrreducibleLosses.From(tensor([0f, 200f]), data, FourCandidates.Facts);
        using var model = new LogitsModel();
        using var selector = new BatchSelector(model, SelectionFunctions.TemperedLearnability(0.5, 0.5), table, 2, FourCandidates.All(2));
        // 1·0 and e^−100·1
        Examples.Values(selector.Select(data, new LargeBatch(1, data.Ids)).Candidates.Scores!).ShouldBe([0, 0], tolerance: 1e-6);
    }
}
