using System.IO.Compression;
using System.Text;
using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests.Corpus;

public sealed class CorpusSourceTests : IDisposable
{
    /// <summary>16 bytes, and 20.</summary>
    private const string Sixteen = "0123456789abcdef", Twenty = "ABCDEFGHIJKLMNOPQRST";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Documents_become_sequences_of_bytes_within_one_document_each()
    {
        using var check = new NoTensorLeaks();
        Write("pool/b.txt", Sixteen + Sixteen + "tail");         // 36 bytes: 16, 16, and 4 that are too few
        Write("pool/sub/a.jsonl", $$"""
            {"id": 1, "text": "{{Twenty}}{{Twenty}}é"}

            {"text": "   "}
            {"more": {"text": "not this"}, "text": "{{Sixteen}}"}
            """);
        Write("holdout.txt", Twenty + "holdout");
        Write("test.txt", Twenty + "test");

        using DatasetSplits splits = Load();

        // b.txt: 16 + 16; the first line: 42 bytes, 16 + 16 and 10 that are too few; the last: 16.
        Text(splits, 0).ShouldBe(Sixteen);
        Text(splits, 2).ShouldBe("ABCDEFGHIJKLMNOP");
        Text(splits, 3).ShouldBe("QRSTABCDEFGHIJKL");
        Text(splits, 4).ShouldBe(Sixteen);
        splits.Training.Count.ShouldBe(5);
        Longs(splits.Holdout!.Ids).ShouldBe([5]);
        splits.Places!.OfTraining(1).ToString().ShouldBe($"{_folder["pool/b.txt"]}, byte 16");
        splits.Places.OfTraining(4).ToString().ShouldBe($"{_folder["pool/sub/a.jsonl"]}, line 4, byte 0");
        splits.Places.OfTest(0).File.ShouldBe(_folder["test.txt"]);
        splits.Notices.ShouldContain($"{_folder["pool"]}: 1 document of the pool has no text.");
        splits.Notices.ShouldContain(
            $"{_folder["pool"]}: 14 bytes at the ends of documents are left out of the pool, because pieces of fewer than 16 bytes are.");
    }

    [Fact]
    public void A_batch_has_the_bytes_as_labels_and_as_inputs_what_is_before_each()
    {
        using var check = new NoTensorLeaks();
        Write("pool.txt", Twenty + "1234567890123456");   // 32 of 36 bytes in sequences of 24: one whole, one of 12 left out
        Write("holdout.txt", "a sample of what is wanted");
        Write("test.txt", "and what is tested on, apart");

        using DatasetSplits splits = Load(new CorpusOptions(SequenceLength: 20));
        Batch batch = splits.Training.Gather(tensor(new long[] { 0 }));

        splits.Training.Tokens.ShouldBe(new TokenVocabulary(257, 256));
        Longs(batch.Labels).ShouldBe(Encoding.ASCII.GetBytes(Twenty).Select(b => (long)b));
        Longs(batch.Inputs).ShouldBe(Encoding.ASCII.GetBytes(Twenty[..^1]).Select(b => (long)b).Prepend(256));
    }

    [Fact]
    public void Gzipped_files_are_read_as_what_is_in_them()
    {
        using var check = new NoTensorLeaks();
        Zip("pool.jsonl.gz", $$"""{"text": "{{Sixteen}}{{Sixteen}}"}""");
        Zip("holdout.txt.gz", Twenty);
        Write("test.txt", Sixteen + "!");

        using DatasetSplits splits = Load();

        Text(splits, 0).ShouldBe(Sixteen);
        Text(splits, 2).ShouldBe(Twenty[..16]);
        splits.Notices.ShouldContain($"{_folder["pool.jsonl.gz"]}: the pool is one document. A text file is one; to make its pieces "
            + "documents of their own, give a folder of files, or a .jsonl file with one a line.");
    }

