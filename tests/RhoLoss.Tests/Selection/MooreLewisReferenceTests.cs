using System.Text;
using RhoLoss.Data;
using RhoLoss.NGrams;
using RhoLoss.Objectives;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

public sealed class MooreLewisReferenceTests
{
    private static readonly string[] Wanted = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog"];
    private static readonly string[] Pool =
        ["the hat is on the mat", "{x:1,y:22,z:333,w:44}", "a dog sat on the hat", "[[0,1],[1,0],[0,0],1]"];

    [Fact]
    public void Relevance_is_the_score_of_Moore_and_Lewis_of_the_tokens_that_count()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset sample = LabeledDataset.OfSequences(new Texts(Wanted)), pool = LabeledDataset.OfSequences(new Texts(Pool));
        using var reference = MooreLewisReference.Of(sample, pool, order: 3);
        MooreLewis expected = MooreLewis.Of(
            Wanted.Select(Bytes), Pool.Select(Bytes), new NGramOptions { Order = 3, VocabularySize = 257 });

        using var selector = new BatchSelector(
            new NoScorer(), SelectionFunctions.Relevance, reference, batchSize: 2,
            new BatchSelectorOptions { LargeBatchSize = 4, Objective = new TokenCrossEntropy() });
        SelectedBatch selected = selector.Select(pool, new LargeBatch(1, pool.Ids.clone()));

