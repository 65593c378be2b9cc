using RhoLoss.Data;
using RhoLoss.NGrams;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

/// <summary>An n-gram model of a sample as the reference.</summary>
public sealed class NGramReferenceTests
{
    // Of the sequence 0 0 1 over 4 tokens: p(0) = 0.5, p(1) = 0.3, p(2) = p(3) = 0.1, p(0 | 0) = 0.5, p(1 | 0) = 0.4, p(2 | 0) = p(3 | 0) =
    // 0.05; after 1 to 3 as after nothing. NGramModelTests has the arithmetic.
    private static readonly NGramModel Sample =
        NGramModel.Count<int>([new[] { 0, 0, 1 }], new NGramOptions { Order = 2, VocabularySize = 4 });

    [Fact]
    public void The_loss_of_a_candidate_is_the_mean_over_the_tokens_that_are_predicted_in_it()
    {
        using var check = new NoTensorLeaks();
        long ignored = TokenCrossEntropy.Ignored;
        using LabeledDataset data = Data(
            [[0, 0], [0, 1], [1, 3], [2, 0]],
            [[0, 1], [ignored, 2], [ignored, ignored], [0, ignored]]);
        using var reference = new NGramReference(Sample);
        float[] losses = [.. LossesOf(data, reference).data<float>()];
        losses[0].ShouldBe((float)-(Math.Log(0.5) + Math.Log(0.4)) / 2, 1e-6f);   // 0 after 0, 1 after 0
        losses[1].ShouldBe((float)-Math.Log(0.1), 1e-6f);                          // 2 after 1; the 1 before it is not counted
        losses[2].ShouldBe(0);                                                     // nothing is predicted
        losses[3].ShouldBe((float)-Math.Log(0.5), 1e-6f);                          // 0 after 2, which was never a context
    }

