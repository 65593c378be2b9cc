using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Native;

/// <summary>
/// What is refused where the processor hides its caches and nothing was done about it. The path is assumed, so that every machine shows it.
/// </summary>
public sealed class UnsafeConvolutionsTests
{
    private const string Fix = "Call NativeConvolutions.Prepare() once, before the first tensor of the program.";

    [Fact]
    public void A_trainer_refuses_a_model_with_convolutions_and_names_layer_and_call()
    {
        using var check = new NoTensorLeaks();
        using IDisposable assumed = NativeConvolutions.Assume(ConvolutionPath.Unsafe);
        using LabeledDataset data = Images();
        using var model = new SmallCnn([1, 22, 22], classes: 2, seed: 0);

        string message = Should.Throw<InvalidOperationException>(
            () => new Trainer(model, data, SelectionFunctions.TrainLoss, reference: null, Options)).Message;
        message.ShouldStartWith("SmallCnn has convolutions (conv1), and on this machine they would be wrong");
        message.ShouldEndWith(Fix);
    }

    [Fact]
    public void A_selector_a_holdout_training_and_an_evaluation_refuse_it_too()
    {
        using var check = new NoTensorLeaks();
        using IDisposable assumed = NativeConvolutions.Assume(ConvolutionPath.Unsafe);
        using LabeledDataset data = Images(), holdout = Images(firstId: 100);
        using var model = new SmallCnn([1, 22, 22], classes: 2, seed: 0);

        Should.Throw<InvalidOperationException>(() => new BatchSelector(model, SelectionFunctions.TrainLoss, null, batchSize: 2)).Message
            .ShouldEndWith(Fix);
        Should.Throw<InvalidOperationException>(() => HoldoutTraining.Run(model, holdout, data, new HoldoutTrainingOptions())).Message
            .ShouldEndWith(Fix);
        Should.Throw<InvalidOperationException>(() => Evaluator.Evaluate(model, data)).Message.ShouldEndWith(Fix);
    }

    [Fact]
    public void Linear_layers_are_not_concerned()
    {
        using var check = new NoTensorLeaks();
        using IDisposable assumed = NativeConvolutions.Assume(ConvolutionPath.Unsafe);
        using LabeledDataset data = Images();
        using var model = new Mlp(22 * 22, [4], classes: 2, seed: 0);

        using var trainer = new Trainer(model, data, SelectionFunctions.TrainLoss, reference: null, Options);
        trainer.Step();
        trainer.StepsTaken.ShouldBe(1);
    }

    [Fact]
    public void Held_to_SSE_4_1_convolutions_do_not_train_in_bfloat16_but_score()
    {
        using var check = new NoTensorLeaks();
        using IDisposable assumed = NativeConvolutions.Assume(ConvolutionPath.OneDnnSse41);
        var half = new ComputeFormat { Precision = Precision.BFloat16 };
        using var model = new SmallCnn([1, 22, 22], classes: 2, seed: 0);
        using var linear = new Mlp(22 * 22, [4], classes: 2, seed: 0);

        Should.Throw<InvalidInputException>(() => new FlatParameters(model, half)).Message.ShouldBe(
            "SmallCnn has convolutions (conv1), and on this machine they are held to SSE 4.1, where their gradients in BFloat16 are not "
            + "exact enough to train on. Train in Float32, which is faster there, too.");
        new FlatParameters(model, half, training: false).Dispose();
        new FlatParameters(model).Dispose();
        new FlatParameters(linear, half).Dispose();
    }

    private static TrainerOptions Options => new() { BatchSize = 2, LargeBatchSize = 4 };

    private static LabeledDataset Images(int firstId = 0)
    {
        using var generator = new Generator((ulong)firstId + 1);
        return new LabeledDataset(rand([8, 1, 22, 22], generator: generator), arange(8, int64) % 2, classes: 2,
            arange(firstId, firstId + 8, int64));
    }
}