        selected.Candidates.Scores!.data<float>().ToArray().ShouldBe(
            Pool.Select(text => (float)expected.Score(Bytes(text).Span)), tolerance: 1e-6);
        selected.Batch.Indices.data<long>().ToArray().Order().ShouldBe([0, 2]);   // the sentences
        reference.Of(pool).data<float>().ToArray().ShouldBe(selected.Candidates.Scores!.data<float>().ToArray());
    }

    // 4 rows of at most 22 tokens: 44 tokens are every second row, those of the first kind of text.
    [Fact]
    public void Of_a_large_pool_rows_that_are_spread_evenly_are_counted()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset sample = LabeledDataset.OfSequences(new Texts(Wanted)), pool = LabeledDataset.OfSequences(new Texts(Pool));
        var options = new NGramOptions { Order = 3, VocabularySize = 257 };
        (long Tokens, string[] Counted)[] cases = [(44, [Pool[0], Pool[2]]), (0, Pool), (4_000_000, Pool)];
        foreach ((long tokens, string[] counted) in cases)
        {
            using var reference = MooreLewisReference.Of(sample, pool, order: 3, poolTokens: tokens);
            MooreLewis expected = MooreLewis.Of(Wanted.Select(Bytes), counted.Select(Bytes), options);

            reference.Of(pool).data<float>().ToArray().ShouldBe(
                Pool.Select(text => (float)expected.Score(Bytes(text).Span)), tolerance: 1e-6);
        }
        Should.Throw<ArgumentOutOfRangeException>(() => MooreLewisReference.Of(sample, pool, poolTokens: -1));
    }

    // What is wanted are words, what is not are numbers: no trigram is of both, so that estimate and share differ by chance alone.
    [Theory]
    [InlineData(0.1, 0.05, 0.2)]
    [InlineData(0.5, 0.4, 0.65)]
    [InlineData(1, 0.85, 1)]
    public void The_share_of_a_pool_that_is_like_the_sample_is_estimated(double share, double atLeast, double atMost)
    {
        using var check = new NoTensorLeaks();
        var random = new Random(1);
        string[] words = ["the", "cat", "sat", "on", "a", "mat", "and", "dog", "ran", "home"];
        string Sentence() => string.Join(' ', Enumerable.Range(0, 12).Select(_ => words[random.Next(words.Length)]));
        string Numbers() => string.Concat(Enumerable.Range(0, 10).Select(_ => $"[{random.Next(10)},{random.Next(100)}]"));
        string[] wanted = [.. Enumerable.Range(0, 200).Select(_ => Sentence())];
        string[] there = [.. Enumerable.Range(0, 1000).Select(i => random.NextDouble() < share ? Sentence() : Numbers())];
        using LabeledDataset sample = LabeledDataset.OfSequences(new Texts(wanted)), pool = LabeledDataset.OfSequences(new Texts(there));

        MooreLewisReference.ShareLikeSample(sample, pool).ShouldBeInRange(atLeast, atMost);
    }

    [Fact]
    public void A_share_is_not_estimated_from_next_to_nothing()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset sample = LabeledDataset.OfSequences(new Texts(Wanted)), pool = LabeledDataset.OfSequences(new Texts(Pool));

        Should.Throw<InvalidInputException>(() => MooreLewisReference.ShareLikeSample(sample, pool)).Message.ShouldBe(
            "To estimate which share of the pool is like the sample, at least 8 sequences of the sample are needed, but it has 3. "
            + "Give more text, or shorter sequences.");
    }

    [Fact]
    public void The_second_stage_sees_only_the_most_relevant()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset sample = LabeledDataset.OfSequences(new Texts(Wanted)), pool = LabeledDataset.OfSequences(new Texts(Pool));
        using var reference = MooreLewisReference.Of(sample, pool, order: 3);
        var second = new ById();
        using var selector = new BatchSelector(
            new TwoStageScorer(second, share: 0.5), SelectionFunctions.TrainLoss, reference, batchSize: 1,
            new BatchSelectorOptions { LargeBatchSize = 4, Objective = new TokenCrossEntropy() });

        SelectedBatch selected = selector.Select(pool, new LargeBatch(1, pool.Ids.clone()));

        second.Asked.ShouldBe([0, 2]);
        selected.Batch.Indices.data<long>().ToArray().ShouldBe([2]);   // the loss is the id
    }

    [Fact]
    public void What_the_first_stage_dropped_is_counted_and_goes_on_after_a_restart_and_the_second_may_shorten_the_rest()
    {
        using var check = new NoTensorLeaks();
        using IDisposable scope = NewDisposeScope();
        using LabeledDataset sample = LabeledDataset.OfSequences(new Texts(Wanted)), pool = LabeledDataset.OfSequences(new Texts(Pool));
        using var reference = MooreLewisReference.Of(sample, pool, order: 3);
        var second = new ById { OnlyLast = true };
        var stages = new TwoStageScorer(second, share: 0.5);
        var options = new BatchSelectorOptions { LargeBatchSize = 4, Objective = new TokenCrossEntropy() };
        using var selector = new BatchSelector(stages, SelectionFunctions.TrainLoss, reference, batchSize: 1, options);
        for (int step = 1; step <= 3; step++) { selector.Select(pool, new LargeBatch(step, pool.Ids.clone())); }

        second.Asked.ShouldBe([2]);   // of 0 and 2, the last
        stages.Dropped.ShouldBe(3 * 2);
        stages.FirstStageSeconds.ShouldBeGreaterThan(0);
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        stages.Capture(state);
        using var resumed = new TwoStageScorer(new ById(), share: 0.5);
        resumed.Restore(name => state[name]);
        (resumed.Dropped, resumed.FirstStageSeconds).ShouldBe((stages.Dropped, stages.FirstStageSeconds));
    }

    [Fact]
    public void A_selector_without_it_says_what_is_missing()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset pool = LabeledDataset.OfSequences(new Texts(Pool));
        var facts = new IrreducibleLossFacts("given", "holdout", 0, 0, 0, 0, 0);
        using IrreducibleLosses losses = IrreducibleLosses.From(zeros(4), pool, facts);
        (Reference? Reference, string Message)[] missing = [(null, "has no reference"), (losses, "does not tell")];
        foreach ((Reference? reference, string message) in missing)
        {
            using var selector = new BatchSelector(
                new NoScorer(), SelectionFunctions.Relevance, reference, batchSize: 2,
                new BatchSelectorOptions { LargeBatchSize = 4, Objective = new TokenCrossEntropy() });
            Should.Throw<InvalidInputException>(() => selector.Select(pool, new LargeBatch(1, pool.Ids.clone()))).Message
                .ShouldContain(message);
        }
        using LabeledDataset numbers = new(zeros(2, 3), zeros(2, dtype: int64), 2);
        Should.Throw<InvalidInputException>(() => MooreLewisReference.Of(pool, numbers)).Message
            .ShouldStartWith("N-grams are counted in sequences of tokens");
        Should.Throw<ArgumentOutOfRangeException>(() => new TwoStageScorer(new NoScorer(), share: 0));
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.ASCII.GetBytes(text);

    private sealed class Texts(string[] texts) : ITokenSequences
    {
        public long Count => texts.Length;

        public int Length => texts.Max(text => text.Length);

        public TokenVocabulary Vocabulary { get; } = new(257, PaddingId: 256);

        public int StartToken => 256;

        public int LengthOf(long row) => texts[row].Length;

        public void Read(long row, Span<int> tokens)
        {
            for (int i = 0; i < tokens.Length; i++) { tokens[i] = texts[row][i]; }
        }

        public string NameOf(long row) => texts[row];
    }

    private sealed class NoScorer : Scorer
    {
        public override string Name => "none";

        public override Measurements Measure(Candidates candidates, Measures wanted) =>
            throw new InvalidOperationException("Relevance asks no model.");
    }

    /// <summary>Its loss of an example is the id.</summary>
    private sealed class ById : Scorer
    {
        public long[] Asked { get; private set; } = [];

        public bool OnlyLast { get; init; }

        public override Tensor? Shortlist(Candidates candidates, SelectionFunction score, int atLeast) =>
            OnlyLast ? tensor([candidates.Count - 1L]) : null;

        public override string Name => "by id";

        public override Measurements Measure(Candidates candidates, Measures wanted)
        {
            Asked = [.. candidates.Indices.data<long>()];
            return new Measurements { Loss = candidates.Indices.to(float32) };
        }
    }
}
