using RhoLoss.Data;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests;

/// <summary>What a set has from its base class alone: all that a new one needs is a description and a reader.</summary>
public sealed class DatasetSourceTests
{
    private readonly Halves _source = new();

    [Fact]
    public void A_reader_and_a_description_make_a_set_that_is_read_and_checked()
    {
        using var leaks = new NoTensorLeaks();
        using (DatasetSplits splits = _source.Read()) { (splits.Training.Count, splits.Test.Count).ShouldBe((4, 2)); }
        DatasetCheck check = _source.Check();
        (check.Name, check.Source).ShouldBe(("halves", "made"));
        check.TrainingByClass.ShouldBe([2L, 2]);
        check.HoldoutByClass.ShouldBe([0L, 0]);
        check.Problems.ShouldBe(["4 training examples, but the official set has 6"]);
    }

    [Fact]
    public void Options_are_looked_at_before_anything_is_read()
    {
        Errors.Of(() => _source.Read(new DatasetOptions(HoldoutFraction: 1.5))).ShouldStartWith("halves: the holdout fraction must be");
        Errors.Of(() => _source.Check(new DatasetOptions { SkipBad = true })).ShouldContain("halves is not read from image files");
        _source.Reads.ShouldBe(0);
    }

    [Fact]
    public async Task A_set_that_nothing_keeps_says_how_it_is_got()
    {
        Errors.Of(() => _source.Import("halves.zip")).ShouldBe("halves is read where its files are and is not imported. Make them.");
        (await Errors.OfAsync(() => _source.FetchAsync(null, TestContext.Current.CancellationToken)))
            .ShouldBe("halves is read from a folder of files and cannot be fetched. Make them.");
        _source.FindPlace().ShouldBeNull();
        _source.OptionsFor("halves").ShouldBeNull();
    }

    private sealed class Halves() : DatasetSource(
        new DatasetDescription("halves", "Halves", ["low", "high"], "none", "Make them.", TrainingExamples: 6, TestExamples: 2))
    {
        public int Reads { get; private set; }

        protected override DatasetSplits ReadSplits(DatasetOptions options)
        {
            Reads++;
            using IDisposable scope = NewDisposeScope();
            return new DatasetSplits("halves", "made", Part(4), Holdout: null, Part(2)) { ClassNames = Description.ClassNames };
        }

        private static LabeledDataset Part(int count) =>
            new(ones(count, 3), tensor(Enumerable.Range(0, count).Select(i => i % 2L).ToArray()), 2);
    }
}
