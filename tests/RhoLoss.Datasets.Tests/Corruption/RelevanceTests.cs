using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests.Corruption;

public sealed class RelevanceTests
{
    [Fact]
    public void Twenty_classes_stay_whole_and_six_percent_of_the_others_as_in_the_paper()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Even(classes: 100, perClass: 50);
        using LabeledDataset skewed = Relevance.Skew(data, 20, 0.06, seed: 3);
        long[] counts = skewed.CountByClass();
        counts.Count(n => n == 50).ShouldBe(20);
        counts.Count(n => n == 3).ShouldBe(80);   // 0.06 · 50
        skewed.Flag(ExampleFlags.LowRelevance)!.sum().item<long>().ShouldBe(240);
        for (int c = 0; c < 100; c++)
        {
            Tensor flags = skewed.Flag(ExampleFlags.LowRelevance)!.masked_select(skewed.Labels.eq(c));
            flags.sum().item<long>().ShouldBe(counts[c] == 50 ? 0 : 3);
        }
    }

    [Fact]
    public void Training_set_and_holdout_of_one_seed_have_the_same_whole_classes_and_another_seed_has_others()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Even(classes: 100, perClass: 50);
        using LabeledDataset first = Relevance.Skew(data, 20, 0.06, seed: 3), second = Relevance.Skew(data, 20, 0.06, seed: 3, stream: 1);
        using LabeledDataset again = Relevance.Skew(data, 20, 0.06, seed: 3), other = Relevance.Skew(data, 20, 0.06, seed: 4);
        second.CountByClass().ShouldBe(first.CountByClass());
        second.Fingerprint.Value.ShouldNotBe(first.Fingerprint.Value);
        again.Fingerprint.Value.ShouldBe(first.Fingerprint.Value);
        other.CountByClass().ShouldNotBe(first.CountByClass());
    }

    [Theory]
    [InlineData(0, 0.06)]
    [InlineData(10, 0.06)]
    [InlineData(2, 0.0)]
    [InlineData(2, 1.5)]
    [InlineData(2, double.NaN)]
    public void Numbers_out_of_range_are_refused(int wholeClasses, double share)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Even(classes: 10, perClass: 2);
        Should.Throw<ArgumentOutOfRangeException>(() => Relevance.Skew(data, wholeClasses, share, seed: 0));
    }

    private static LabeledDataset Even(int classes, int perClass) =>
        new(zeros(classes * perClass, 1), arange(classes * perClass, dtype: int64).remainder(classes), classes);
}
