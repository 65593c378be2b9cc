using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests.Corpus;

public sealed class MessySmallTests
{
    private const string Name = "messy-small";

    [Fact]
    public void The_built_in_corpus_is_a_pool_of_which_a_tenth_is_known_to_be_on_task_a_holdout_and_a_test_set()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = KnownDatasets.Load(Name);
        // Counted by Python's gzip and json: pieces of 256 bytes of each text, the last one if it has 16 bytes or more.
        (splits.Training.Count, splits.Holdout!.Count, splits.Test.Count).ShouldBe((34_313 + 3_832, 166, 796));
        splits.Training.Flag(ExampleFlags.LowRelevance)!.sum().item<long>().ShouldBe(34_313);
        splits.Training.Classes.ShouldBe(0);
        splits.Texts!.Value.OfTraining(34_313).ShouldStartWith("F.23.\u00A0ltree\n\n");
        splits.Places!.OfTraining(34_313).ToString().ShouldBe("built-in on-task.jsonl.gz, line 1, byte 0");
        splits.Places.OfTraining(38_145).ToString().ShouldBe("built-in holdout.jsonl.gz, line 1, byte 0");
        splits.Places.OfTest(0).ToString().ShouldBe("built-in test.jsonl.gz, line 1, byte 0");
        splits.Notices.ShouldBeEmpty();
        DatasetDescription known = KnownDatasets.Find(Name);
        (known.TrainingExamples, known.TestExamples).ShouldBe((34_313 + 3_832 + 166, 796));
    }

    [Fact]
    public void It_is_cut_into_the_sequences_that_are_asked_for_and_needs_no_holdout()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = KnownDatasets.Load(
            Name, new DatasetOptions(HoldoutFraction: 0) { Corpus = new CorpusOptions(SequenceLength: 64) });
        splits.Holdout.ShouldBeNull();
        splits.Training.Gather(tensor(new long[] { 0 })).Inputs.shape.ShouldBe([1, 64]);
    }

    [Fact]
    public void It_is_read_as_the_words_of_its_pool_and_says_that_its_manual_has_others()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = KnownDatasets.Load(
            Name, new DatasetOptions { Corpus = new CorpusOptions { Vocabulary = TextOptions.Words } });
        int size = splits.Training.Tokens!.Size;
        splits.Source.ShouldEndWith($"; read as {size} tokens of the {size} words of the pool");
        splits.Test.TextBytes!.Value.ShouldBeInRange(190_000, 199_878);   // of the test set's bytes all but those before a first word
        splits.Texts!.Value.OfTest(0).ShouldStartWith("34.18.\u00A0LDAP Lookup");
        splits.Notices.ShouldContain(notice => notice.StartsWith("built-in holdout: ", StringComparison.Ordinal)
            && notice.Contains("% of the holdout's text is not in the vocabulary", StringComparison.Ordinal));
    }

    [Fact]
    public void Its_files_are_those_of_the_manifest_and_small_enough_to_ship()
    {
        using var manifest = JsonDocument.Parse(Resource("manifest.json"));
        JsonProperty[] files = [.. manifest.RootElement.GetProperty("files").EnumerateObject()];
        files.Select(file => file.Name).Order(StringComparer.Ordinal)
            .ShouldBe(["holdout.jsonl.gz", "off-task.jsonl.gz", "on-task.jsonl.gz", "test.jsonl.gz"]);
        files.Sum(file => Resource(file.Name).Length).ShouldBeLessThan(4_300_000);
        HashSet<string> packages = [.. manifest.RootElement.GetProperty("packages").EnumerateObject().Select(package => package.Name)];
        foreach (JsonProperty file in files)
        {
            byte[] packed = Resource(file.Name);
            Convert.ToHexStringLower(SHA256.HashData(packed)).ShouldBe(file.Value.GetProperty("sha256").GetString());
            using var content = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
            using var lines = new StreamReader(content);
            int documents = 0;
            for (; lines.ReadLine() is { } line; documents++)
            {
                using var document = JsonDocument.Parse(line);
                packages.ShouldContain(document.RootElement.GetProperty("source").GetString()!.Split(':')[0]);
            }
            documents.ShouldBe(file.Value.GetProperty("documents").GetInt32());
        }
    }

    [Fact]
    public void Every_package_in_it_has_a_licence_that_lets_it_be_shipped_and_its_text_is_beside_it()
    {
        using var manifest = JsonDocument.Parse(Resource("manifest.json"));
        foreach (JsonProperty package in manifest.RootElement.GetProperty("packages").EnumerateObject())
        {
            package.Value.GetProperty("licence").GetString().ShouldBeOneOf("PostgreSQL", "MIT", "BSD-3-Clause", "PSF-2.0");
        }
        foreach (string text in new[] { "PostgreSQL", "Go", "Rust", "Python", "Django", "jQuery-UI" })
        {
            System.Text.Encoding.UTF8.GetString(Resource($"LICENSES/{text}.txt")).ShouldContain("opyright");
        }
    }

    [Fact]
    public void It_reads_neither_a_folder_nor_other_files()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidInputException>(() => KnownDatasets.Load(Name, new DatasetOptions("documents"))).Message
            .ShouldBe("messy-small is built in and reads no folder, but the folder documents was given. "
                + "Give no folder, or choose another data set.");
        Should.Throw<InvalidInputException>(() => KnownDatasets.Load(
            Name, new DatasetOptions { Corpus = new CorpusOptions(Holdout: "mine.txt") })).Message
            .ShouldBe("messy-small is built in and reads no other files, but data.holdout is set. "
                + "Remove it, or set data.set = \"corpus\" for documents of your own.");
    }

    [Fact]
    public void Its_check_counts_sequences()
    {
        using var check = new NoTensorLeaks();
        DatasetCheck found = KnownDatasets.Source(Name).Check();
        found.Passed.ShouldBeTrue();
        (found.TrainingByClass.Single(), found.HoldoutByClass.Single(), found.TestByClass.Single()).ShouldBe((38_145, 166, 796));
    }

    private static byte[] Resource(string file)
    {
        using Stream stream = typeof(KnownDatasets).Assembly.GetManifestResourceStream($"{Name}/{file}")!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
