using RhoLoss.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class ConfusionMatrixTests
{
    [Theory]
    [InlineData(1000)]
    [InlineData(2)]   // several batches, the last one partial
    public void Rows_are_true_labels_and_columns_predictions(int batchSize)
    {
        using var check = new NoTensorLeaks();
        using var model = new PassThrough();
        // The inputs are the logits; predictions 0, 1, 1, 2, 1 for labels 0, 0, 0, 2, 2.
        using var data = new LabeledDataset(
            tensor(new float[,] { { 3, 1, 0 }, { 0, 2, 1 }, { 0, 5, 1 }, { 0, 1, 9 }, { 1, 2, 1 } }), tensor([0L, 0, 0, 2, 2]), 3);
        Tensor matrix = Evaluator.ConfusionMatrix(model, data, batchSize);
        matrix.shape.ShouldBe([3, 3]);
        Toys.Longs(matrix).ShouldBe([1, 2, 0, 0, 0, 0, 0, 1, 1]);
        model.training.ShouldBeTrue();
    }
}
