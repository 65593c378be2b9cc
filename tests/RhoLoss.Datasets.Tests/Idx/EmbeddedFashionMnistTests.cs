using System.IO.Compression;
using System.Security.Cryptography;
using RhoLoss.Data;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Idx;

public sealed class EmbeddedFashionMnistTests
{
    [Fact]
    public void The_built_in_set_has_25_000_class_balanced_examples_with_disjoint_ids()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = KnownDatasets.Load("fashion-mnist-subset");
        splits.Training.CountByClass().ShouldAllBe(n => n == 1_000);
        splits.Holdout!.CountByClass().ShouldAllBe(n => n == 1_000);
        splits.Test.CountByClass().ShouldAllBe(n => n == 500);
        (splits.Training.Count, splits.Holdout!.Count, splits.Test.Count).ShouldBe((10_000, 10_000, 5_000));
        splits.Training.InputShape.ShouldBe([1, 28, 28]);
        (splits.Training.Ids[0].item<long>(), splits.Training.Ids[-1].item<long>()).ShouldBe((0, 9_999));
        (splits.Holdout!.Ids[0].item<long>(), splits.Holdout!.Ids[-1].item<long>()).ShouldBe((10_000, 19_999));
        (splits.Test.Ids[0].item<long>(), splits.Test.Ids[-1].item<long>()).ShouldBe((0, 4_999));
        splits.Training.Classes.ShouldBe(10);
        splits.ClassNames[8].ShouldBe("Bag");
    }

    [Fact]
    public void Without_a_holdout_both_halves_train()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = KnownDatasets.Load("fashion-mnist-subset", new DatasetOptions(HoldoutFraction: 0));
        splits.Holdout.ShouldBeNull();
        splits.Training.CountByClass().ShouldAllBe(n => n == 2_000);
        (splits.Training.Ids[0].item<long>(), splits.Training.Ids[-1].item<long>()).ShouldBe((0, 19_999));
    }

    [Fact]
    public void No_training_image_is_also_a_holdout_image()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = KnownDatasets.Load("fashion-mnist-subset");
        HashSet<string> training = Hashes(splits.Training);
        training.Overlaps(Hashes(splits.Holdout!)).ShouldBeFalse();

        static HashSet<string> Hashes(LabeledDataset data)
        {
            ReadOnlySpan<byte> bytes = data.StoredInputs.bytes;
            var hashes = new HashSet<string>(StringComparer.Ordinal);
            for (int i = 0; i < data.Count; i++) { hashes.Add(Convert.ToHexString(SHA256.HashData(bytes.Slice(i * 784, 784)))); }
            return hashes;
        }
    }

    [Fact]
    public void Its_own_normalisation_is_near_that_of_the_whole_set()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = KnownDatasets.Load("fashion-mnist-subset");
        // Mean and standard deviation of Fashion-MNIST's 60,000 training images, as usually quoted: 0.2860, 0.3530.
        splits.Training.Normalization!.Mean.Single().ShouldBe(0.2860f, 0.005f);
        splits.Training.Normalization.Std.Single().ShouldBe(0.3530f, 0.005f);
        splits.Test.Normalization.ShouldBeSameAs(splits.Training.Normalization);
    }

    [Theory]   // The table in Embedded/fashion-mnist-subset/README.md
    [InlineData("holdout-images-idx3-ubyte", "4f6c10e72505e53addd5bf834bc2f4530086b5d784eb01eb4f35267681d51273")]
    [InlineData("holdout-labels-idx1-ubyte", "30febc01949d708f2ef16c799fa55cfd02e277ecde0c70cd2043b0745eeec991")]
    [InlineData("test-images-idx3-ubyte", "bea6cbfcc427db2e3f8cc58bf4584c433a982bdc18ac58b4d9b52a6533708382")]
    [InlineData("test-labels-idx1-ubyte", "12f035a517803f1b3dc7f98c60e4a395edf0e20b2ae2580ae1a1b31158fcb7fc")]
    [InlineData("training-images-idx3-ubyte", "d33512cfdc636a0d8972818e6659995be209a88891df7fa2109d7895922c8985")]
    [InlineData("training-labels-idx1-ubyte", "620cb8e3b9348037c5ff9a07b02d773ab165330e072dfd19e0d21c59f8042dcf")]
    public void The_embedded_files_are_those_of_its_readme(string file, string sha256)
    {
        using Stream stream = typeof(KnownDatasets).Assembly.GetManifestResourceStream($"fashion-mnist-subset/{file}.gz")!;
        using var content = new GZipStream(stream, CompressionMode.Decompress);
        Convert.ToHexStringLower(SHA256.HashData(content)).ShouldBe(sha256);
    }

    [Fact]
    public void The_licence_travels_with_the_data()
    {
        using Stream stream = typeof(KnownDatasets).Assembly.GetManifestResourceStream("fashion-mnist-subset/LICENSE")!;
        new StreamReader(stream).ReadToEnd().ShouldContain("Copyright (c) 2017 Zalando SE");
    }
}