    [Fact]
    public void Without_test_files_a_share_of_the_holdouts_documents_is_the_test_set()
    {
        using var check = new NoTensorLeaks();
        Write("pool.txt", Twenty + Twenty);   // two sequences of 16
        for (int i = 0; i < 10; i++) { Write($"holdout/{i}.txt", $"document number {i}, and more"); }

        using DatasetSplits splits = Load(test: 0.3), again = Load(test: 0.3);

        splits.Test.Count.ShouldBe(3);
        splits.Holdout!.Count.ShouldBe(7);
        string[] tested = [.. Enumerable.Range(0, 3).Select(i => splits.Places!.OfTest(i).File)];
        string[] held = [.. Enumerable.Range(2, 7).Select(i => splits.Places!.OfTraining(i).File)];
        tested.Intersect(held).ShouldBeEmpty();
        again.Places!.OfTest(0).File.ShouldBe(tested[0]);
    }

    [Fact]
    public void Documents_of_the_pool_that_are_on_task_are_told_by_their_files()
    {
        using var check = new NoTensorLeaks();
        Write("pool/on/a.txt", Sixteen);
        Write("pool/on-too.txt", Twenty);
        Write("holdout.txt", "a sample of what is wanted");
        Write("test.txt", "and what is tested on, apart");

        using DatasetSplits splits = Load(new CorpusOptions(SequenceLength: 16, OnTask: "on"));

        splits.Training.Flag(ExampleFlags.LowRelevance)!.data<bool>().ToArray().ShouldBe([true, false]);   // on-too.txt comes first
        Should.Throw<InvalidInputException>(() => Load(new CorpusOptions(SequenceLength: 16, OnTask: "o"))).Message
            .ShouldStartWith($"{_folder["pool/o"]}: no document of the pool is in it");
    }

    [Fact]
    public void A_document_in_two_parts_is_refused_with_counts()
    {
        using var check = new NoTensorLeaks();
        Write("pool/a.txt", Twenty);
        Write("pool/b.txt", Sixteen);
        Write("holdout.txt", $"\n{Sixteen} \n");   // the same but for blanks around it
        Write("test.txt", "and what is tested on, apart");

        Should.Throw<InvalidInputException>(() => Load()).Message.ShouldBe(
            $"1 of 1 document of the holdout is in the pool too ({_folder["holdout.txt"]} is the same as {_folder["pool/b.txt"]}). "
            + "Remove it from one of the two.");
    }

    [Theory]
    [InlineData("pool", "test")]
    [InlineData("pool", "holdout")]
    [InlineData("holdout", "test")]
    public void What_is_tested_on_or_wanted_must_not_be_trained_on_in_any_number(string other, string kept)
    {
        using var check = new NoTensorLeaks();
        foreach (string part in new[] { "pool", "holdout", "test" })
        {
            for (int i = 0; i < 4; i++) { Write($"{part}/{i}.txt", $"document {i} of the {part}"); }
        }
        Write($"{kept}/2.txt", $"document 0 of the {other}");
        Write($"{kept}/3.txt", $"document 1 of the {other}");

        Should.Throw<InvalidInputException>(() => Load()).Message.ShouldBe(
            $"2 of 4 documents of the {kept} are in the {other} too ({_folder[$"{kept}/2.txt"]} is the same as "
            + $"{_folder[$"{other}/0.txt"]}, and so on). Remove them from one of the two.");
    }

    [Theory]
    [InlineData("pool.txt", new byte[] { 0xFF, 0xFE, 65, 0 }, "pool.txt: the text must be UTF-8, but its byte-order mark says UTF-16LE")]
    [InlineData("pool.txt", new byte[] { 65, 66, 0xE9, 67 }, "pool.txt: the text must be UTF-8, but byte 3 is none of it")]
    [InlineData("pool.txt", new byte[] { 32, 10 }, "pool.txt: there is no text of 16 bytes or more in it")]
    [InlineData("pool.txt", new byte[] { 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57 },
        "pool.txt: the pool is one sequence, of 20 bytes, so there is nothing to select from. Give more documents")]
    [InlineData("pool.txt", new byte[] { (byte)'P', (byte)'K', 3, 4 }, "pool.txt: it is a ZIP archive")]
    [InlineData("holdout.txt", new byte[] { 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65, 65 },
        "holdout.txt: the holdout has 16 bytes of text, fewer than one sequence of 20")]
    public void A_part_that_is_no_text_or_too_little_is_refused(string file, byte[] content, string message)
    {
        using var check = new NoTensorLeaks();
        foreach (string part in new[] { "pool.txt", "holdout.txt", "test.txt" }) { Write(part, $"{Twenty}{Twenty} of {part}"); }
        File.WriteAllBytes(_folder[file], content);

        Should.Throw<InvalidInputException>(() => Load(new CorpusOptions(SequenceLength: 20))).Message
            .ShouldStartWith(_folder[message]);
    }

