using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class EvaluatorTests
{
    [Fact]
    public void Accuracy_and_loss_are_those_computed_by_hand()
    {
        using var check = new NoTensorLeaks();
        using var data = new LabeledDataset(tensor(new float[,] { { 2, 0 }, { 0, 1 }, { 0, 0.5f } }), tensor([0L, 1L, 0L]), classes: 2);
        using var model = new PassThrough();
        // −log softmax of the label: ln(1 + e^−2), ln(1 + e^−1), ln(1 + e^0.5)
        double[] losses = [Math.Log(1 + Math.Exp(-2)), Math.Log(1 + Math.Exp(-1)), Math.Log(1 + Math.Exp(0.5))];

        Evaluation evaluation = Evaluator.Evaluate(model, data);
        evaluation.Accuracy.ShouldBe(2.0 / 3, tolerance: 1e-12);   // the third says class 1, its label is 0
        evaluation.Loss.ShouldBe(losses.Average(), tolerance: 1e-6);
        evaluation.Count.ShouldBe(3);

        (Tensor perExample, Tensor? correct) = Evaluator.PerExample(model, data, batchSize: 2);
        perExample.dtype.ShouldBe(float32);
        for (int i = 0; i < 3; i++) { perExample[i].item<float>().ShouldBe((float)losses[i], tolerance: 1e-6f); }
        Toys.Floats(correct!).ShouldBe([1, 1, 0]);
    }

    [Fact]
    public void The_worst_class_is_the_one_with_the_smallest_share_right_and_one_without_examples_is_none()
    {
        using var check = new NoTensorLeaks();
        // Class 0: one of two is right; class 1: one of one; class 2 has no example.
        using var data = new LabeledDataset(
            tensor(new float[,] { { 2, 0, 0 }, { 0, 1, 0 }, { 0, 0.5f, 0 } }), tensor([0L, 1L, 0L]), classes: 3);
        using var model = new PassThrough();

        Evaluation evaluation = Evaluator.Evaluate(model, data);

        evaluation.Metrics.Keys.ShouldBe(["accuracy", "loss", "worstClassAccuracy"]);
        evaluation.Metrics["worstClassAccuracy"].ShouldBe(0.5);
        using IDisposable scope = NewDisposeScope();
        Evaluator.Examples(model, data).AccuracyByClass.ShouldBe([0.5, 1, null]);
    }

    // Two texts of three bytes and one, of two possible bytes; with logits (z, 0) the byte 0 has loss ln(1 + e^−z), the byte 1 ln(1 + e^z).
    [Fact]
    public void Bits_per_byte_and_perplexity_are_of_the_mean_over_tokens_and_not_over_texts()
    {
        using var check = new NoTensorLeaks();
        Tensor z = tensor(new float[,] { { 0, 1, 2 }, { 3, 9, 9 } });
        using LabeledDataset data = LabeledDataset.WithTargets(
            stack([z, zeros_like(z)], 2), tensor(new long[,] { { 0, 1, 0 }, { 0, -100, -100 } }));
        using var model = new PassThrough();
        static double Loss(double z) => Math.Log(1 + Math.Exp(-z));
        double token = (Loss(0) + Loss(-1) + Loss(2) + Loss(3)) / 4;

        Evaluation bytes = Evaluator.Evaluate(model, data, new TokenCrossEntropy { TokensAreBytes = true });
        Evaluation words = Evaluator.Evaluate(model, data, new TokenCrossEntropy());

        bytes.Metrics.Keys.ShouldBe(["accuracy", "loss", "worstClassAccuracy", "bits-per-byte", "perplexity"]);
        bytes.Metrics["bits-per-byte"]!.Value.ShouldBe(token / Math.Log(2), tolerance: 1e-6);
        bytes.Metrics["perplexity"]!.Value.ShouldBe(Math.Exp(token), tolerance: 1e-6);
        bytes.Loss.ShouldBe(((Loss(0) + Loss(-1) + Loss(2)) / 3 + Loss(3)) / 2, tolerance: 1e-6);
        words.Metrics["bits-per-byte"].ShouldBeNull("nothing says how many bytes a token has");
        words.Metrics["perplexity"].ShouldBe(bytes.Metrics["perplexity"]);
    }

    // 3 tokens of 2 nats and one of 6 are 12 nats; of 8 bytes of text.
    [Fact]
    public void Bits_per_byte_of_other_tokens_are_of_the_bytes_that_they_stand_for_and_perplexity_is_of_the_tokens()
    {
        using var check = new NoTensorLeaks();
        using IDisposable scope = NewDisposeScope();
        var examples = new EvaluatedExamples(tensor(new float[] { 2, 6 }), Correct: null, tensor(new long[] { 3, 1 }), Classes: 0)
        {
            Objective = new TokenCrossEntropy(),
            TextBytes = 8,
        };

        var found = Evaluation.Of(examples);

        found.Metrics["bits-per-byte"]!.Value.ShouldBe(12 / Math.Log(2) / 8, tolerance: 1e-12);
        found.Metrics["perplexity"]!.Value.ShouldBe(Math.Exp(3), tolerance: 1e-9);
        Evaluation.Of(examples with { TextBytes = null }).Metrics["bits-per-byte"].ShouldBeNull();
    }

    // Of 300 tokens each is as likely: ln 300 nats a token; 4 tokens stand for 11 bytes.
    [Fact]
    public void A_model_of_tokens_is_measured_by_the_bytes_of_its_data()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = LabeledDataset.OfSequences(new Sequences());
        using var model = new NoIdea();

        Evaluation found = Evaluator.Evaluate(model, data, new TokenCrossEntropy());

        found.Metrics["bits-per-byte"]!.Value.ShouldBe(4 * Math.Log2(300) / 11, tolerance: 1e-5);
        found.Metrics["perplexity"]!.Value.ShouldBe(300, tolerance: 1e-3);
    }

    // 128 tokens of 300 outputs each are 38,400 outputs a sequence; 2²² have room for 109 sequences.
    [Fact]
    public void Sequences_are_measured_in_batches_whose_outputs_have_room()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = LabeledDataset.OfSequences(new Sequences { Count = 200, Length = 128, FirstLength = 128 });
        using var model = new NoIdea();

        Evaluator.Evaluate(model, data, new TokenCrossEntropy());
        Evaluator.Evaluate(model, data, new TokenCrossEntropy(), batchSize: 150);
        Evaluator.Evaluate(model, data, new TokenCrossEntropy(), batchSize: 100);

        model.Batches.ShouldBe([109, 91, 109, 91, 100, 100]);
    }

    [Fact]
    public void Which_value_is_better_is_a_property_of_the_metric()
    {
        (Metric accuracy, Metric bits) = (Metric.Named("accuracy"), Metric.Named("bits-per-byte"));
        (accuracy.Reaches(0.9, 0.8), accuracy.Reaches(0.8, 0.8), accuracy.Reaches(0.7, 0.8)).ShouldBe((true, true, false));
        (bits.Reaches(0.9, 0.8), bits.Reaches(0.8, 0.8), bits.Reaches(0.7, 0.8)).ShouldBe((false, true, true));
        (accuracy.Best([1, 3, 2]), bits.Best([1, 3, 2])).ShouldBe((3, 1));
        (accuracy.Score(2), bits.Score(2)).ShouldBe((2, -2));
        (accuracy.Format(0.8754), bits.Format(1.98765)).ShouldBe(("87.5 %", "1.988"));
        Metric.Named("testLoss").ShouldBe(Metric.Named("loss"));
        Should.Throw<ArgumentException>(() => Metric.Named("f1"));
    }

    [Fact]
    public void A_metric_of_ones_own_is_measured_besides()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using var model = new DropoutNet(seed: 5, probability: 0);
        var worst = new Metric("largestLoss", examples => examples.Losses.max().item<float>());

        Evaluation evaluation = Evaluator.Evaluate(model, data, more: worst);

        evaluation.Metrics.Keys.ShouldBe(["accuracy", "loss", "worstClassAccuracy", "largestLoss"]);
        evaluation.Metrics["largestLoss"]!.Value.ShouldBeGreaterThan(evaluation.Loss);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(53)]
    [InlineData(54)]
    public void The_batch_size_does_not_change_the_result(int batchSize)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(53);
        using var model = new SmallResidualNet(seed: 5);
        Evaluation one = Evaluator.Evaluate(model, data), other = Evaluator.Evaluate(model, data, batchSize: batchSize);
        other.Loss.ShouldBe(one.Loss, tolerance: 1e-6);
        other.Accuracy.ShouldBe(one.Accuracy, tolerance: 1e-6);
        other.Count.ShouldBe(53);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Eval_mode_is_used_and_the_mode_of_before_restored(bool training)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using nn.Module<Tensor, Tensor> dropping = new DropoutNet(seed: 5, probability: 0.9);
        using nn.Module<Tensor, Tensor> keeping = new DropoutNet(seed: 5, probability: 0);
        dropping.train(training);
        keeping.eval();
        Evaluator.Evaluate(dropping, data).ShouldBe(Evaluator.Evaluate(keeping, data));
        dropping.training.ShouldBe(training);
        dropping.named_modules().ShouldAllBe(m => m.module.training == training);
    }

    [Fact]
    public void Parts_that_a_user_froze_in_eval_mode_stay_frozen()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(10);
        using var model = new SmallResidualNet(seed: 5);
        model.train();
        nn.Module frozen = model.named_modules().First(m => m.module is TorchSharp.Modules.BatchNorm2d).module;
        frozen.eval();
        Evaluator.Evaluate(model, data);
        frozen.training.ShouldBeFalse();
        model.training.ShouldBeTrue();
        model.named_modules().Count(m => m.module.training).ShouldBe(model.named_modules().Count() - 1);
    }

    [Fact]
    public void Evaluation_moves_neither_parameters_nor_running_statistics_and_leaves_no_gradient()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(10);
        using var model = new SmallResidualNet(seed: 5);
        byte[] before = Toys.Bits(model);
        Evaluator.Evaluate(model, data);
        Toys.Bits(model).ShouldBe(before);
        model.parameters().Count(p => p.grad is not null).ShouldBe(0);
    }

    [Fact]
    public void The_mode_is_restored_when_the_model_throws()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(10, features: 5);
        using var model = new Mlp(8, [6], 3, seed: 5);   // wants eight features
        model.train();
        Should.Throw<System.Runtime.InteropServices.ExternalException>(() => Evaluator.Evaluate(model, data));
        model.training.ShouldBeTrue();
    }

    /// <summary>A sequence of three tokens for nine bytes, and others of a token for two; of 300 tokens.</summary>
    private sealed class Sequences : ITokenSequences
    {
        public long Count { get; init; } = 2;

        public int Length { get; init; } = 3;

        public int FirstLength { get; init; } = 3;

        public TokenVocabulary Vocabulary { get; } = new(300);

        public int StartToken => 0;

        public int LengthOf(long row) => row % 100 == 0 ? FirstLength : 1;

        public void Read(long row, Span<int> tokens) => tokens.Fill(299);

        public long? BytesOf(long row) => row == 0 ? 9 : 2;

        public string NameOf(long row) => $"row {row}";
    }

    private sealed class NoIdea() : nn.Module<Tensor, Tensor>(nameof(NoIdea))
    {
        public List<long> Batches { get; } = [];

        public override Tensor forward(Tensor input)
        {
            Batches.Add(input.shape[0]);
            return zeros(input.shape[0], input.shape[1], 300);
        }
    }
}
