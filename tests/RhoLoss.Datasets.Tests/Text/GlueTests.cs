using System.IO.Compression;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Text;

/// <summary>CoLA and SST-2 from small files in their formats.</summary>
public sealed class GlueTests : IDisposable
{
    private const string ColaTrain = "gj04\t1\t\tThe sailors rode the breeze.\ngj04\t0\t*\tThe more does Bill smoke.\ngj04\t0\t*\tHarry "
        + "coughed himself.\ngj04\t1\t\tHarry said \"so.\n";
    private const string Sst2Train = "sentence\tlabel\nno wit \t0\nwit \t1\nmuch wit \t1\nno \" fun \t0\n";
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("")]
    [InlineData("raw")]
    [InlineData("cola_public/raw")]
    public void Cola_is_read_without_a_header_and_split_by_even_and_odd_ids(string below)
    {
        using var leaks = new NoTensorLeaks();
        WriteCola(below);
        using DatasetSplits splits = Load("cola");
        splits.ClassNames.ShouldBe(["unacceptable", "acceptable"]);
        Longs(splits.Training.Ids).ShouldBe([0, 2]);
        Longs(splits.Training.Labels).ShouldBe([1, 0]);
        Longs(splits.Holdout!.Ids).ShouldBe([1, 3]);
        Longs(splits.Holdout.Labels).ShouldBe([0, 1]);
        Longs(splits.Test.Labels).ShouldBe([1, 0, 0]);   // in-domain, then out-of-domain
        splits.Training.InputShape.ShouldBe([16]);
        splits.Source.ShouldBe($"{_folder.Path}; even ids train, odd ids hold out; 7 words of the training file, at most 16 tokens");
        // Words seen twice, by count and then in ordinal order, after <pad> 0, <unk> 1,
        // [CLS] 2 and [SEP] 3: "the" is there 3 times, "." 4 times, "harry" twice.
        Longs(splits.Training.Gather(splits.Training.Ids).Inputs[0]).ShouldBe([2, 5, 1, 1, 5, 1, 4, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    [Fact]
    public void Sst2_is_read_with_its_header_and_without_a_holdout_all_ids_train()
    {
        using var leaks = new NoTensorLeaks();
        WriteSst2("SST-2");
        using DatasetSplits splits = Load("sst-2"), whole = Load("sst-2", holdout: 0);
        splits.ClassNames.ShouldBe(["negative", "positive"]);
        Longs(splits.Training.Labels).ShouldBe([0, 1]);
        Longs(splits.Holdout!.Labels).ShouldBe([1, 0]);
        Longs(whole.Training.Ids).ShouldBe([0, 1, 2, 3]);
        whole.Holdout.ShouldBeNull();
        Longs(splits.Test.Labels).ShouldBe([1, 0]);
    }

    [Theory]
    [InlineData("a\t1\tThe dog.", "a line must have 4 columns separated by tabs (source, label, mark, sentence), but has 3.")]
    [InlineData("a\t2\t\tThe dog.", "the label must be 0 or 1, but is '2'.")]
    [InlineData("a\t\t\tThe dog.", "the label must be 0 or 1, but is ''.")]
    [InlineData("a\t1\t\t ", "the sentence must not be empty.")]
    [InlineData("\na\t1\t\tThe dog.", "empty lines may stand at the end of the file only, but this one is followed by data.")]
    public void A_line_of_cola_that_breaks_a_rule_is_named(string line, string rule)
    {
        WriteCola("");
        File.WriteAllText(_folder["in_domain_train.tsv"], ColaTrain + line + "\n");
        Errors.Of(() => Load("cola")).ShouldStartWith($"{_folder["in_domain_train.tsv"]}, line 5: {rule}");
    }

    [Theory]
    [InlineData("no wit \t0\n", "train.tsv", "line 1: the header must be sentence and label, separated by a tab, but is 'no wit \t0'.")]
    [InlineData("index\tsentence\n0\tno wit\n", "train.tsv",
        "line 1: the header must be sentence and label, separated by a tab, but is 'index\tsentence'.")]
    [InlineData("sentence\tlabel\nno wit\t0\t1\n", "train.tsv",
        "line 2: a line must have 2 columns separated by tabs (sentence, label), but has 3.")]
    public void A_file_of_sst2_that_breaks_a_rule_is_named(string content, string file, string rule)
    {
        WriteSst2("");
        File.WriteAllText(_folder[file], content);
        Errors.Of(() => Load("sst-2")).ShouldStartWith($"{_folder[file]}, {rule}");
    }

    [Fact]
    public void A_header_without_data_and_a_class_without_a_holdout_example_are_refused()
    {
        WriteSst2("");
        File.WriteAllText(_folder["train.tsv"], "sentence\tlabel\n");
        Errors.Of(() => Load("sst-2")).ShouldBe($"{_folder["train.tsv"]}: the file must have at least one line of data after its header, "
            + "but has none. Give the complete file.");
        File.WriteAllText(_folder["train.tsv"], "sentence\tlabel\na\t0\nb\t1\nc\t1\nd\t1\n");   // class 0 is at an even id only
        Errors.Of(() => Load("sst-2")).ShouldBe($"{_folder.Path}, odd training examples: each of the 2 classes needs at least one example, "
            + "but class 'negative' has none. Give the complete file.");
    }

    [Fact]
    public void A_sequence_length_out_of_range_and_a_missing_vocabulary_are_refused()
    {
        WriteCola("");
        Errors.Of(() => KnownDatasets.Load("cola", new DatasetOptions(_folder.Path) { Text = new TextOptions("words", 129) }))
            .ShouldBe("The longest sequence must have 3 to 128 tokens, but was 129. Set data.max-length.");
        Errors.Of(() => KnownDatasets.Load("cola", new DatasetOptions(_folder.Path) { Text = new TextOptions(_folder["absent.vocab"]) }))
            .ShouldBe($"{_folder["absent.vocab"]}: no such file, so there is no vocabulary. "
                + "Set data.vocabulary to the path of ALBERT's 30k-clean.vocab or BERT's vocab.txt, "
                + "or to words for the words of the training file or pool.");
    }

    [Fact]
    public void Colas_zip_is_imported_from_its_raw_folder_and_checked_without_a_vocabulary()
    {
        using var leaks = new NoTensorLeaks();
        WriteCola("source/cola_public/raw");
        Directory.CreateDirectory(_folder["source", "cola_public", "tokenized"]);
        File.WriteAllText(_folder["source", "cola_public", "tokenized", "in_domain_train.tsv"], "not the raw text\n");
        ZipFile.CreateFromDirectory(_folder["source"], _folder["cola.zip"]);
        var cache = new DatasetCache(_folder["cache"]);
        DatasetCheck check = cache.Import("cola", _folder["cola.zip"]);
        check.TrainingByClass.ShouldBe([1, 1]);
        File.ReadAllText(Path.Combine(cache.FolderOf("cola"), "in_domain_train.tsv")).ShouldBe(ColaTrain);
        check.Files.ShouldAllBe(file => file.Official == false);
    }

    [Fact]
    public void A_zip_that_is_cut_off_or_leads_out_of_its_folder_leaves_nothing_behind()
    {
        WriteCola("source/cola_public/raw");
        ZipFile.CreateFromDirectory(_folder["source"], _folder["whole.zip"]);
        byte[] whole = File.ReadAllBytes(_folder["whole.zip"]);
        string cut = _folder.File("cut.zip", whole[..^30]), hostile = _folder["hostile.zip"];
        using (ZipArchive zip = ZipFile.Open(hostile, ZipArchiveMode.Create))
        {
            zip.CreateEntry("../in_domain_train.tsv").Open().Dispose();
        }
        var cache = new DatasetCache(_folder["cache"]);
        Errors.Of(() => cache.Import("cola", cut)).ShouldStartWith($"{cut}: not a readable zip archive");
        Errors.Of(() => cache.Import("cola", hostile))
            .ShouldContain("every path must stay inside the archive's folder, but the archive holds '../in_domain_train.tsv'");
        Directory.EnumerateFileSystemEntries(cache.Root).ShouldBeEmpty();
    }

    public void Dispose() => _folder.Dispose();

    private DatasetSplits Load(string name, double holdout = 0.5) =>
        KnownDatasets.Load(name, new DatasetOptions(_folder.Path, holdout) { Text = new TextOptions("words", 16) });

    private void WriteCola(string below)
    {
        string folder = _folder.Folder(below);
        File.WriteAllText(Path.Combine(folder, "in_domain_train.tsv"), ColaTrain);
        File.WriteAllText(Path.Combine(folder, "in_domain_dev.tsv"), "gj04\t1\t\tThe dog.\n");
        // As the official file: no last line end.
        File.WriteAllText(Path.Combine(folder, "out_of_domain_dev.tsv"), "clc95\t0\t*\tDog the.\nclc95\t0\t*\tDog.");
    }

    private void WriteSst2(string below)
    {
        string folder = _folder.Folder(below);
        File.WriteAllText(Path.Combine(folder, "train.tsv"), Sst2Train);
        File.WriteAllText(Path.Combine(folder, "dev.tsv"), "sentence\tlabel\nwit .\t1\nno .\t0\n");
    }

    private static long[] Longs(torch.Tensor tensor) => [.. tensor.contiguous().data<long>()];
}
