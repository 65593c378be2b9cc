using RhoLoss.Inspection;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Inspection;

public sealed class WrongLabelsTests
{
    private static readonly float[,] Probabilities = { { 0.7f, 0.2f, 0.1f }, { 0.5f, 0.3f, 0.2f }, { 0.1f, 0.3f, 0.6f } };

    [Fact]
    public void The_likeliest_other_class_is_suggested_and_its_share_of_the_two_is_the_score()
    {
        using var check = new NoTensorLeaks();
        Tensor logs = tensor(Probabilities).log(), labels = tensor([1L, 0, 0]);

        Toys.Longs(WrongLabels.Suggested(logs, labels)).ShouldBe([0, 1, 2]);
        double[] scores = Scores(logs, labels, [0.5, 0.5, 0.5]);
        // 0.7 of 0.7 and 0.2; 0.3 of 0.3 and 0.5; 0.6 of 0.6 and 0.1
        scores.Zip([7.0 / 9, 3.0 / 8, 6.0 / 7]).ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < 1e-6);
        // The loss of the given label less that of the suggested one, ln 0.7 − ln 0.2 for example, by the logistic function.
        scores[0].ShouldBe(1 / (1 + Math.Exp(Math.Log(0.2) - Math.Log(0.7))), tolerance: 1e-6);
    }

    [Fact]
    public void Each_class_is_compared_with_what_is_usual_for_it()
    {
        using var check = new NoTensorLeaks();
        Tensor logs = tensor(Probabilities).log(), labels = tensor([1L, 0, 0]);

        // With t = 0.8, 0.4, 0.6: 0.7 / 0.8 = 0.875 against 0.2 / 0.4 = 0.5; 0.3 / 0.4 = 0.75 against 0.5 / 0.8 = 0.625;
        // 0.6 / 0.6 = 1 against 0.1 / 0.8 = 0.125.
        Scores(logs, labels, [0.8, 0.4, 0.6]).Zip([0.875 / 1.375, 0.75 / 1.375, 1 / 1.125])
            .ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < 1e-6);
        // No example is labelled 2: 1 stands for its t, 0.6 / 1 against 0.125.
        Scores(logs, labels, [0.8, 0.4, double.NaN])[2].ShouldBe(0.6 / 0.725, tolerance: 1e-6);
    }

    [Fact]
    public void Certain_predictions_have_scores_at_the_ends()
    {
        using var check = new NoTensorLeaks();
        // Logits 200 apart: float32 has no e^−200.
        Tensor logs = nn.functional.log_softmax(tensor(new float[,] { { 200, 0 }, { 0, 200 } }), 1);
        double[] scores = Scores(logs, tensor([0L, 0]), [0.5, 0.5]);
        scores[0].ShouldBe(0, tolerance: 1e-80);
        scores[1].ShouldBe(1);
    }

    [Fact]
    public void Average_precision_is_the_mean_of_the_precisions_where_one_is_found()
    {
        using var check = new NoTensorLeaks();
        Tensor ids = tensor([10L, 11, 12, 13]);
        // Found first and third: (1 / 1 + 2 / 3) / 2.
        Precision([0.9, 0.8, 0.7, 0.6], [true, false, true, false], ids).ShouldBe(5.0 / 6, tolerance: 1e-12);
        Precision([0.9, 0.8, 0.7, 0.6], [true, true, false, false], ids).ShouldBe(1);
        // Found last of four: 1 / 4.
        Precision([0.9, 0.8, 0.7, 0.6], [false, false, false, true], ids).ShouldBe(0.25);
        Precision([0.9, 0.8, 0.7, 0.6], [false, false, false, false], ids).ShouldBe(double.NaN);
    }

    [Fact]
    public void Of_equal_scores_the_smaller_id_comes_first()
    {
        using var check = new NoTensorLeaks();
        // In the order of ids: not, found, found: (1 / 2 + 2 / 3) / 2.
        Precision([0.5, 0.5, 0.5], [true, false, true], tensor([3L, 1, 2])).ShouldBe(7.0 / 12, tolerance: 1e-12);
        Precision([0.5, 0.5, 0.5], [true, false, true], tensor([1L, 3, 2])).ShouldBe(1);
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        using var check = new NoTensorLeaks();
        Tensor logs = tensor(Probabilities).log();
        Should.Throw<ArgumentException>(() => WrongLabels.Scores(logs, tensor([0L, 1]), ones(3)))
            .Message.ShouldContain("[3, 3] and Int64 of shape [2]");
        Should.Throw<ArgumentException>(() => WrongLabels.Suggested(logs.slice(1, 0, 1, 1), tensor([0L, 0, 0])))
            .Message.ShouldContain("at least two classes");
        Should.Throw<ArgumentException>(() => WrongLabels.AveragePrecision(tensor([0.5, 0.5]), tensor([true, false]), tensor([1L])))
            .Message.ShouldContain("there are 2, 1 and 2 of these");
    }

    private static double[] Scores(Tensor logs, Tensor labels, double[] thresholds) =>
        [.. WrongLabels.Scores(logs, labels, tensor(thresholds)).data<double>()];

    private static double Precision(double[] scores, bool[] wanted, Tensor ids) =>
        WrongLabels.AveragePrecision(tensor(scores), tensor(wanted), ids);
}
