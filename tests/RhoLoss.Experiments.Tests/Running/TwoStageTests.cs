using RhoLoss.Data;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Objectives;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class TwoStageTests
{
    // Of the sample 0 0 1 over 4 tokens, of which 3 stands for the start: p(0) = 0.5, p(0 | 0) = 0.5, p(1 | 0) = 0.4, p(2) = 0.1
    // (NGramModelTests has the arithmetic). The target knows nothing: ln 4 a token, of one token as of two. In the pool 0 1, 0 and
    // 2 2, p(0) = p(2) = (2 + 3/4) / 8, so that 2 2 is the least relevant and never scored.
    [Fact]
    public void The_score_is_nats_a_token_of_the_target_less_nats_a_token_of_the_sample_whatever_the_length()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset sample = LabeledDataset.OfSequences(new Sequences([0, 0, 1]));
        using LabeledDataset pool = LabeledDataset.OfSequences(new Sequences([0, 1], [0], [2, 2]));
        using var model = new KnowsNothing();
        var stages = new TwoStageScorer(new TargetScorer(model), share: 0.6);   // ⌈0.6 · 3⌉ = 2 of three
        using var reference = new TwoStageReference(
            MooreLewisReference.Of(sample, pool, order: 2), NGramReference.Of(sample, order: 2));
        reference.RequireSameData(pool);
        SelectionMethod method = MethodTable.Find("two-stage")!;
        using var selector = new BatchSelector(
            stages, method.Score(RecipeLoader.Parse("", "test", "test", []).Recipe.Scoring), reference, batchSize: 1,
            new BatchSelectorOptions { LargeBatchSize = 3, Objective = new TokenCrossEntropy() });

        SelectedBatch selected = selector.Select(pool, new LargeBatch(1, pool.Ids.clone()));

        ScoredCandidates scored = selected.Candidates;
        scored.Indices.data<long>().ToArray().ShouldBe([0, 1]);
        scored.Loss!.data<float>().ToArray().ShouldBe([MathF.Log(4), MathF.Log(4)], tolerance: 1e-6);
        scored.IrreducibleLoss!.data<float>().ToArray().ShouldBe(
            [(float)(-(Math.Log(0.5) + Math.Log(0.4)) / 2), (float)-Math.Log(0.5)], tolerance: 1e-6);
        scored.Scores!.data<float>().ToArray().ShouldBe(
            [(float)(Math.Log(4) + Math.Log(0.2) / 2), (float)Math.Log(2)], tolerance: 1e-6);
        selected.Indices.data<long>().ToArray().ShouldBe([1]);   // 0.693 against 0.582
        (scored.Forwarded, stages.Dropped).ShouldBe((2, 1));
    }

    /// <summary>Sequences of at most three of four tokens, of which 3 starts.</summary>
    private sealed class Sequences(params int[][] rows) : ITokenSequences
    {
        public long Count => rows.Length;

        public int Length => rows.Max(row => row.Length);

        public TokenVocabulary Vocabulary { get; } = new(4, PaddingId: 3);

        public int StartToken => 3;

        public int LengthOf(long row) => rows[row].Length;

        public void Read(long row, Span<int> tokens) => rows[row].CopyTo(tokens);

        public string NameOf(long row) => $"row {row}";
    }

    /// <summary>A language model over four tokens whose logits are all 0.</summary>
    private sealed class KnowsNothing() : nn.Module<Tensor, Tensor>(nameof(KnowsNothing))
    {
        public override Tensor forward(Tensor input) => zeros(input.shape[0], input.shape[1], 4);
    }
}
