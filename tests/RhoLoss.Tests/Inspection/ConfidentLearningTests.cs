using RhoLoss.Inspection;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Inspection;

public sealed class ConfidentLearningTests
{
    // Nine examples of three classes, so that each case of the definition is there.
    private static readonly (long Label, float[] Probabilities)[] Examples =
    [
        (0, [0.8f, 0.1f, 0.1f]),       // 0: likeliest 0
        (0, [0.6f, 0.3f, 0.1f]),       // 1: likeliest 0
        (0, [0.1f, 0.8f, 0.1f]),       // 2: reaches the threshold of 1 alone: labelled 0, of class 1
        (0, [0.55f, 0.44f, 0.01f]),    // 3: reaches those of 0 and 1, and 0 is the likelier
        (1, [0.2f, 0.7f, 0.1f]),       // 4: likeliest 1
        (1, [0.4f, 0.5f, 0.1f]),       // 5: likeliest 1
        (1, [0.45f, 0.1f, 0.45f]),     // 6: reaches none, and is not counted
        (2, [0.52f, 0.08f, 0.4f]),     // 7: reaches that of 0 alone: labelled 2, of class 0
        (2, [0.35f, 0.05f, 0.6f]),     // 8: likeliest 2
    ];

    [Fact]
    public void Thresholds_joint_and_estimates_are_those_of_the_paper()
    {
        using var check = new NoTensorLeaks();
        ConfidentLearning found = Of(Examples);

        // Means over the examples with the label: (0.8 + 0.6 + 0.1 + 0.55) / 4, (0.7 + 0.5 + 0.1) / 3, (0.4 + 0.6) / 2.
        double[] thresholds = [.. found.Thresholds.data<double>()];
        thresholds.Zip([0.5125, 1.3 / 3, 0.5]).ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < 1e-6);
        found.Joint.shape.ShouldBe([3, 3]);
        Toys.Longs(found.Joint).ShouldBe([3, 1, 0, 0, 2, 0, 1, 0, 1]);
        Enumerable.Range(0, 9).Where(row => found.IsOffDiagonal[row].item<bool>()).ShouldBe([2, 7]);
        // 4 examples times 1 of 4; 3 times 0 of 2; 2 times 1 of 2.
        double[] wrong = [.. found.WrongByClass.data<double>()];
        wrong.Zip([1.0, 0, 1]).ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < 1e-12);
    }

    [Fact]
    public void Those_off_the_diagonal_come_first_and_then_those_of_the_lowest_self_confidence_or_margin()
    {
        using var check = new NoTensorLeaks();
        ConfidentLearning found = Of(Examples);
        double[] scores = [.. found.Scores.data<double>()], byMargin = [.. found.MarginScores.data<double>()];

        // Probabilities of the label: 2 0.1, 7 0.4 (off the diagonal); 6 0.1, 5 0.5, 3 0.55, 1 and 8 0.6, 4 0.7, 0 0.8.
        Enumerable.Range(0, 9).OrderByDescending(row => Math.Round(scores[row], 6)).ShouldBe([2, 7, 6, 5, 3, 1, 8, 4, 0]);
        scores[2].ShouldBe(2.9, tolerance: 1e-6);
        scores[6].ShouldBe(0.9, tolerance: 1e-6);
        // Margins: 2 −0.7, 7 −0.12 (off the diagonal); 6 −0.35, 5 0.1, 3 0.11, 8 0.25, 1 0.3, 4 0.5, 0 0.7.
        Enumerable.Range(0, 9).OrderByDescending(row => byMargin[row]).ShouldBe([2, 7, 6, 5, 3, 8, 1, 4, 0]);
        byMargin[2].ShouldBe(2 + 1.7 / 2, tolerance: 1e-6);
        byMargin[6].ShouldBe(1.35 / 2, tolerance: 1e-6);
    }

    [Fact]
    public void A_class_without_examples_has_no_threshold_and_nobody_is_counted_there()
    {
        using var check = new NoTensorLeaks();
        ConfidentLearning found = Of([(0, [0.1f, 0.1f, 0.8f]), (0, [0.5f, 0.4f, 0.1f]), (1, [0.2f, 0.7f, 0.1f])]);

        double[] thresholds = [.. found.Thresholds.data<double>()];
        thresholds[0].ShouldBe(0.3, tolerance: 1e-6);
        thresholds[2].ShouldBe(double.NaN);
        Toys.Longs(found.Joint).ShouldBe([1, 0, 0, 0, 1, 0, 0, 0, 0]);
        double[] wrong = [.. found.WrongByClass.data<double>()];
        wrong.ShouldBe([0, 0, 0]);
    }

    private static ConfidentLearning Of((long Label, float[] Probabilities)[] examples)
    {
        Tensor probabilities = tensor(examples.SelectMany(e => e.Probabilities).ToArray()).reshape(examples.Length, -1);
        return ConfidentLearning.Of(probabilities.log(), tensor(examples.Select(e => e.Label).ToArray()));
    }
}