    [Fact]
    public void Every_label_counts_where_the_objective_ignores_none()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data([[0, 0]], [[0, 1]]);
        using var reference = new NGramReference(Sample);
        using Tensor losses = LossesOf(data, reference, new EveryToken());
        losses.item<float>().ShouldBe((float)-(Math.Log(0.5) + Math.Log(0.4)) / 2, 1e-6f);
    }

    [Fact]
    public void Long_sequences_have_the_mean_of_the_model_over_all_but_their_first_token()
    {
        using var check = new NoTensorLeaks();
        var random = new Random(1);
        long[][] texts = [.. Enumerable.Range(0, 5).Select(_ => Enumerable.Range(0, 301).Select(_ => (long)random.Next(256)).ToArray())];
        NGramModel model = NGramModel.Count<long>(texts.Take(3).Select(text => (ReadOnlyMemory<long>)text));
        using LabeledDataset data = Data([.. texts.Select(text => text[..^1])], [.. texts.Select(text => text[1..])], vocabularySize: 256);
        using var reference = new NGramReference(model);
        reference.RequireSameData(data);
        float[] losses = [.. LossesOf(data, reference).data<float>()];
        float[] nats = new float[301];
        for (int i = 0; i < texts.Length; i++)
        {
            model.Losses<long>(texts[i], nats);
            losses[i].ShouldBe((float)nats.Skip(1).Average(nat => (double)nat), 1e-5f);
        }
    }

    [Fact]
    public void A_trainer_selects_by_it()
    {
        using var check = new NoTensorLeaks();
        // A network whose output is 0 has the loss ln 4 of every token, so that the candidates nearest to the sample are chosen.
        using LabeledDataset data = Data([[2, 3], [0, 0], [3, 2], [0, 0]], [[3, 2], [0, 1], [2, 3], [0, 1]]);
        using nn.Module<Tensor, Tensor> model = nn.Embedding(4, 4);
        using (no_grad()) { foreach (TorchSharp.Modules.Parameter parameter in model.parameters()) { parameter.zero_(); } }
        using var reference = new NGramReference(Sample);
        var options = new TrainerOptions
        {
            BatchSize = 2,
            LargeBatchSize = 4,
            Objective = new TokenCrossEntropy(),
            Optimizer = new SgdOptions { LearningRate = 0.1 },
        };
        using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, reference, options);
        long[] chosen = [];
        trainer.OnStep = step => chosen = [.. step.Selected.Indices.data<long>()];
        trainer.Step();
        chosen.ShouldBe([1, 3], ignoreOrder: true);
    }

    // Nats of the three tokens: 0 at the start ln 2, 1 after 0 ln 2.5, 0 at the start ln 2. In bits (1 + 1.3219 + 1) / 3 = 1.1073 a token.
    [Fact]
    public void The_model_itself_is_measured_on_sequences_as_a_language_model_is()
    {
        using var check = new NoTensorLeaks();
        using IDisposable scope = NewDisposeScope();
        using LabeledDataset data = LabeledDataset.OfSequences(new Sequences([0, 1], [0]));
        using LabeledDataset sample = LabeledDataset.OfSequences(new Sequences([0, 0, 1]));
        using NGramReference counted = NGramReference.Of(sample, order: 2), given = new(Sample);
        Tensor losses = counted.LossesOf(data);

        losses.data<float>().ToArray().ShouldBe(
            [(float)-(Math.Log(0.5) + Math.Log(0.4)) / 2, (float)-Math.Log(0.5)], tolerance: 1e-6);
        losses.data<float>().ToArray().ShouldBe(LossesOf(data, given).data<float>().ToArray());   // as candidates
        var bytes = new TokenCrossEntropy { TokensAreBytes = true };
        Evaluation found = Evaluation.Of(new EvaluatedExamples(losses, null, data.Labels, data.Classes) { Objective = bytes });
        found.Metrics[Metric.BitsPerByte]!.Value.ShouldBe((2 + Math.Log2(2.5)) / 3, 1e-6);
        found.Metrics[Metric.Accuracy].ShouldBeNull();
        using LabeledDataset points = Toys.Points(4);
        Should.Throw<InvalidInputException>(() => counted.LossesOf(points)).Message
            .ShouldStartWith("N-grams are counted in sequences of tokens");
        using NGramReference other = new(NGramModel.Count<int>([new[] { 0, 0, 1 }], new NGramOptions { Order = 2, VocabularySize = 7 }));
        Should.Throw<InvalidInputException>(() => other.LossesOf(data)).Message
            .ShouldContain("a vocabulary of 7 tokens, but that of the data set has 4");
    }

    [Fact]
    public void Facts_say_what_it_is_and_what_it_cost()
    {
        IrreducibleLossFacts facts = new NGramReference(Sample).Facts;
        (facts.Architecture, facts.Source, facts.Seconds).ShouldBe(("ngram-2", "n-gram", Sample.Seconds));
        facts.Settings.ShouldBe($"3 tokens, 2 n-grams, {Sample.Bytes} bytes");
        facts.KnownAccuracy.ShouldBeNull();
    }

    [Fact]
    public void Data_that_it_is_no_reference_for_are_refused()
    {
        using var check = new NoTensorLeaks();
        using var reference = new NGramReference(Sample);
        using LabeledDataset points = Toys.Points(4);
        Should.Throw<InvalidInputException>(() => reference.RequireSameData(points)).Message.ShouldContain("needs sequences of tokens");
        using LabeledDataset larger = Data([[0, 0]], [[0, 1]], vocabularySize: 5);
        Should.Throw<InvalidInputException>(() => reference.RequireSameData(larger)).Message
            .ShouldContain("a vocabulary of 4 tokens, but that of the data set has 5");
        using LabeledDataset longer = Data([[0, 0, 0, 0]], [[0, 0, 0, 1]]);
        Should.Throw<InvalidInputException>(() => reference.RequireSameData(longer)).Message
            .ShouldContain("has 3 tokens, fewer than one sequence of the data, which has 4");
    }

    [Fact]
    public void Tokens_of_another_tokenizer_are_refused_even_where_there_are_as_many()
    {
        using var check = new NoTensorLeaks();
        const string message = "The n-grams were counted over a vocabulary of 4 tokens, but that of the data set is another one of as "
            + "many. Count the sample with the tokenizer of the data.";
        LabeledDataset Of(string? hash) => LabeledDataset.OfSequences(
            new Sequences([0, 0, 1], [1, 0, 1]) { Vocabulary = new(4, PaddingId: 3) { Sha256 = hash } });
        using LabeledDataset sample = Of("aa"), same = Of("aa"), other = Of("bb"), bytes = Of(null);
        using NGramReference losses = NGramReference.Of(sample, order: 2), given = new(Sample);
        using MooreLewisReference relevance = MooreLewisReference.Of(sample, same, order: 2);

        losses.RequireSameData(same);
        relevance.RequireSameData(same);
        given.RequireSameData(other);   // of which nobody said what it was counted in
        foreach (LabeledDataset data in new[] { other, bytes })
        {
            Should.Throw<InvalidInputException>(() => losses.RequireSameData(data)).Message.ShouldBe(message);
            Should.Throw<InvalidInputException>(() => losses.LossesOf(data)).Message.ShouldBe(message);
            Should.Throw<InvalidInputException>(() => relevance.Of(data)).Message.ShouldBe(message);
            Should.Throw<InvalidInputException>(() => MooreLewisReference.Of(sample, data)).Message.ShouldStartWith(
                "Sample and pool must have one vocabulary, but have 4 and 4 tokens of different ones.");
        }
    }

    [Fact]
    public void Labels_that_are_not_the_next_tokens_are_refused()
    {
        using var check = new NoTensorLeaks();
        using var reference = new NGramReference(Sample);
        using LabeledDataset same = Data([[0, 0, 0], [0, 1, 2]], [[0, 0, 0], [0, 1, 2]]);   // labels that stand under their own tokens
        Should.Throw<InvalidInputException>(() => LossesOf(same, reference)).Message
            .ShouldContain("Example 1 does not suit the n-gram reference: its label 0 must be its input 1, the next token, which is 1, ");
        using LabeledDataset outside = Data([[0, 0]], [[0, 9]]);
        Should.Throw<InvalidInputException>(() => LossesOf(outside, reference)).Message
            .ShouldContain("0..3, the vocabulary of the n-grams, but one is 9");
        using LabeledDataset classes = new(zeros(2, 3, dtype: int64), zeros(2, dtype: int64), classes: 2, tokens: new TokenVocabulary(4));
        Should.Throw<InvalidInputException>(() => LossesOf(classes, reference, Objective.CrossEntropy)).Message
            .ShouldContain("Int64 of shape [2, 3] and the labels Int64 of shape [2]");
    }

    private static Tensor LossesOf(LabeledDataset data, NGramReference reference, Objective? objective = null) =>
        new Candidates(data.Gather(data.Ids), scorer: null!, reference, objective ?? new TokenCrossEntropy(), new StepRandom(0, 1))
            .IrreducibleLoss;

    private static LabeledDataset Data(long[][] inputs, long[][] labels, int vocabularySize = 4)
    {
        using IDisposable scope = NewDisposeScope();
        return LabeledDataset.WithTargets(Rows(inputs), Rows(labels), tokens: new TokenVocabulary(vocabularySize));

        static Tensor Rows(long[][] rows) => stack([.. rows.Select(row => tensor(row))]);
    }

    /// <summary>Sequences of four tokens, of which 3 starts.</summary>
    private sealed class Sequences(params int[][] rows) : ITokenSequences
    {
        public long Count => rows.Length;

        public int Length => rows.Max(row => row.Length);

        public TokenVocabulary Vocabulary { get; init; } = new(4, PaddingId: 3);

        public int StartToken => 3;

        public int LengthOf(long row) => rows[row].Length;

        public void Read(long row, Span<int> tokens) => rows[row].CopyTo(tokens);

        public string NameOf(long row) => $"row {row}";
    }

    private sealed class EveryToken : Objective
    {
        public override Tensor PerElement(Tensor outputs, Tensor labels) => throw new NotSupportedException();
    }
}
