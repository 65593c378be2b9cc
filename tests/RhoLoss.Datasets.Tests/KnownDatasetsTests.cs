using RhoLoss.Data;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests;

public sealed class KnownDatasetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_sets_are_known_and_described()
    {
        KnownDatasets.All.Select(d => d.Name).ShouldBe([
            "fashion-mnist-subset", "messy-small", "fashion-mnist", "mnist", "qmnist", "ambiguous-mnist", "cifar-10", "cifar-100",
            "cinic-10", "clothing-1m", "cola", "sst-2", "image-folder",
        ]);
        foreach (DatasetDescription description in KnownDatasets.All)
        {
            KnownDatasets.Find(description.Name).ShouldBe(description);
            description.ClassNames.Distinct(StringComparer.Ordinal).Count().ShouldBe(
                description.Name switch
                {
                    "cifar-100" => 100,
                    "clothing-1m" => 14,
                    "cola" or "sst-2" => 2,
                    "image-folder" or "messy-small" => 0,
                    _ => 10,
                });
            description.Licence.ShouldNotBeEmpty();
            description.HowToObtain.ShouldNotBeEmpty();
            description.AugmentByDefault.ShouldBe(
                description.Name is "cifar-10" or "cifar-100" or "cinic-10" or "clothing-1m" or "image-folder");
            description.TrainingExamplesByClass?.Sum().ShouldBe(description.TrainingExamples);
        }
    }

    [Theory]
    [InlineData("fashion_mnist", "fashion-mnist")]
    [InlineData("cifar10", "cifar-10")]
    [InlineData("QMNIST", "qmnist")]
    public void An_unknown_name_is_answered_with_the_nearest_one_and_the_list(string name, string nearest)
    {
        Errors.Of(() => KnownDatasets.Find(name)).ShouldSatisfyAllConditions(
            m => m.ShouldContain($"'{name}'"),
            m => m.ShouldContain($"did you mean {nearest}?"),
            m => m.ShouldContain("fashion-mnist-subset, messy-small, fashion-mnist, mnist, qmnist, ambiguous-mnist, cifar-10, "
                + "cifar-100, cinic-10, clothing-1m, cola, sst-2, image-folder"));
        KnownDatasets.TryFind(name, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("kitten", "sitting", 3)]   // the textbook example of the distance
    [InlineData("", "abc", 3)]
    [InlineData("same", "same", 0)]
    public void The_nearest_name_is_measured_in_edits(string from, string to, int edits) => NearestName.Distance(from, to).ShouldBe(edits);

    [Theory]
    [InlineData("")]
    [InlineData(".gz")]
    public void Mnist_is_split_by_class_with_ids_of_the_training_file(string suffix)
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteMnist(_folder.Path, suffix: suffix);
        using DatasetSplits splits = KnownDatasets.Load("mnist", new DatasetOptions(_folder.Path, HoldoutFraction: 1 / 3.0));
        splits.Training.CountByClass().ShouldAllBe(n => n == 4);
        splits.Holdout!.CountByClass().ShouldAllBe(n => n == 2);
        splits.Test.Count.ShouldBe(20);
        long[] ids = [.. splits.Training.Ids.data<long>(), .. splits.Holdout!.Ids.data<long>()];
        ids.Order().ShouldBe(Enumerable.Range(0, 60).Select(i => (long)i));
        foreach (LabeledDataset part in new[] { splits.Training, splits.Holdout!, splits.Test })
        {
            // Image i begins with i, so ids, labels and images must agree.
            part.StoredInputs[TensorIndex(part)].data<byte>().Select(b => (long)b).ShouldBe(part.Ids.data<long>().ToArray());
            part.Ids.remainder(10).data<long>().ToArray().ShouldBe(part.Labels.data<long>().ToArray());
        }
        splits.Source.ShouldContain(_folder.Path);
        splits.AugmentByDefault.ShouldBeFalse();
        splits.ClassNames[3].ShouldBe("3");

        static torch.TensorIndex[] TensorIndex(LabeledDataset _) =>
            [torch.TensorIndex.Colon, torch.TensorIndex.Single(0), torch.TensorIndex.Single(0), torch.TensorIndex.Single(1)];
    }

    [Fact]
    public void Mnist_is_normalised_by_its_training_part_everywhere()
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteMnist(_folder.Path);
        using DatasetSplits splits = KnownDatasets.Load("fashion-mnist", new DatasetOptions(_folder.Path));
        splits.Holdout!.Normalization.ShouldBeSameAs(splits.Training.Normalization);
        splits.Test.Normalization.ShouldBeSameAs(splits.Training.Normalization);
        torch.Tensor inputs = splits.Training.Gather(splits.Training.Ids).Inputs;
        inputs.mean().item<float>().ShouldBe(0f, 1e-5);
        inputs.std(unbiased: false).item<float>().ShouldBe(1f, 1e-5);
    }

    [Theory]
    [InlineData("mnist")]
    [InlineData("fashion-mnist")]
    public void Without_a_holdout_the_whole_training_file_trains(string name)
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteMnist(_folder.Path);
        using DatasetSplits splits = KnownDatasets.Load(name, new DatasetOptions(_folder.Path, HoldoutFraction: 0));
        splits.Holdout.ShouldBeNull();
        splits.Training.Ids.data<long>().ToArray().ShouldBe(Enumerable.Range(0, 60).Select(i => (long)i));
        splits.Training.CountByClass().ShouldAllBe(n => n == 6);
        splits.Test.Count.ShouldBe(20);
        splits.Source.ShouldContain("no holdout");
    }

    [Fact]
    public void The_split_seed_decides_the_split_and_repeats_it()
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteMnist(_folder.Path);
        string first = Training(5), again = Training(5), other = Training(6);
        again.ShouldBe(first);
        other.ShouldNotBe(first);

        string Training(long seed)
        {
            using DatasetSplits splits = KnownDatasets.Load("mnist", new DatasetOptions(_folder.Path, SplitSeed: seed));
            return splits.Training.Fingerprint.Value;
        }
    }

    [Fact]
    public void Missing_files_are_all_named_with_the_fix()
    {
        SmallSets.WriteMnist(_folder.Path);
        File.Delete(_folder[SmallSets.TrainLabels + ".gz"]);
        File.Delete(_folder[SmallSets.TestImages + ".gz"]);
        Errors.Of(() => KnownDatasets.Load("mnist", new DatasetOptions(_folder.Path))).ShouldSatisfyAllConditions(
            m => m.ShouldStartWith($"{_folder.Path}: 2 files of mnist missing: {SmallSets.TrainLabels}, {SmallSets.TestImages}."),
            m => m.ShouldContain("rho data get mnist"), m => m.ShouldContain("give the folder with these files"));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named()
    {
        Errors.Of(() => KnownDatasets.Load("cifar-10", new DatasetOptions(_folder["absent"]))).ShouldStartWith(_folder["absent"]);
    }

    [Fact]
    public void Without_a_folder_the_cache_comes_before_debians_package()
    {
        using var check = new NoTensorLeaks();
        var places = new DatasetPlaces(new DatasetCache(_folder["cache"]), _folder["debian"]);
        Errors.Of(() => CachedSets.Find("fashion-mnist").In(places).Read()).ShouldSatisfyAllConditions(
            m => m.ShouldContain(_folder["cache", "fashion-mnist"]),
            m => m.ShouldContain(_folder["debian", "fashion-mnist"]),
            m => m.ShouldContain("rho data get fashion-mnist"));
        Errors.Of(() => CachedSets.Find("mnist").In(places).Read()).ShouldNotContain(_folder["debian"]);

        SmallSets.WriteMnist(_folder["debian", "fashion-mnist"]);
        using (DatasetSplits splits = CachedSets.Find("fashion-mnist").In(places).Read())
        {
            splits.Source.ShouldStartWith("Debian package");
        }
        SmallSets.WriteMnist(_folder["cache", "fashion-mnist"]);
        using (DatasetSplits splits = CachedSets.Find("fashion-mnist").In(places).Read()) { splits.Source.ShouldStartWith("cache"); }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-0.5)]
    [InlineData(double.NaN)]
    public void A_holdout_fraction_outside_its_range_is_refused(double fraction)
    {
        Errors.Of(() => KnownDatasets.Load("mnist", new DatasetOptions(_folder.Path, fraction))).ShouldContain("data.holdout-fraction");
    }

    [Theory]
    [InlineData("cifar-10")]
    [InlineData("cifar-100")]
    [InlineData("fashion-mnist-subset")]
    public void A_fixed_split_takes_no_other_fraction(string name)
    {
        Errors.Of(() => KnownDatasets.Load(name, new DatasetOptions(HoldoutFraction: 0.2))).ShouldSatisfyAllConditions(
            m => m.ShouldContain("fixed split"), m => m.ShouldContain("0.2"), m => m.ShouldContain("or 0 for no holdout"));
    }

    [Fact]
    public void The_built_in_set_takes_no_folder()
    {
        Errors.Of(() => KnownDatasets.Load("fashion-mnist-subset", new DatasetOptions(_folder.Path))).ShouldEndWith(
            $"the folder {_folder.Path} was given. Give no folder, or choose another data set.");
    }

    [Fact]
    public void Images_of_two_sizes_are_refused()
    {
        SmallSets.WriteMnist(_folder.Path);
        IdxFile.WriteImages(_folder[SmallSets.TestImages + ".gz"], SmallSets.Images(20), 4, 1);
        using var check = new NoTensorLeaks();
        Errors.Of(() => KnownDatasets.Load("mnist", new DatasetOptions(_folder.Path))).ShouldContain("one size");
    }

    [Fact]
    public void Images_without_contrast_are_refused()
    {
        SmallSets.WriteMnist(_folder.Path);
        IdxFile.WriteImages(_folder[SmallSets.TrainImages + ".gz"], new byte[60 * 4], 2, 2);
        using var check = new NoTensorLeaks();
        Errors.Of(() => KnownDatasets.Load("mnist", new DatasetOptions(_folder.Path))).ShouldContain("same value");
    }

    [Fact]
    public void A_users_own_texts_and_documents_have_names_and_are_not_listed()
    {
        DatasetSource texts = KnownDatasets.Source("text");
        KnownDatasets.Sources.ShouldBe(
            [texts, KnownDatasets.Source("corpus"), .. KnownDatasets.All.Select(set => KnownDatasets.Source(set.Name))]);
        KnownDatasets.Sources.Where(source => source.Description.IsOwn).Select(source => source.Description.Name)
            .ShouldBe(["text", "corpus", "image-folder"]);
        texts.FindPlace().ShouldBeNull();
        Errors.Of(() => texts.Import(_folder.Path)).ShouldStartWith("text is read where its texts are and is not imported. Put train.csv");
    }

    [Fact]
    public void A_file_or_folder_of_the_users_is_read_by_the_set_it_is_of()
    {
        string photos = _folder.Folder("photos"), reviews = _folder.Folder("reviews"), table = _folder["reviews", "mine.csv"];
        File.WriteAllText(_folder["reviews", "train.csv"], "text,label\n");
        File.WriteAllText(table, "text,label\n");
        ReadersOf(photos).ShouldBe(["image-folder"]);
        ReadersOf(reviews).ShouldBe(["text", "image-folder"]);   // in this order: a table tells more than the folder
        ReadersOf(table).ShouldBe(["text"]);
        KnownDatasets.Source("text").OptionsFor(table).ShouldBe(new DatasetOptions(reviews) { OwnTexts = new OwnTextFiles("mine.csv") });
        ReadersOf(_folder["none"]).ShouldBeEmpty();

        static string[] ReadersOf(string path) =>
            [.. KnownDatasets.Sources.Where(source => source.OptionsFor(path) is not null).Select(source => source.Description.Name)];
    }

    public void Dispose() => _folder.Dispose();
}
