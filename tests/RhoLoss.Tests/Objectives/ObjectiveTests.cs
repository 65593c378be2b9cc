using RhoLoss.Objectives;
using RhoLoss.Randomness;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Objectives;

public sealed class ObjectiveTests
{
    // Two examples of four tokens and two words; −100 is padding. With logits (z, 0) the word 0 has loss ln(1 + e^−z), the word 1
    // ln(1 + e^z).
    [Fact]
    public void A_loss_per_token_is_the_mean_over_the_tokens_that_count()
    {
        using var check = new NoTensorLeaks();
        var objective = new TokenCrossEntropy();
        Tensor z = tensor(new float[,] { { 0, 1, 2, 9 }, { 3, 9, 9, 9 } });
        Tensor logits = stack([z, zeros_like(z)], 2);
        Tensor labels = tensor(new long[,] { { 0, 1, 0, -100 }, { 0, -100, -100, -100 } });
        static double Loss(double z) => Math.Log(1 + Math.Exp(-z));
        double[] first = [Loss(0), Loss(-1), Loss(2)];

        Tensor elements = objective.PerElement(logits, labels);
        Examples.Values(elements.flatten()).ShouldBe([.. first, 0, Loss(3), 0, 0, 0], tolerance: 1e-6);
        Examples.Values(objective.PerExample(logits, labels)).ShouldBe([first.Average(), Loss(3)], tolerance: 1e-6);
        // z > 0 says word 0, and of two equal logits the first is the larger: right, wrong, right; right.
        Examples.Values(objective.Correct(logits, labels)!).ShouldBe([2.0 / 3, 1], tolerance: 1e-6);
        Tensor? counted = objective.Counted(labels);
        double batch = (first.Sum() + Loss(3)) / 4;
        Objective.Mean(elements, counted, null).item<float>().ShouldBe((float)batch, tolerance: 1e-6f);
        Objective.Mean(elements, counted, tensor([0f, 2f])).item<float>().ShouldBe((float)(2 * Loss(3) / 4), tolerance: 1e-6f);
    }

    [Fact]
    public void An_example_without_a_token_that_counts_has_loss_0_and_not_a_division_by_0()
    {
        using var check = new NoTensorLeaks();
        var objective = new TokenCrossEntropy(ignored: 7);
        Tensor labels = full([2, 3], 7, dtype: int64);
        Examples.Values(objective.PerExample(randn(2, 3, 8, generator: new Generator(1)), labels)).ShouldBe([0, 0]);
        Objective.Mean(zeros(2, 3), objective.Counted(labels), null).item<float>().ShouldBe(0);
    }

    [Fact]
    public void A_squared_error_is_the_mean_over_the_numbers_of_an_example()
    {
        using var check = new NoTensorLeaks();
        var objective = new SquaredError();
        Tensor outputs = tensor(new float[,] { { 1, 2 }, { 0, 0 } }), labels = tensor(new float[,] { { 0, 4 }, { 3, 1 } });
        Examples.Values(objective.PerExample(outputs, labels)).ShouldBe([(1 + 4) / 2.0, (9 + 1) / 2.0]);
        objective.Correct(outputs, labels).ShouldBeNull();
        // The gradient of ((o − l)²) / 2 summed over two numbers is o − l: (1, −2) and (−3, −1).
        Examples.Values(objective.GradientNorm(outputs, labels)).ShouldBe([Math.Sqrt(5), Math.Sqrt(10)], tolerance: 1e-6);
        Examples.Values(objective.PerExample(tensor([1f, 5f]), tensor([3f, 5f]))).ShouldBe([4, 0]);
    }

    [Fact]
    public void Shapes_that_would_spread_over_each_other_are_refused()
    {
        using var check = new NoTensorLeaks();
        string message = Should.Throw<InvalidInputException>(() => new SquaredError().PerElement(zeros(4, 1), zeros(4))).Message;
        message.ShouldBe("A squared error needs outputs and float labels of the same shape, but the outputs have shape [4, 1] "
            + "and the labels are Float32 of shape [4].");
        Should.Throw<InvalidInputException>(() => new BinaryCrossEntropy().PerElement(zeros(4, 2), zeros(4, 2, dtype: int64)));
        Should.Throw<InvalidInputException>(() => new TokenCrossEntropy().PerElement(zeros(4, 2), zeros(4, 2, dtype: int64)));
        Should.Throw<InvalidInputException>(() => Objective.CrossEntropy.PerElement(zeros(4, 2), zeros(4, 2)))
            .Message.ShouldContain("Train with another objective");
    }

    [Fact]
    public void Several_labels_an_example_are_each_right_or_wrong()
    {
        using var check = new NoTensorLeaks();
        var objective = new BinaryCrossEntropy();
        Tensor logits = tensor(new float[,] { { 2, -1, 3 } }), labels = tensor(new float[,] { { 1, 1, 0 } });
        double[] losses = [Math.Log(1 + Math.Exp(-2)), Math.Log(1 + Math.Exp(1)), Math.Log(1 + Math.Exp(3))];
        Examples.Values(objective.PerExample(logits, labels)).ShouldBe([losses.Average()], tolerance: 1e-6);
        Examples.Values(objective.Correct(logits, labels)!).ShouldBe([1.0 / 3], tolerance: 1e-6);
    }

    // Law: what an objective computes in closed form is what differentiation gives.
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(100)]
    public void The_gradient_norm_of_cross_entropy_is_that_of_its_gradient(int classes)
    {
        using var check = new NoTensorLeaks();
        using Generator random = Seeding.Stream(classes, 0);
        Tensor logits = randn(20, classes, generator: random), labels = randint(0, classes, [20], dtype: int64, generator: random);
        double[] closed = Examples.Values(Objective.CrossEntropy.GradientNorm(logits, labels));
        closed.ShouldBe(Examples.Values(new ByHand().GradientNorm(logits, labels)), tolerance: 1e-5);
    }

    [Fact]
    public void Untrained_is_what_equal_logits_give()
    {
        using var check = new NoTensorLeaks();
        Tensor logits = zeros(1, 7), label = tensor([3L]);
        (double loss, double norm) = Objective.CrossEntropy.Untrained(7)!.Value;
        Examples.Values(Objective.CrossEntropy.PerExample(logits, label)).ShouldBe([loss], tolerance: 1e-6);
        Examples.Values(Objective.CrossEntropy.GradientNorm(logits, label)).ShouldBe([norm], tolerance: 1e-6);
    }

    private sealed class ByHand : Objective
    {
        public override Tensor PerElement(Tensor outputs, Tensor labels) =>
            -nn.functional.log_softmax(outputs, 1).gather(1, labels.unsqueeze(1)).squeeze(1);
    }
}
