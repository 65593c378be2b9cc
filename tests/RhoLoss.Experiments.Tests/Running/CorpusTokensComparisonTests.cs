using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Models;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>The documents of <see cref="CorpusComparisonTests"/>, read as word pieces.</summary>
public sealed class CorpusTokensComparisonTests : IDisposable
{
    private static readonly string[] Words = ["the", "cat", "sat", "on", "a", "mat", "and", "dog", "ran", "home"];
    private readonly TinyExperiment _tiny = new();
    private readonly string _corpus, _vocabulary;

    public CorpusTokensComparisonTests()
    {
        _corpus = _tiny.File("corpus");
        _vocabulary = _tiny.File("vocab.txt");
        File.WriteAllLines(_vocabulary, Vocabulary());
        var random = new Random(3);
        string Sentence() => string.Join(' ', Enumerable.Range(0, 30).Select(_ => Words[random.Next(Words.Length)])) + "s";
        string Numbers() => string.Concat(Enumerable.Range(0, 20).Select(_ => $"[{random.Next(10)},{random.Next(100)}]"));
        Write("pool/on.jsonl", 20, Sentence);
        Write("pool/off.jsonl", 40, Numbers);
        Write("holdout.jsonl", 16, Sentence);
        Write("test.jsonl", 8, Sentence);
    }

