using CsCheck;
using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class DatasetFingerprintTests
{
    private static readonly long[] Ids = [30, 10, 20];
    private static readonly long[] Labels = [0, 1, 2];

    [Fact]
    public void Row_order_does_not_matter()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfIds([.. Enumerable.Range(0, 20).Select(i => 7L * i)]);
        Gen.Shuffle(data.Ids.data<long>().ToArray()).Sample(order =>
        {
            using var inner = new NoTensorLeaks();
            using LabeledDataset shuffled = data.Subset(tensor(order));
            return shuffled.Fingerprint.Value == data.Fingerprint.Value && data.Fingerprint.DifferenceFrom(shuffled.Fingerprint) is null;
        }, iter: 20, threads: 1);
    }

    [Fact]
    public void The_same_content_has_the_same_fingerprint_in_every_process()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfBytes(Ids, Labels);
        // SHA-256 by Python 3.11 hashlib: References/fingerprint.py.
        data.Fingerprint.Value.ShouldBe("1fb51cb8411d3c8fc358b0f793209ebd052e81e6b97717c038448957ce528303");
    }

    [Fact]
    public void The_same_content_has_the_same_fingerprint_in_every_culture()
    {
        using var check = new NoTensorLeaks();
        using var culture = new CommaCulture();
        using LabeledDataset data = Examples.OfBytes(Ids, Labels);
        // As above: the mean is written 0.5 and not 0,5.
        data.Fingerprint.Value.ShouldBe("1fb51cb8411d3c8fc358b0f793209ebd052e81e6b97717c038448957ce528303");
        data.Fingerprint.Preprocessing.ShouldBe("Byte [1, 2, 2] mean 0.5 std 0.25");
        Should.Throw<ArgumentException>(() => Examples.OfBytes(Ids, Labels, normalization: new Normalization([0.5f], [-0.25f]))).Message
            .ShouldBe("Every std of a Normalization must be positive, but they are -0.25.");
    }

    [Fact]
    public void One_changed_label_changes_it_and_is_named()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfBytes(Ids, Labels), changed = Examples.OfBytes(Ids, [0, 1, 1]);
        changed.Fingerprint.Value.ShouldNotBe(data.Fingerprint.Value);
        data.Fingerprint.DifferenceFrom(changed.Fingerprint).ShouldBe("labels differ for 1 of 3 examples (id 20)");
    }

    [Theory]
    [InlineData(0, 30L)]
    [InlineData(7, 10L)]
    [InlineData(11, 20L)]   // the last byte of the last row
    public void One_changed_input_byte_changes_it_and_is_named(int position, long id)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfBytes(Ids, Labels), changed = Examples.OfBytes(Ids, Labels, bytes => bytes[position] ^= 1);
        data.Fingerprint.DifferenceFrom(changed.Fingerprint).ShouldBe($"inputs differ for 1 of 3 examples (id {id})");
    }

    [Fact]
    public void Changed_labels_and_inputs_are_both_named()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfBytes(Ids, Labels), changed = Examples.OfBytes(Ids, [1, 1, 0], bytes => bytes[5]++);
        data.Fingerprint.DifferenceFrom(changed.Fingerprint)
            .ShouldBe("labels differ for 2 of 3 examples (id 20, 30); inputs differ for 1 of 3 examples (id 10)");
    }

    [Fact]
    public void Normalisation_and_missing_examples_change_it()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfBytes(Ids, Labels);
        using LabeledDataset brighter = Examples.OfBytes(Ids, Labels, normalization: new Normalization([0.4f], [0.25f]));
        using LabeledDataset fewer = data.Subset(tensor([30L, 20L])), other = Examples.OfBytes([30, 10, 21], Labels);
        data.Fingerprint.DifferenceFrom(brighter.Fingerprint)!.ShouldContain("mean 0.5 std 0.25, now as");
        data.Fingerprint.DifferenceFrom(fewer.Fingerprint).ShouldBe("example ids differ: 1 of 3 are gone (id 10), 0 of 2 are new");
        data.Fingerprint.DifferenceFrom(other.Fingerprint).ShouldBe("example ids differ: 1 of 3 are gone (id 20), 1 of 3 are new (id 21)");
    }

    [Fact]
    public void A_change_of_any_single_label_is_found()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(30, 3);
        Gen.Int[0, 29].Sample(row =>
        {
            using var inner = new NoTensorLeaks();
            Tensor labels = data.Labels.clone();
            labels[row] = (labels[row] + 1).remainder(3);
            using LabeledDataset changed = data.WithLabels(labels);
            return data.Fingerprint.DifferenceFrom(changed.Fingerprint) == $"labels differ for 1 of 30 examples (id {row})";
        }, iter: 30, threads: 1);
    }
}
