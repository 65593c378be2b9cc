using System.Text.Json.Nodes;

namespace RhoLoss.Cli.Tests;

public sealed class CorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CorpusTests()
    {
        Directory.CreateDirectory(_folder.File("mine/pool"));
        for (int i = 0; i < 20; i++)
        {
            File.WriteAllText(_folder.File($"mine/pool/{i}.txt"), $"document number {i} of a pool of documents");
        }
        File.WriteAllLines(_folder.File("mine/holdout.txt"), Enumerable.Repeat("what is wanted, in the words of its user.", 10));
        File.WriteAllLines(_folder.File("mine/test.txt"), Enumerable.Repeat("what is tested on, in other words.", 10));
        File.WriteAllText(_folder.File("mine.toml"), $"""
            [data]
            set = "corpus"
            directory = '{_folder.File("mine")}'
            sequence-length = 16
            [model]
            name = "gpt-nano"
            [training]
            method = "moore-lewis"
            steps = 2
            evaluations = 1
            batch-size = 4
            large-batch-size = 16
            """);
    }

    [Fact]
    public void Documents_are_checked_shown_trained_on_and_evaluated()
    {
        Answer check = Rho.Run("data", "check", _folder.File("mine"));
        // A document of 40 bytes is one sequence; 420 and 350 bytes are two of 256.
        check.Output.ShouldContain("training 20; holdout 2; test 2");

        Answer show = Rho.Run("data", "show", "3", "--recipe", _folder.File("mine.toml"));
        show.Output.ShouldContain($"{_folder.File("mine/pool/1.txt")}, byte 16");
        show.Output.ShouldContain("16 bytes");

        Answer train = Rho.Run("train", _folder.File("mine.toml"), "--out", _folder.File("run"));
        train.Code.ShouldBe(0, train.Error);
        train.Output.ShouldContain("final bits per byte");
        train.Output.ShouldMatch(
            "\nn-grams of the holdout up to 3: [0-9.]+ s; the model itself: [0-9.]+ bits per byte on the test set\\.\n");

        Answer evaluate = Rho.Run("evaluate", _folder.File("run"));
        evaluate.Output.ShouldContain("\nbits per byte: ");
        evaluate.Output.ShouldNotContain("worst class");
    }

    [Fact]
    public void A_language_model_that_is_evaluated_goes_on_with_the_first_test_document_the_same_every_time()
    {
        // Control characters, and a byte of several, of which the prompt of 8 bytes has the first alone.
        File.WriteAllText(_folder.File("mine/test.txt"), "a\u001b[2Jé: what is tested on, in other words.");
        Rho.Run("train", _folder.File("mine.toml"), "--out", _folder.File("run")).Code.ShouldBe(0);

        Answer shown = Rho.Run("evaluate", _folder.File("run"), "--sample", "40");
        shown.Code.ShouldBe(0, shown.Error);
        shown.Output.ShouldContain($"{_folder.File("mine/test.txt")}, byte 0:\na[U+001B][2Jé:\nThe model goes on "
            + "(40 tokens of the 40 likeliest at temperature 0.8, seed 0):\n");
        shown.Output.ShouldNotContain("\u001b");
        Rho.Run("evaluate", _folder.File("run"), "--sample", "40").Output.ShouldBe(shown.Output);

        JsonNode sample = Rho.Run("evaluate", _folder.File("run"), "--json").Json()["sample"].ShouldNotBeNull();
        ((int)sample["tokens"]!).ShouldBe(200);
        ((string)sample["prompt"]!).ShouldBe("a\u001b[2Jé:");
        ((string)sample["text"]!).Length.ShouldBeInRange(1, 200);

        Answer silent = Rho.Run("evaluate", _folder.File("run"), "--no-sample");
        silent.Output.ShouldNotContain("goes on");
        Rho.Run("evaluate", _folder.File("run"), "--no-sample", "--json").Json()["sample"].ShouldBeNull();
    }

    [Fact]
    public void Documents_are_shown_and_trained_on_as_the_pieces_of_a_vocabulary_and_the_model_writes_in_them()
    {
        string[] pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "document", "number", "of", "a", "pool", "##s", "what", "is", "wanted", ",",
            "in", "the", "words", "its", "user", ".", "tested", "on", "other", .. Enumerable.Range(0, 10).Select(i => $"{i}"),
            .. Enumerable.Range(0, 10).Select(i => $"##{i}")];
        File.WriteAllLines(_folder.File("vocab.txt"), pieces);
        string recipe = _folder.File("mine.toml");
        File.WriteAllText(recipe, File.ReadAllText(recipe).Replace(
            "sequence-length = 16", "sequence-length = 16\ntokens = \"vocabulary\"\nvocabulary = \"vocab.txt\"", StringComparison.Ordinal));
        File.WriteAllText(_folder.File("mine/pool/00.txt"), string.Join('\n', Enumerable.Repeat("DOCUMENT of Documents", 6)));

        // Ordinal order: 0.txt, 00.txt. A line is document, of, document, ##s: the second sequence begins behind four lines of 22 bytes.
        Answer show = Rho.Run("data", "show", "2", "--recipe", recipe);
        show.Output.ShouldContain($"{_folder.File("mine/pool/00.txt")}, byte 88");
        show.Output.ShouldContain("8 tokens");
        show.Output.ShouldContain("DOCUMENT of Documents");

        Answer train = Rho.Run("train", recipe, "--out", _folder.File("run"));
        train.Code.ShouldBe(0, train.Error);
        train.Output.ShouldContain("final bits per byte");
        train.Error.ShouldContain("read as 43 tokens of the vocabulary vocab.txt");

        Answer evaluate = Rho.Run("evaluate", _folder.File("run"), "--sample", "12");
        evaluate.Output.ShouldContain("\nbits per byte: ");
        evaluate.Output.ShouldContain($"{_folder.File("mine/test.txt")}, byte 0:\nwhat is tested on , in other words");
        evaluate.Output.ShouldNotContain("##");

        Answer without = Rho.Run("train", recipe, "--out", _folder.File("again"), "--set", "data.vocabulary=");
        (without.Code, without.Error).ShouldSatisfyAllConditions(
            a => a.Code.ShouldBe(2), a => a.Error.ShouldContain("data.tokens = vocabulary cuts documents into the pieces of a vocabulary"));
        Directory.Exists(_folder.File("again")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("--sample must be 1 to 10000 tokens, but is 0. For none, give --no-sample.", "--sample", "0")]
    [InlineData("--sample and --no-sample contradict each other. Give one of them.", "--sample", "5", "--no-sample")]
    public void A_sample_of_no_size_is_refused(string message, params string[] options)
    {
        Answer answer = Rho.Run(["evaluate", _folder.File("mine"), .. options]);
        answer.Code.ShouldBe(2);
        answer.Error.ShouldContain(message);
    }

    public void Dispose() => _folder.Dispose();
}
