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
            .ShouldStartWith("Relevance by n-grams needs");
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

        public override string Name => "by id";

        public override Measurements Measure(Candidates candidates, Measures wanted)
        {
            Asked = [.. candidates.Indices.data<long>()];
            return new Measurements { Loss = candidates.Indices.to(float32) };
        }
    }
}