    [Theory]
    [InlineData("""["text"]""", "line 1: each line must be a JSON object")]
    [InlineData("""{"text": "0123456789abcdef"} 1""", "line 1: the line is no valid JSON")]
    [InlineData("{\"text\": \"0123456789abcdef\"}\n{\"txt\": \"a\"}", "line 2: there is no field 'text'. Name the field")]
    [InlineData("""{"text": 12}""", "line 1: field 'text' must be a text, but is number")]
    [InlineData("""{"text": "\ud800"}""", "line 1: the line is no valid JSON")]
    [InlineData("""{"text": "a""", "line 1: the line is no valid JSON")]
    public void A_line_that_is_no_document_is_refused_with_its_number(string lines, string message)
    {
        using var check = new NoTensorLeaks();
        Write("pool.jsonl", lines);
        Write("holdout.txt", Twenty);
        Write("test.txt", Sixteen + "!");

        Should.Throw<InvalidInputException>(() => Load()).Message.ShouldStartWith($"{_folder["pool.jsonl"]}, {message}");
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidInputException>(() => Load()).Message.ShouldBe(
            $"{_folder.Path}: there is no pool in it (a folder, or a file such as pool.jsonl or pool.txt), and data.pool is empty. "
            + "Set data.pool to the file or folder of the documents that training selects from.");
        Write("pool.txt", Twenty + Twenty);
        Write("pool.jsonl", "{}");
        Should.Throw<InvalidInputException>(() => Load()).Message.ShouldEndWith(
            "are both there, and only one can be the pool. Remove one of them, or name it with data.pool.");
        File.Delete(_folder["pool.jsonl"]);
        Write("holdout.txt", Sixteen);
        Should.Throw<InvalidInputException>(() => Load()).Message.ShouldStartWith(
            $"{_folder["holdout.txt"]}: without data.test a share of the holdout's documents is the test set, but of its 1 document");
    }

    [Fact]
    public void Lines_longer_than_a_buffer_and_without_a_last_line_end_are_whole()
    {
        using var check = new NoTensorLeaks();
        string first = new('x', 200_000), second = new('y', 70_000);
        Write("pool.jsonl", $$"""{"text": "{{first}}"}""" + "\r\n" + $$"""{"text": "{{second}}"}""");
        Write("holdout.txt", Twenty);
        Write("test.txt", Sixteen + "!");

        using DatasetSplits splits = Load();

        splits.Training.Count.ShouldBe((200_000 / 16) + (70_000 / 16));
        Text(splits, 12_499).ShouldBe(new string('x', 16));
        Text(splits, 12_500).ShouldBe(new string('y', 16));
    }

    private DatasetSplits Load(CorpusOptions? options = null, double test = 0.5) => KnownDatasets.Load(
        "corpus", new DatasetOptions(_folder.Path)
        {
            Corpus = (options ?? new CorpusOptions(SequenceLength: 16)) with { TestFraction = test },
        });

    private static string Text(DatasetSplits splits, long id) => splits.Texts!.Value.OfTraining(id);

    private static long[] Longs(Tensor tensor) => [.. tensor.data<long>()];

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], text);
    }

    private void Zip(string name, string text)
    {
        using var file = new GZipStream(File.Create(_folder[name]), CompressionMode.Compress);
        file.Write(Encoding.UTF8.GetBytes(text));
    }

    public void Dispose() => _folder.Dispose();
}
