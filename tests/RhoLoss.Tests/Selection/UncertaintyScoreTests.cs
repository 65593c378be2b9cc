using System.Text.Json;
using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.References;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

public sealed class UncertaintyScoreTests
{
    private static readonly double Ln2 = Math.Log(2), Ln3 = Math.Log(3), Ln5 = Math.Log(5);
    private static readonly double Quarter = 2 * Ln2 - 0.75 * Ln3;              // H(¾, ¼) = ¾ ln ⁴⁄₃ + ¼ ln 4
    private static readonly double EightFive = 3 * Ln2 - 0.625 * Ln5 - 0.375 * Ln3;   // H(⅝, ⅜)

    // Two passes over four candidates of two classes; p of class 0, then the label.
    //     pass 1  pass 2  mean   H[mean]     mean H               label  mean CE
    // a   ½       ½       ½      ln 2        ln 2                 0      ln 2
    // b   ¾       ¼       ½      ln 2        H(¾, ¼)              0      ½ (ln ⁴⁄₃ + ln 4) = 2 ln 2 − ½ ln 3
    // c   ¾       ¾       ¾      H(¾, ¼)     H(¾, ¼)              1      ln 4
    // d   ¾       ½       ⅝      H(⅝, ⅜)     ½ (H(¾, ¼) + ln 2)   0      ½ (ln ⁴⁄₃ + ln 2) = ½ (3 ln 2 − ln 3)
    private static readonly double[,] First = { { 0.5, 0.75, 0.75, 0.75 }, { 0.5, 0.25, 0.75, 0.5 } };
    private static readonly double[] Predictive = [Ln2, Ln2, Quarter, EightFive];
    private static readonly double[] Conditional = [Ln2, Quarter, Quarter, (Quarter + Ln2) / 2];
    private static readonly double[] Loss = [Ln2, 2 * Ln2 - Ln3 / 2, 2 * Ln2, (3 * Ln2 - Ln3) / 2];

    public static TheoryData<string> All => [.. Functions.Keys];

    private static readonly Dictionary<string, (SelectionFunction Of, Func<int, double> Expected)> Functions = new(StringComparer.Ordinal)
    {
        ["predictive-entropy"] = (SelectionFunctions.PredictiveEntropy(2), i => Predictive[i]),
        ["conditional-entropy"] = (SelectionFunctions.ConditionalEntropy(2), i => Conditional[i]),
        ["bald"] = (SelectionFunctions.Bald(2), i => Predictive[i] - Conditional[i]),
        ["loss-minus-conditional-entropy"] = (SelectionFunctions.LossMinusConditionalEntropy(2), i => Loss[i] - Conditional[i]),
    };

    [Theory]
    [MemberData(nameof(All))]
    public void Scores_are_those_computed_by_hand(string name)
    {
        using var check = new NoTensorLeaks();
        Tensor first = tensor(First).to(float32);
        using LabeledDataset data = new(zeros(4, 1), tensor([0L, 0L, 1L, 0L]), classes: 2);

        double[] scores = Score(stack([first, 1 - first], 2).log(), data, Functions[name].Of);

        scores.ShouldBe(Enumerable.Range(0, 4).Select(Functions[name].Expected), tolerance: 1e-6);
    }

    /// <summary>Two examples of two tokens: a and b, and c with one that does not count.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void The_score_of_a_sequence_is_the_mean_over_the_tokens_that_count(string name)
    {
        using var check = new NoTensorLeaks();
        Tensor first = tensor(First).to(float32);
        Tensor passes = stack([first, 1 - first], 2).log().reshape(2, 2, 2, 2);
        using LabeledDataset data = LabeledDataset.WithTargets(zeros(2, 1), tensor(new long[,] { { 0, 0 }, { 1, -100 } }));

        double[] scores = Score(passes, data, Functions[name].Of, new TokenCrossEntropy());

        Func<int, double> of = Functions[name].Expected;
        scores.ShouldBe([(of(0) + of(1)) / 2, of(2)], tolerance: 1e-6);
    }

    [Fact]
    public void What_is_no_softmax_has_no_entropy()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = LabeledDataset.WithTargets(zeros(2, 1), ones(2, 3));

        Should.Throw<InvalidInputException>(
            () => Score(zeros(2, 2, 3), data, SelectionFunctions.Bald(2), new BinaryCrossEntropy())).Message
            .ShouldStartWith("The probabilities of dropout passes need logits of classes");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Scores_are_those_of_PyTorchs_distributions(string name)
    {
        using var check = new NoTensorLeaks();
        JsonElement reference = PyTorchReferences.Uncertainty;
        using LabeledDataset data = new(zeros(6, 1), tensor(reference.Whole("labels")), classes: 5);
        Tensor logits = tensor(reference.Numbers("logits")).reshape(reference.Whole("shape")).to(float32);
        SelectionFunction function = name switch
        {
            "bald" => SelectionFunctions.Bald(10),
            "conditional-entropy" => SelectionFunctions.ConditionalEntropy(10),
            "predictive-entropy" => SelectionFunctions.PredictiveEntropy(10),
            _ => SelectionFunctions.LossMinusConditionalEntropy(10),
        };

        Score(nn.functional.log_softmax(logits, 2), data, function).ShouldMatch(reference.Numbers(name), name);
    }

    [Fact]
    public void Bald_is_predictive_less_conditional_entropy_and_never_negative_and_no_entropy_exceeds_ln_C()
    {
        using var check = new NoTensorLeaks();
        using Generator generator = Seeding.Stream(5, 5);
        using LabeledDataset data = new(zeros(50, 1), arange(50, dtype: int64) % 7, classes: 7);
        foreach (double spread in new[] { 0.01, 1, 30 })
        {
            Tensor passes = nn.functional.log_softmax(spread * randn([10, 50, 7], generator: generator), 2);

            double[] bald = Score(passes, data, SelectionFunctions.Bald(10));
            double[] predictive = Score(passes, data, SelectionFunctions.PredictiveEntropy(10));
            double[] conditional = Score(passes, data, SelectionFunctions.ConditionalEntropy(10));

            bald.ShouldBe(predictive.Zip(conditional, (p, c) => p - c), tolerance: 1e-6);
            bald.Min().ShouldBeGreaterThan(-1e-6);
            conditional.Min().ShouldBeGreaterThan(-1e-6);
            predictive.Max().ShouldBeLessThan(Math.Log(7) + 1e-6);
        }
    }

    /// <summary>The score of every candidate, in the order of the data.</summary>
    private static double[] Score(
        Tensor logProbabilities, LabeledDataset data, SelectionFunction function, Objective? objective = null)
    {
        using var selector = new BatchSelector(new Given(logProbabilities), function, null, data.Count,
            new BatchSelectorOptions { LargeBatchSize = data.Count, Objective = objective ?? Objective.CrossEntropy });
        return Examples.Values(selector.Select(data.Gather(data.Ids)).Candidates.Scores!);
    }

    private sealed class Given(Tensor logProbabilities) : Scorer
    {
        public override string Name => "given";

        public override Measurements Measure(Candidates candidates, Measures wanted) =>
            throw new InvalidOperationException("No score here asks for a plain forward pass.");

        public override Tensor DropoutLogProbabilities(Candidates candidates, int passes)
        {
            passes.ShouldBe((int)logProbabilities.shape[0]);
            return logProbabilities.index_select(1, candidates.Indices);
        }
    }
}
