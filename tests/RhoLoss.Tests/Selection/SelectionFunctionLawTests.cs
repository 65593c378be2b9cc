using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

/// <summary>Laws that every selection function without chance obeys.</summary>
public sealed class SelectionFunctionLawTests
{
    private static readonly Dictionary<string, SelectionFunction> Functions = new(StringComparer.Ordinal)
    {
        ["rho-loss"] = SelectionFunctions.ReducibleHoldoutLoss,
        ["train-loss"] = SelectionFunctions.TrainLoss,
        ["gradient-norm"] = SelectionFunctions.GradientNorm,
        ["negative-il"] = SelectionFunctions.NegativeIrreducibleLoss,
        ["learnability"] = SelectionFunctions.Learnability,
        ["learnability-tempered"] = SelectionFunctions.TemperedLearnability(0.7, 0.5),
        ["learnability-smoothed"] = SelectionFunctions.SmoothedLearnability(0.1),
        ["probability-gap"] = SelectionFunctions.ProbabilityGap,
        ["bald"] = SelectionFunctions.Bald(3),
        ["conditional-entropy"] = SelectionFunctions.ConditionalEntropy(3),
        ["predictive-entropy"] = SelectionFunctions.PredictiveEntropy(3),
        ["loss-minus-conditional-entropy"] = SelectionFunctions.LossMinusConditionalEntropy(3),
    };

    public static TheoryData<string> Names => [.. Functions.Keys];

    // A score is a point's own: it does not depend on where in B_t the point stands, nor on what else is there.
    [Theory]
    [MemberData(nameof(Names))]
    public void Permuting_the_candidates_permutes_the_scores_and_leaves_the_selected_points(string name)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(60);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using var model = new Mlp(8, [16], 3, seed: 1);
        using Generator generator = Seeding.Stream(3, 3);
        using var selector = new BatchSelector(new FixedDropout(new TargetScorer(model), data), Functions[name], losses, 6,
            new BatchSelectorOptions { LargeBatchSize = 60 });
        SelectedBatch plain = selector.Select(data.Gather(data.Ids));
        for (int trial = 0; trial < 5; trial++)
        {
            Tensor permutation = randperm(60, dtype: int64, generator: generator);

            SelectedBatch permuted = selector.Select(data.Gather(data.Ids.index_select(0, permutation)));

            Examples.Values(permuted.Candidates.Scores!)
                .ShouldBe(Examples.Values(plain.Candidates.Scores!.index_select(0, permutation)), tolerance: 1e-5);
            Examples.Longs(permuted.Indices).ShouldBe(Examples.Longs(plain.Indices));
        }
    }

    /// <summary>Dropout passes that are a function of the example, so that the law can be looked at.</summary>
    private sealed class FixedDropout(Scorer inner, LabeledDataset data) : Scorer
    {
        private readonly Tensor _passes = Make(data);

        public override string Name => inner.Name;

        public override Measurements Measure(Candidates candidates, Measures wanted) => inner.Measure(candidates, wanted);

        public override Tensor DropoutLogProbabilities(Candidates candidates, int passes) =>
            _passes.index_select(1, data.RowsOf(candidates.Indices));

        private static Tensor Make(LabeledDataset data)
        {
            using IDisposable scope = NewDisposeScope();
            using Generator generator = Seeding.Stream(4, 4);
            return nn.functional.log_softmax(randn([3, data.Count, data.Classes], generator: generator), 2).DetachFromDisposeScope();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
                _passes.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
