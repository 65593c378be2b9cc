using System.Security.Cryptography;
using System.Text;
using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests.Corpus;

/// <summary>A corpus read as the pieces of a vocabulary: what its sequences are, and which text each stands for.</summary>
public sealed class CorpusTokensTests : IDisposable
{
    private const string Filler = "able able able able able able able able able able";

    // Ids are lines: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, un 4, ##aff 5, ##able 6, able 7, cafe 8, a comma 9.
    private static readonly string[] WordPieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "able", "cafe", ","];

    // Ids are lines: <pad> 0, <unk> 1, [CLS] 2, [SEP] 3, ▁un 4, aff 5, able 6, ▁able 7, ▁cafe 8, a comma 9, ▁ 10.
    private static readonly string[] Pieces =
    [
        "<pad>\t0", "<unk>\t0", "[CLS]\t0", "[SEP]\t0", "▁un\t-2", "aff\t-2", "able\t-2", "▁able\t-2", "▁cafe\t-2", ",\t-2",
        "▁\t-4",
    ];

    private readonly TemporaryFolder _folder = new();

    // "  Unaffable, CAFÉ\n able…": pieces un aff able , cafe able …; they begin at bytes 2, 4, 7, 11, 13, and able behind "CAFÉ\n ",
    // which has 7 bytes: 20, 25, 30 ….
    [Theory]
    [InlineData("pieces")]
    [InlineData("word-pieces")]
    public void Sequences_are_pieces_and_stand_for_the_documents_own_text_up_to_the_next(string vocabulary)
    {
        using var check = new NoTensorLeaks();
        Corpus("  Unaffable, CAFÉ\n " + string.Join(' ', Enumerable.Repeat("able", 27)));

        using DatasetSplits splits = Load(vocabulary);

        Longs(splits.Training.Gather(tensor(new long[] { 0 })).Labels).ShouldBe([4, 5, 6, 9, 8, .. Enumerable.Repeat(7L, 11)]);
        splits.Places!.OfTraining(0).ToString().ShouldBe($"{_folder["corpus/pool/a.txt"]}, byte 2");
        Text(splits, 0).ShouldBe("Unaffable, CAFÉ\n " + string.Concat(Enumerable.Repeat("able ", 11)));
        splits.Places.OfTraining(1).Offset.ShouldBe(20 + 11 * 5);
        Text(splits, 1).ShouldBe(string.Join(' ', Enumerable.Repeat("able", 16)));
        Longs(splits.Training.Labels).Take(2).ShouldBe([16, 16]);
        splits.Training.TextBytes.ShouldBe(20 - 2 + 27 * 5 - 1 + Encoding.UTF8.GetByteCount(Filler));
    }

    [Theory]
    [InlineData("pieces")]
    [InlineData("word-pieces")]
    public void A_sequence_that_begins_within_a_word_begins_at_its_byte(string vocabulary)
    {
        using var check = new NoTensorLeaks();
        // 15 times able and un are the first sequence.
        Corpus(string.Join(' ', Enumerable.Repeat("able", 15)) + " ÚNAFFABLE and then some text");

        using DatasetSplits splits = Load(vocabulary);

        // 15 · 5 bytes, and "ÚN" has three: the piece aff begins at byte 78.
        splits.Places!.OfTraining(1).Offset.ShouldBe(78);
        Text(splits, 1).ShouldBe("AFFABLE and then some text");
        Longs(splits.Training.Gather(tensor(new long[] { 1 })).Labels).Take(2).ShouldBe([5, 6]);
    }

    [Fact]
    public void A_batch_begins_with_the_vocabularys_own_start_and_the_data_know_their_vocabulary()
    {
        using var check = new NoTensorLeaks();
        Corpus(Filler + " unaffable");

        using DatasetSplits splits = Load("word-pieces");
        Batch batch = splits.Training.Gather(tensor(new long[] { 0 }));

        Longs(batch.Inputs).Take(3).ShouldBe([2, 7, 7]);
        Longs(batch.Inputs)[^1].ShouldBe(0);   // 13 pieces of 16
        Longs(batch.Labels)[^1].ShouldBe(TokenCrossEntropy.Ignored);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', WordPieces))));
        splits.Training.Tokens.ShouldBe(new TokenVocabulary(10) { Sha256 = hash });
        splits.Objective.ShouldBeOfType<TokenCrossEntropy>().TokensAreBytes.ShouldBeFalse();
        splits.Source.ShouldEndWith("; read as 10 tokens of the vocabulary word-pieces");
    }

    [Fact]
    public void Another_vocabulary_is_other_data_even_where_it_makes_the_same_tokens()
    {
        using var check = new NoTensorLeaks();
        Corpus(Filler);
        using DatasetSplits splits = Load("word-pieces"), same = Load("word-pieces");
        File.WriteAllLines(_folder["other"], WordPieces.Select(piece => piece == "," ? ";" : piece));

        using DatasetSplits other = Load("other");

        same.Training.Fingerprint.Value.ShouldBe(splits.Training.Fingerprint.Value);
        other.Training.Fingerprint.Value.ShouldNotBe(splits.Training.Fingerprint.Value);
        Longs(other.Training.Gather(tensor(new long[] { 0 })).Labels)
            .ShouldBe(Longs(splits.Training.Gather(tensor(new long[] { 0 })).Labels));
        splits.Training.Fingerprint.DifferenceFrom(other.Training.Fingerprint)!
            .ShouldContain($"vocabulary {other.Training.Tokens!.Sha256}");
    }

    [Fact]
    public void Words_are_those_that_the_pool_has_twice()
    {
        using var check = new NoTensorLeaks();
        Corpus("one two two one three one, four four");

        using DatasetSplits splits = Load(TextOptions.Words);

        // By frequency, then in ordinal order: able, one, four, two.
        Longs(splits.Training.Gather(tensor(new long[] { 0 })).Labels).Take(9).ShouldBe([5, 7, 7, 5, 1, 5, 1, 6, 6]);
        splits.Source.ShouldEndWith("; read as 8 tokens of the 8 words of the pool");
        splits.TextOfTokens!([5, 7, 4], true).ShouldBe("one two able");
        splits.TextOfTokens([5, 7], false).ShouldBe(" one two");
    }

    [Theory]
    [InlineData("pieces", "unaffable, cafe")]
    [InlineData("word-pieces", "unaffable , cafe")]
    public void Pieces_are_put_together_into_words(string vocabulary, string text)
    {
        using var check = new NoTensorLeaks();
        Corpus(Filler);

        using DatasetSplits splits = Load(vocabulary);

        splits.TextOfTokens!([4, 5, 6, 9, 8], true).ShouldBe(text);
        splits.TextOfTokens([8, 6], false).ShouldBe(" cafeable");
        splits.TextOfTokens([6, 2, 8], false).ShouldBe("able");   // where another document would begin, it ends
    }

    // One piece of 161, but 60 of 859 bytes: what a token stands for is what bits per byte are of.
    [Fact]
    public void Text_that_is_not_in_the_vocabulary_is_said_by_its_bytes()
    {
        using var check = new NoTensorLeaks();
        Corpus(string.Join(' ', Enumerable.Repeat("able", 150)) + " " + new string('d', 60));

        using DatasetSplits splits = Load("word-pieces");

        splits.Notices.ShouldContain($"{_folder["corpus/pool"]}: 7.0 % of the pool's text is not in the vocabulary (60 of 859 bytes). "
            + "One token stands for each such piece, so that bits per byte come out too low. "
            + "Choose a vocabulary that has more of them, or set data.tokens = bytes.");
        splits.Notices.ShouldNotContain(notice => notice.Contains("holdout's text", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_vocabulary_with_other_line_ends_is_the_same()
    {
        using var check = new NoTensorLeaks();
        Corpus(Filler);
        File.WriteAllText(_folder["other"], string.Join("\r\n", WordPieces), Encoding.UTF8);   // which begins with a mark

        using DatasetSplits splits = Load("word-pieces"), other = Load("other");

        other.Training.Tokens!.Sha256.ShouldBe(splits.Training.Tokens!.Sha256);
        other.Training.Fingerprint.Value.ShouldBe(splits.Training.Fingerprint.Value);
    }

    [Fact]
    public void What_has_no_piece_is_left_out_and_its_bytes_are_said()
    {
        using var check = new NoTensorLeaks();
        Corpus("\u0001\u0002 \u0003");   // control characters alone: 4 bytes

        using DatasetSplits splits = Load("word-pieces", new CorpusOptions(SequenceLength: 16), rest: "able able able able able");

        splits.Notices.ShouldContain(
            $"{_folder["corpus/pool"]}: 4 bytes at the ends of documents are left out of the pool, because pieces of fewer than 16 bytes "
            + "are.");
    }

    [Fact]
    public void Words_that_come_again_and_words_too_long_to_remember_have_the_pieces_of_the_tokenizer()
    {
        using var check = new NoTensorLeaks();
        var random = new Random(5);
        string[] parts = ["un", "aff", "able", "café", ",", "Ú", "😀", "\u200B", "中", "''"];
        string text = string.Join(' ', Enumerable.Range(0, 400).Select(_ =>
            string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => parts[random.Next(parts.Length)]))));
        Corpus(text);
        foreach (string vocabulary in new[] { "pieces", "word-pieces" })
        {
            using DatasetSplits splits = Load(vocabulary);
            var tokenizer = Datasets.Text.Vocabularies.Read(_folder[vocabulary]);

            long[] read = [.. Enumerable.Range(0, splits.Training.Count - 1)
                .SelectMany(row => Longs(splits.Training.LabelsOf(tensor(new long[] { row }))).Where(token => token >= 0))];

            IReadOnlyList<int> all = tokenizer.Encode(text);
            (all.Count - read.Length).ShouldBeInRange(0, 15);   // what is at the end may be too short for a sequence
            read.ShouldBe(all.Take(read.Length).Select(id => (long)id));
        }
    }

    // Two bytes a token: 65,536 fit, and so does the last of them; with one more it takes four.
    [Theory]
    [InlineData(300)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    public void Tokens_of_a_large_vocabulary_come_back_from_the_disk(int size)
    {
        using var check = new NoTensorLeaks();
        string last = "word" + new string('x', 40);
        File.WriteAllLines(_folder["large"],
            [.. WordPieces, .. Enumerable.Range(0, size - WordPieces.Length - 1).Select(i => $"##w{i}"), last]);
        Corpus($"able {last} un");

        using DatasetSplits splits = Load("large");

        Longs(splits.Training.Gather(tensor(new long[] { 0 })).Labels).Take(3).ShouldBe([7, size - 1, 4]);
    }

    [Theory]
    [InlineData("missing.vocab", "missing.vocab: no such file, so there is no vocabulary. Set data.vocabulary to")]
    [InlineData("damaged", "damaged, line 2: a line must be a piece, a tab and its score, but is 'no score'.")]
    [InlineData("no-specials", "vocabulary no-specials: a vocabulary of BERT's kind must have the token [PAD], but has not.")]
    public void A_vocabulary_that_cannot_be_read_is_refused(string vocabulary, string message)
    {
        using var check = new NoTensorLeaks();
        Corpus(Filler);
        File.WriteAllLines(_folder["damaged"], ["a\t-1", "no score"]);
        File.WriteAllLines(_folder["no-specials"], ["a", "b"]);

        Should.Throw<InvalidInputException>(() => Load(vocabulary)).Message.ShouldContain(message);
    }

    [Fact]
    public void A_part_with_too_few_tokens_is_refused_in_tokens()
    {
        using var check = new NoTensorLeaks();
        Corpus(Filler);
        File.WriteAllText(_folder["corpus/holdout.txt"], "unaffable unaffable");

        Should.Throw<InvalidInputException>(() => Load("word-pieces")).Message.ShouldStartWith(
            $"{_folder["corpus/holdout.txt"]}: the holdout has 6 tokens of text, fewer than one sequence of 16.");
    }

    /// <summary>A pool of this document and a filler, a holdout and a test set.</summary>
    private void Corpus(string document)
    {
        Directory.CreateDirectory(_folder["corpus/pool"]);
        File.WriteAllText(_folder["corpus/pool/a.txt"], document);
        File.WriteAllText(_folder["corpus/pool/b.txt"], Filler);
        File.WriteAllText(_folder["corpus/holdout.txt"], string.Join(' ', Enumerable.Repeat("un able", 20)));
        File.WriteAllText(_folder["corpus/test.txt"], string.Join(' ', Enumerable.Repeat("cafe able", 20)));
        File.WriteAllLines(_folder["word-pieces"], WordPieces);
        File.WriteAllLines(_folder["pieces"], Pieces);
    }

    private DatasetSplits Load(string vocabulary, CorpusOptions? options = null, string? rest = null)
    {
        if (rest is not null) { File.WriteAllText(_folder["corpus/pool/c.txt"], rest); }
        return KnownDatasets.Load("corpus", new DatasetOptions(_folder["corpus"])
        {
            Corpus = (options ?? new CorpusOptions(SequenceLength: 16)) with
            {
                Vocabulary = vocabulary == TextOptions.Words ? vocabulary : _folder[vocabulary],
            },
        });
    }

    private static string Text(DatasetSplits splits, long id) => splits.Texts!.Value.OfTraining(id);

    private static long[] Longs(Tensor tensor) => [.. tensor.data<long>()];

    public void Dispose() => _folder.Dispose();
}