    /// <summary>BERT's specials, the words, an ending, and digits alone and inside of numbers.</summary>
    private static string[] Vocabulary() =>
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", .. Words, "##s", "[", "]", ",", .. Enumerable.Range(0, 10).Select(i => $"{i}"),
        .. Enumerable.Range(0, 10).Select(i => $"##{i}"),
    ];

    [Fact]
    public void Arms_are_measured_in_bits_per_byte_of_the_text_and_choose_by_n_grams_of_tokens()
    {
        using var check = new NoTensorLeaks();
        ComparisonSummary summary = Run("run", "[\"uniform\", \"rho-loss\", \"moore-lewis\", \"two-stage\", \"offline-filter@0.1\", "
            + "\"auto-relevance\", \"uniform-with-holdout\"]").Summary!;

        summary.Metric.ShouldBe(new MetricSummary("bits-per-byte", "lower"));
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe(Settings("[\"uniform\"]")));
        // Eight sentences of 30 words, and an ending, of which no word but "home" and the like are cut: 31 tokens each.
        long tokens = data.Test.Labels.sum().item<long>();
        tokens.ShouldBe(8 * 31);
        long bytes = File.ReadLines(Path.Combine(_corpus, "test.jsonl")).Sum(line => line.Length - """{"text": ""}""".Length);
        data.Test.TextBytes.ShouldBe(bytes);
        foreach (ArmSummary arm in summary.Arms)
        {
            IReadOnlyDictionary<string, double?> last = arm.Points![^1].Metrics;
            double nats = Math.Log(last["perplexity"]!.Value);
            arm.FinalMetric.ShouldBe(nats * tokens / Math.Log(2) / bytes, 1e-9, arm.Method);
        }
        double? Off(string arm) => summary.Arms.Single(a => a.Method == arm).Selected.LowRelevance;
        Off("uniform")!.Value.ShouldBeInRange(0.4, 1);
        Off("moore-lewis")!.Value.ShouldBeLessThan(Off("uniform")!.Value / 2);
        Off("offline-filter@0.1").ShouldBe(0);
        summary.References.ShouldAllBe(reference => reference.Test!.Metric == "bits-per-byte" && reference.Test.Value > 0);
    }

    [Fact]
    public void Bytes_and_tokens_of_one_corpus_are_of_the_same_text()
    {
        using var check = new NoTensorLeaks();
        const string whole = "data.sequence-length=200";   // longer than any document here
        using ExperimentData bytes = ExperimentData.Load(_tiny.Recipe(Settings("[\"uniform\"]", whole, "data.tokens=bytes")));
        using ExperimentData tokens = ExperimentData.Load(_tiny.Recipe(Settings("[\"uniform\"]", whole)));

        bytes.Test.TextBytes.ShouldBe(tokens.Test.TextBytes);
        bytes.Training.Tokens.ShouldBe(new TokenVocabulary(257, 256));
        tokens.Training.Tokens!.Size.ShouldBe(Vocabulary().Length);
    }

    [Fact]
    public void A_run_records_its_vocabulary_and_does_not_go_on_with_another_one()
    {
        using var check = new NoTensorLeaks();
        ComparedRun run = new ComparedRun(
            _tiny, "stopped", Settings("[\"uniform\", \"moore-lewis\"]", "checkpoints.every-steps=4")).StopAfter("moore-lewis", step: 5);
        string before = Hash();
        ((string)JsonNode.Parse(File.ReadAllText(run.Folder.StartedPath))!["vocabulary"]!).ShouldBe(before);
        File.WriteAllLines(_vocabulary, Vocabulary().Select(piece => piece == "##9" ? "##x" : piece));

        Should.Throw<InvalidInputException>(() => run.Run()).Message.ShouldContain(
            $"was started with other data: the vocabulary has changed (SHA-256 {before[..8]}, now {Hash()[..8]}); ");

        File.WriteAllLines(_vocabulary, Vocabulary());
        run.Run().Summary!.Arms.Count.ShouldBe(2);
    }

    [Fact]
    public void A_run_does_not_go_on_with_bytes_for_tokens()
    {
        using var check = new NoTensorLeaks();
        ComparedRun run = new ComparedRun(
            _tiny, "stopped", Settings("[\"uniform\"]", "checkpoints.every-steps=4")).StopAfter("uniform", step: 5);
        StartedRun started = StartedRun.RecordedIn(run.Folder)!;
        Recipe bytes = _tiny.Recipe(Settings("[\"uniform\"]", "checkpoints.every-steps=4", "data.tokens=bytes"));

        Should.Throw<InvalidInputException>(() => started.RequireSame(bytes, "run")).Message
            .ShouldStartWith("run was started with data.tokens = \"vocabulary\", but now it is \"bytes\".");
    }

    [Fact]
    public void Words_that_are_counted_are_no_other_place_of_a_vocabulary()
    {
        IReadOnlyDictionary<string, string> before = StartedRun.ValuesOf(_tiny.Recipe(Settings("[\"uniform\"]")));
        Recipe words = _tiny.Recipe(Settings("[\"uniform\"]", "data.vocabulary=words"));
        File.Copy(_vocabulary, _tiny.File("moved.txt"));
        Recipe moved = _tiny.Recipe(Settings("[\"uniform\"]", $"data.vocabulary={_tiny.File("moved.txt")}"));

        Should.Throw<InvalidInputException>(() => StartedRun.RequireSame(before, words, "run")).Message.ShouldContain(
            "but now it is \"words\"");
        StartedRun.RequireSame(before, moved, "run")!.ShouldContain("data.vocabulary was changed");
    }

    [Fact]
    public void What_a_model_writes_begins_with_a_short_document_and_no_padding()
    {
        using var check = new NoTensorLeaks();
        string[] documents = ["the cat sat on a mat and ran home", string.Join(' ', Enumerable.Repeat("the cat", 20))];
        Write("test.jsonl", 2, new Queue<string>(documents).Dequeue);   // 9 pieces of the 16 that a prompt has, and enough to test on
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe(Settings("[\"uniform\"]")));
        using var model = new FirstOfPrompt();

        GeneratedSample sample = GeneratedSample.Of(model, data, count: 1);

        sample.Prompt.ShouldBe("the cat sat on a mat and ran home");
        model.Longest.ShouldBe(10);   // behind the start token
    }

    [Fact]
    public void Irreducible_losses_of_another_vocabulary_are_refused()
    {
        using var check = new NoTensorLeaks();
        Run("run", "[\"uniform\", \"rho-loss\"]");
        File.WriteAllLines(_vocabulary, Vocabulary().Select(piece => piece == "##9" ? "##x" : piece));

        Should.Throw<InvalidInputException>(() => Run("again", "[\"uniform\", \"rho-loss\"]")).Message
            .ShouldContain(_tiny.IrreducibleLossFile);
    }

    [Theory]
    [InlineData(257, null, "It is of a language model of another vocabulary: read the data with the tokenizer that it was trained with, or "
        + "choose another file.")]
    [InlineData(38, "0123456789abcdef", "was trained with another vocabulary of 38 tokens (SHA-256 01234567, that of the data is ")]
    public void Weights_of_another_vocabulary_are_refused(int size, string? hash, string message)
    {
        using var check = new NoTensorLeaks();
        Vocabulary().Length.ShouldBe(38);
        string path = _tiny.File("gpt.safetensors");
        using (var other = new CausalTransformer(CausalTransformerOptions.Nano with { Vocabulary = size, Context = 32 }, seed: 0))
        {
            SafetensorsFile.Write(path, other.state_dict(),
                hash is null ? [] : new Dictionary<string, string> { ["vocabulary"] = hash });
        }

        Should.Throw<InvalidInputException>(() => Run("run", "[\"uniform\"]", $"model.weights={path}")).Message.ShouldContain(message);
    }

    [Fact]
    public void A_checkpoint_of_the_same_vocabulary_is_a_start()
    {
        using var check = new NoTensorLeaks();
        ComparedRun run = new ComparedRun(
            _tiny, "first", Settings("[\"uniform\"]", "checkpoints.every-steps=4")).StopAfter("uniform", step: 5);
        string checkpoint = Directory.GetFiles(run.CheckpointsOf("uniform-seed0"), "*.safetensors").Order().Last();

        Run("second", "[\"uniform\"]", $"model.weights={checkpoint}").Summary!.Arms.Count.ShouldBe(1);
        SafetensorsFile.ReadMetadata(checkpoint)["vocabulary"].ShouldBe(Hash());
    }

    [Theory]
    [InlineData("data.vocabulary=",
        "data.tokens = vocabulary cuts documents into the pieces of a vocabulary, but data.vocabulary is empty. Set it to the path of "
        + "ALBERT's 30k-clean.vocab or BERT's vocab.txt, or to words for the words of the pool, or set data.tokens = bytes.")]
    [InlineData("data.vocabulary=nowhere.vocab", "nowhere.vocab: no such file, so there is no vocabulary.")]
    [InlineData("data.tokens=words", "data.tokens must be one of bytes, vocabulary")]
    public void Tokens_of_no_vocabulary_are_refused(string setting, string message) =>
        Should.Throw<InvalidInputException>(() => ExperimentData.Load(_tiny.Recipe(Settings("[\"uniform\"]", setting)))).Message
            .ShouldContain(message);

    // A sweep checks all of its comparisons before the first.
    [Fact]
    public void A_vocabulary_is_asked_for_beforehand_where_one_is_read_and_only_there()
    {
        string recipe = _tiny.WriteRecipe();
        ComparisonFolder Of(params string[] settings) =>
            new ComparisonFolder(RecipeLoader.Load(recipe, Settings("[\"uniform\"]", settings)), _tiny.File("swept")).Check();

        Of("data.tokens=bytes", "data.vocabulary=");
        Of();
        Should.Throw<InvalidInputException>(() => Of("data.vocabulary=nowhere.vocab")).Message.ShouldContain("nowhere.vocab: no such file");
        Should.Throw<InvalidInputException>(() => Of("data.vocabulary=")).Message
            .ShouldStartWith("data.tokens = vocabulary cuts documents");
    }

    [Fact]
    public void N_grams_that_a_vocabulary_leaves_no_room_for_are_refused_before_anything_is_trained()
    {
        using var check = new NoTensorLeaks();
        LabeledDataset Of(long id) => LabeledDataset.OfSequences(new Sequences(1 << 21), tensor(new long[] { id }));
        using LabeledDataset pool = Of(0), holdout = Of(1), test = Of(0);
        var splits = new DatasetSplits("corpus", "a test", pool, holdout, test);

        Should.Throw<InvalidInputException>(() => DataRules.Require(
                _tiny.Recipe(Settings("[\"uniform\", \"moore-lewis\"]")), splits)).Message.ShouldBe(
            "methods.moore-lewis.order = 3 asks for n-grams of 3 of 2097152 tokens, but none fits. Choose a smaller vocabulary, or "
            + "data.tokens = bytes.");
    }

    [Fact]
    public void Words_of_the_pool_need_no_file()
    {
        using var check = new NoTensorLeaks();
        ComparisonSummary summary = Run("run", "[\"uniform\", \"moore-lewis\"]", "data.vocabulary=words").Summary!;

        summary.Arms.ShouldAllBe(arm => arm.FinalMetric > 0 && arm.FinalMetric < 20);
    }

    private string Hash() => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', File.ReadLines(_vocabulary)))));

    private ComparedRun Run(string name, string methods, params string[] more) =>
        new ComparedRun(_tiny, name, Settings(methods, more)).Run();

    private string[] Settings(string methods, params string[] more) =>
    [
        "data.set=corpus", $"data.directory={_corpus}", "data.on-task=on.jsonl", "data.tokens=vocabulary", $"data.vocabulary={_vocabulary}",
        "data.sequence-length=32", "noise.kind=none", "noise.fraction=0.0", "model.name=gpt-nano", "irreducible-loss.model=gpt-nano",
        "irreducible-loss.epochs=1", $"training.methods={methods}", "training.steps=12", "training.evaluations=2",
        "training.large-batch-size=32", .. more,
    ];

    private void Write(string name, int documents, Func<string> text)
    {
        string path = Path.Combine(_corpus, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(path, Enumerable.Range(0, documents).Select(_ => $$"""{"text": "{{text()}}"}"""));
    }

    /// <summary>Knows how long the longest input is that it was given.</summary>
    private sealed class FirstOfPrompt() : nn.Module<Tensor, Tensor>(nameof(FirstOfPrompt))
    {
        public long Longest { get; private set; }

        public override Tensor forward(Tensor input)
        {
            Longest = Math.Max(Longest, input.shape[1]);
            return zeros(input.shape[0], input.shape[1], Vocabulary().Length);
        }
    }

    /// <summary>One sequence of a large vocabulary.</summary>
    private sealed class Sequences(int size) : ITokenSequences
    {
        public long Count => 1;

        public int Length => 2;

        public TokenVocabulary Vocabulary { get; } = new(size);

        public int StartToken => 0;

        public int LengthOf(long row) => 2;

        public void Read(long row, Span<int> tokens) => tokens.Fill(1);

        public string NameOf(long row) => "a test";
    }

    public void Dispose() => _tiny.Dispose();
}
