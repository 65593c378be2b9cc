using System.IO.Compression;
using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Datasets.Text;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Files;

/// <summary>Folders and files of data in formats or under names that are not read are called what they are.</summary>
public sealed class FolderContentsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("reviews.csv", "It holds reviews.csv (a table). Give the file itself, or call it train.csv.")]
    [InlineData("my-test.TSV.GZ", "It holds my-test.TSV.GZ (a table). Give the file itself, or call it test.tsv.gz.")]
    [InlineData("test.csv", "It holds test.csv (a table). Give the file itself, or put the training file, train.csv, beside it.")]
    [InlineData("a.jsonl", "It holds a.jsonl (JSON lines). Convert it to CSV, in Python: "
        + "`import pandas; pandas.read_json(\"a.jsonl\", lines=True).to_csv(\"train.csv\", index=False)`.")]
    [InlineData("a.parquet", "It holds a.parquet (Parquet). Convert it to CSV, in Python: "
        + "`import pandas; pandas.read_parquet(\"a.parquet\").to_csv(\"train.csv\", index=False)`.")]
    [InlineData("Sheet.XLSX", "It holds Sheet.XLSX (a workbook). Save its sheet as CSV.")]
    [InlineData("data.tar.gz", "It holds data.tar.gz (an archive). Unpack data.tar.gz.")]
    [InlineData("a.webp", "It holds a.webp (an image of another format). "
        + "Convert the images to .png or .jpg, and put those of each class into a folder.")]
    [InlineData("train-images-idx3-ubyte.gz", "It holds train-images-idx3-ubyte.gz (a file of MNIST or a set like it). "
        + "Name the set and give the folder: `rho data check mnist --directory FOLDER`.")]
    public void A_folder_that_holds_something_else_is_answered_with_what_it_holds(string file, string holds)
    {
        File.WriteAllText(_folder[file], "x");
        FolderContents.Describe(_folder.Path).ShouldBe(holds);
        Errors.Of(() => KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path))).ShouldBe(
            $"{_folder.Path}: neither folders of images, one per class, nor texts in train.csv or train.tsv. {holds}");
        Errors.Of(() => KnownDatasets.Load("text", new DatasetOptions(_folder.Path))).ShouldBe(
            $"{_folder.Path}: there is neither train.csv nor train.tsv. {holds} "
            + "Set data.directory to the folder that holds one of them, or data.training-file to the file.");
    }

    [Fact]
    public void Several_files_are_named_by_kind()
    {
        foreach (string name in (string[])["a.csv", "b.csv", "c.csv", "d.csv", "e.json", "LICENSE", "README.md"])
        {
            File.WriteAllText(_folder[name], "x");
        }
        FolderContents.Describe(_folder.Path).ShouldNotBeNull().ShouldStartWith(
            "It holds a.csv, b.csv, c.csv, … (4) (a table each); e.json (JSON). Give the file itself, or call it train.csv. Convert it");
    }

    [Fact]
    public void A_folder_without_data_holds_nothing_to_name()
    {
        File.WriteAllText(_folder["README.md"], "x");
        FolderContents.Describe(_folder.Path).ShouldBeNull();
        Errors.Of(() => KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path)))
            .ShouldContain("but this one holds no folder. Put the");
    }

    [Theory]
    [InlineData("a.jsonl", "By its name it is JSON lines, which is not read. Convert it to CSV, in Python: ")]
    [InlineData("a.xlsx", "By its name it is a workbook, which is not read. Save its sheet as CSV.")]
    [InlineData("a.zip", "By its name it is an archive, which is not read. Unpack a.zip.")]
    [InlineData("a.data", "Rename the file after what it is.")]
    public void A_training_file_of_another_format_is_to_be_converted_and_not_renamed(string name, string fix)
    {
        File.WriteAllText(_folder[name], "x");
        Errors.Of(() => KnownDatasets.Load("text", new DatasetOptions(_folder.Path) { OwnTexts = new OwnTextFiles(name) })).ShouldStartWith(
            $"{_folder[name]}: the name must end in .csv (commas, quotes as in RFC 4180) or .tsv (tabs, no quotes). {fix}");
    }

    [Theory]
    [InlineData("TRAIN.CSV", "Test.csv.gz")]
    [InlineData("Train.csv.gz", "TEST.CSV")]
    public void Training_and_test_file_are_found_whatever_their_case_plain_or_gzipped(string training, string test)
    {
        using var leaks = new NoTensorLeaks();
        Write(training, "text,label\na,x\nb,y\nc,x\nd,y\n");
        Write(test, "text,label\ne,x\nf,y\n");
        OwnText.TrainingFileIn(_folder.Path).ShouldBe(_folder[training]);
        using DatasetSplits splits = KnownDatasets.Load("text", new DatasetOptions(_folder.Path) { Text = new TextOptions("words", 8) });
        (splits.Training.Count, splits.Holdout!.Count, splits.Test.Count).ShouldBe((2, 2, 2));

        Write("train.tsv", "text\tlabel\n");
        Errors.Of(() => OwnText.TrainingFileIn(_folder.Path)).ShouldContain("are both there, and only one can be the train file. ");
    }

    private void Write(string name, string content)
    {
        using FileStream file = File.Create(_folder[name]);
        using Stream stream = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write(System.Text.Encoding.UTF8.GetBytes(content));
    }
}
