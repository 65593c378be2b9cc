using RhoLoss.Data;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Tables;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Datasets.Text;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests;

/// <summary>An example's place is where its file holds it.</summary>
public sealed class ExamplePlacesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_record_of_cifar_begins_with_the_label_at_the_offset()
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteCifar10(_folder.Path);
        using DatasetSplits splits = KnownDatasets.Load("cifar-10", new DatasetOptions(_folder.Path));

        int[] files = [.. Parts(splits).SelectMany(part => part.Places.Select(place =>
        {
            byte[] bytes = File.ReadAllBytes(place.Place.File);
            bytes[place.Place.Offset!.Value].ShouldBe((byte)place.Label);
            bytes[(int)(place.Place.Offset!.Value + 1)..(int)(place.Place.Offset!.Value + 3)].ShouldBe(place.Start);
            place.Place.Position.ShouldBe(place.Place.Offset / 3073);   // a label and 3 · 32 · 32 pixels
            return place.Place.File.GetHashCode(StringComparison.Ordinal);
        }))];
        files.Distinct().Count().ShouldBe(6, "five files of training examples and one of test examples");
    }

    [Theory]
    [InlineData(true, 0.5)]
    [InlineData(false, 0.5)]
    [InlineData(true, 0)]
    public void An_image_of_qmnist_begins_at_the_offset(bool extra, double holdout)
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteQmnist(_folder.Path, extra);
        CachedSource set = CachedSets.Find("qmnist");
        using DatasetSplits splits = IdxDatasets.LoadQmnist(DatasetFolder.Open(set, _folder.Path),
            new DatasetOptions(HoldoutFraction: holdout), testExamples: 20);

        foreach ((ExamplePlace place, long _, byte[] start) in Parts(splits).SelectMany(part => part.Places))
        {
            using Stream content = GzipContent.Open(place.File);
            using var bytes = new MemoryStream();
            content.CopyTo(bytes);
            bytes.ToArray()[(int)place.Offset!.Value..(int)(place.Offset!.Value + 2)].ShouldBe(start);
        }
    }

    [Fact]
    public void Texts_of_two_dev_files_keep_their_own_lines()
    {
        var first = new LabeledTexts(["a", "b"], [0, 1], LabeledTexts.OnLines("one.tsv", [1, 2]));
        var second = new LabeledTexts(["c"], [0], LabeledTexts.OnLines("two.tsv", [7]));

        LabeledTexts both = first.And(second);

        Enumerable.Range(0, 3).Select(i => both.PlaceOf(i).ToString()).ShouldBe(["one.tsv, line 1", "one.tsv, line 2", "two.tsv, line 7"]);
    }

    [Theory]
    [InlineData("text,label\nlong words here,a\nother words,b\n", "text", "label")]
    [InlineData("stars,review\n1,a long review of a film\n2,another one of them\n1,and a third\n", "review", "stars")]
    [InlineData("id,review,stars\n1,a long review of a film,5\n2,another one of them,5\n3,and a third,4\n", "review", "stars")]
    public void The_text_is_the_longest_column_and_the_label_the_one_with_the_fewest_values(string content, string text, string label)
    {
        File.WriteAllText(_folder["reviews.csv"], content);

        TextColumns.Guess(_folder["reviews.csv"]).ShouldBe(new TextColumns(text, label));
    }

    [Fact]
    public void A_file_that_cannot_be_read_as_columns_gives_no_guess()
    {
        File.WriteAllText(_folder["one.csv"], "words\nonly\n");
        File.WriteAllText(_folder["broken.csv"], "a,b\n\"open,c\n");

        TextColumns.Guess(_folder["one.csv"]).ShouldBeNull();
        TextColumns.Guess(_folder["broken.csv"]).ShouldBeNull();
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<(LabeledDataset Data, IReadOnlyList<(ExamplePlace Place, long Label, byte[] Start)> Places)> Parts(
        DatasetSplits splits)
    {
        foreach (LabeledDataset part in new[] { splits.Training, splits.Holdout, splits.Test }.OfType<LabeledDataset>())
        {
            Func<long, ExamplePlace> placeOf = part == splits.Test ? splits.Places!.OfTest : splits.Places!.OfTraining;
            long[] ids = [.. part.Ids.data<long>()], labels = [.. part.Labels.data<long>()];
            byte[] bytes = [.. part.StoredInputs.data<byte>()];
            int size = bytes.Length / ids.Length;
            yield return (part, [.. ids.Select((id, row) => (placeOf(id), labels[row], bytes[(row * size)..(row * size + 2)]))]);
        }
    }
}
