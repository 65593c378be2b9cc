using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class BatchTests
{
    [Fact]
    public void At_takes_ids_inputs_and_labels_together_in_the_order_of_the_positions()
    {
        using var check = new NoTensorLeaks();
        var batch = new Batch(tensor([70L, 50L, 90L]), tensor(new float[,] { { 7, 0 }, { 5, 0 }, { 9, 0 } }), tensor([1L, 0L, 2L]));
        Batch chosen = batch.At(tensor([2L, 0L]));
        chosen.Count.ShouldBe(2);
        Examples.Longs(chosen.Indices).ShouldBe([90, 70]);
        Examples.Values(chosen.Inputs).ShouldBe([9, 0, 7, 0]);
        Examples.Longs(chosen.Labels).ShouldBe([2, 1]);
    }

    [Fact]
    public void A_position_may_occur_twice_as_when_sampling_with_replacement()
    {
        using var check = new NoTensorLeaks();
        var batch = new Batch(tensor([70L, 50L]), tensor(new float[,] { { 7 }, { 5 } }), tensor([1L, 0L]));
        Examples.Longs(batch.At(tensor([1L, 1L])).Indices).ShouldBe([50, 50]);
    }
}
