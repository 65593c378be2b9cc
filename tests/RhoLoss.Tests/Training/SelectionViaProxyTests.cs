using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Tests.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class SelectionViaProxyTests
{
    // Predictions (¼, ½, ¼) for 70 and 50, whose entropy is 1.5 ln 2 = 1.04, and (0.8, 0.1, 0.1) for 90 and 10, with 0.64.
    [Theory]
    [InlineData(0.5, new long[] { 70, 50 })]
    [InlineData(0.25, new long[] { 70 })]   // the first of equals
    [InlineData(0.75, new long[] { 70, 50, 90 })]
    [InlineData(0.01, new long[] { 70 })]   // at least one
    [InlineData(1, new long[] { 70, 50, 90, 10 })]
    public void The_least_certain_are_chosen(double share, long[] ids)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var proxy = new PassThrough();

        Toys.Longs(SelectionViaProxy.Choose(proxy, data, share)).ShouldBe(ids);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_share_out_of_range_is_refused(double share)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var proxy = new PassThrough();
        Should.Throw<ArgumentOutOfRangeException>(() => SelectionViaProxy.Choose(proxy, data, share));
    }

    [Fact]
    public void The_proxy_is_trained_on_all_of_D_and_a_seed_repeats_its_choice()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(60);
        long[] Chosen(long seed, out byte[] weights)
        {
            using var proxy = new Mlp(8, [8], 3, seed: 1);
            using Tensor ids = SelectionViaProxy.Run(proxy, data, 0.2, new TrainerOptions { BatchSize = 7, Seed = seed }, epochs: 3);
            weights = Toys.Bits(proxy);
            return Toys.Longs(ids);
        }

        long[] first = Chosen(3, out byte[] weights), again = Chosen(3, out byte[] same);
        first.Length.ShouldBe(12);
        first.Distinct().Count().ShouldBe(12);
        again.ShouldBe(first);
        same.ShouldBe(weights);
        Chosen(4, out byte[] other);
        other.ShouldNotBe(weights);
    }
}
