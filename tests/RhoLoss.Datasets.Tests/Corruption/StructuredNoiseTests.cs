using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests.Corruption;

public sealed class StructuredNoiseTests
{
    // By hand: class 0 is taken for 3 (9 times), 1 for 0 (7), 2 for 1 and for 4 (5 each: the lower), 3 for 0 (5), 4 for 3 (2). The four
    // most confused are 0, 1, and of 2 and 3 both; 4 stays. The diagonal, however large, does not count.
    private static readonly long[,] Counts =
    {
        { 80, 1, 0, 9, 0 },
        { 7, 90, 2, 0, 1 },
        { 0, 5, 70, 4, 5 },
        { 5, 0, 4, 60, 5 },
        { 0, 1, 0, 2, 99 },
    };

    [Fact]
    public void The_most_confused_classes_and_what_they_are_taken_for_are_read_off_the_matrix()
    {
        using var check = new NoTensorLeaks();
        LabelNoise.MostConfused(tensor(Counts), 5, 4).ShouldBe([(0, 3), (1, 0), (2, 1), (3, 0)]);
        LabelNoise.MostConfused(tensor(Counts), 5, 2).ShouldBe([(0, 3), (1, 0)]);
    }

    [Fact]
    public void Half_of_the_examples_of_the_four_classes_get_the_label_they_are_taken_for()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(20_000, 5), noisy = LabelNoise.Structured(data, tensor(Counts), seed: 4);
        long[] clean = Examples.Longs(data.Labels), labels = Examples.Longs(noisy.Labels), takenFor = [3, 0, 1, 0, 4];
        bool[] corrupted = Examples.Bools(noisy.Flag(ExampleFlags.Corrupted)!);
        for (int i = 0; i < clean.Length; i++) { labels[i].ShouldBe(corrupted[i] ? takenFor[clean[i]] : clean[i]); }
        Examples.Bools(noisy.Flag(ExampleFlags.LabelChanged)!).ShouldBe(corrupted);
        for (long c = 0; c < 4; c++)
        {
            // 4,000 of each class at 0.5: 2,000 with deviation √(4,000/4) = 31.6; 160 is five of them.
            ((double)corrupted.Where((f, i) => f && clean[i] == c).Count()).ShouldBe(2_000, tolerance: 160);
            // At random and not by file order: of the first half of the rows as many (1,000 with deviation 22.4).
            ((double)corrupted.Take(10_000).Where((f, i) => f && clean[i] == c).Count()).ShouldBe(1_000, tolerance: 112);
        }
        corrupted.Where((f, i) => f && clean[i] == 4).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(1.0, 16)]   // 4 of each of 5 classes, of which four are flipped
    public void Probability_0_flips_nothing_and_1_everything(double probability, int expected)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(20, 5);
        using LabeledDataset noisy = LabelNoise.Structured(data, tensor(Counts), seed: 1, probability: probability);
        noisy.Flag(ExampleFlags.LabelChanged)!.sum().item<long>().ShouldBe(expected);
    }

    [Fact]
    public void The_same_seed_flips_the_same_examples()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(200, 5);
        using LabeledDataset one = LabelNoise.Structured(data, tensor(Counts), seed: 8);
        using LabeledDataset same = LabelNoise.Structured(data, tensor(Counts), seed: 8);
        using LabeledDataset other = LabelNoise.Structured(data, tensor(Counts), seed: 9);
        same.Fingerprint.Value.ShouldBe(one.Fingerprint.Value);
        other.Fingerprint.Value.ShouldNotBe(one.Fingerprint.Value);
    }

    [Fact]
    public void A_matrix_that_does_not_fit_or_has_too_few_errors_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(20, 5);
        Should.Throw<ArgumentException>(() => LabelNoise.Structured(data, zeros([4, 4], dtype: int64), seed: 1)).Message
            .ShouldContain("[5, 5]");
        Should.Throw<ArgumentException>(() => LabelNoise.Structured(data, zeros([5, 5]), seed: 1)).Message.ShouldContain("int64");
        Should.Throw<InvalidInputException>(() => LabelNoise.Structured(data, eye(5, dtype: int64) * 9, seed: 1)).Message
            .ShouldContain("errors in 0 only");
        Should.Throw<ArgumentOutOfRangeException>(() => LabelNoise.Structured(data, tensor(Counts), seed: 1, classes: 6)).ParamName
            .ShouldBe("classes");
        Should.Throw<ArgumentOutOfRangeException>(() => LabelNoise.Structured(data, tensor(Counts), seed: 1, probability: 1.5)).ParamName
            .ShouldBe("probability");
    }
}
