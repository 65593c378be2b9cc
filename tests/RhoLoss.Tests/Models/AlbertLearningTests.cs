using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Models;

/// <summary>
/// The small ALBERT, from scratch, learns which of two tokens comes first. Every text is there twice, with the two
/// tokens exchanged and the other label: whoever does not see the order of words is right on exactly half of them.
/// </summary>
public sealed class AlbertLearningTests
{
    private const int Cls = 2, Sep = 3, One = 4, Other = 5, Words = 16, Longest = 8;

    [Fact]
    public void The_small_network_learns_the_order_of_two_tokens_and_padding_does_not_change_what_it_learnt()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset train = Pairs(4000, seed: 1), test = Pairs(250, seed: 2);
        using var model = new Albert(AlbertOptions.Small with { VocabularySize = Words, MaxPositions = 16 }, classes: 2, seed: 1);
        var options = new TrainerOptions
        {
            BatchSize = 32,
            LargeBatchSize = 32,
            Seed = 1,
            Optimizer = new AdamWOptions { LearningRate = 5e-4 },
        };
        using (var trainer = new Trainer(model, train, SelectionFunctions.Uniform, null, options))
        {
            for (int step = 0; step < 200; step++) { trainer.Step(); }
        }

        // Chance is 0.5, and 500 texts have a standard error of 0.022.
        Evaluator.Evaluate(model, test).Accuracy.ShouldBeGreaterThan(0.85);

        model.eval();
        using IDisposable noGradient = no_grad();
        Tensor texts = test.Gather(test.Ids.slice(0, 0, 40, 1)).Inputs;
        double[] together = Examples.Values(model.forward(texts));
        double[] padded = Examples.Values(model.forward(cat([texts, zeros(40, 30, dtype: texts.dtype)], 1)));
        padded.ShouldBe(together);   // to the bit: columns of nothing but padding are cut
        for (int row = 0; row < 40; row++)
        {
            Tensor text = texts.slice(0, row, row + 1, 1);
            long length = text.ne(0).sum().item<long>();
            Examples.Values(model.forward(text.slice(1, 0, length, 1)))
                .ShouldBe(together[(2 * row)..(2 * row + 2)], tolerance: 1e-4, $"row {row} of {length} tokens without padding");
        }
    }

    /// <summary>[CLS], 3 to 8 words, [SEP], padding; labels 1 where <c>One</c> comes before <c>Other</c>.</summary>
    private static LabeledDataset Pairs(int count, int seed)
    {
        var drawn = new Random(seed);
        const int columns = Longest + 2;
        int[] ids = new int[2 * count * columns];
        long[] labels = new long[2 * count];
        for (int i = 0; i < count; i++)
        {
            int length = drawn.Next(3, Longest + 1), one = drawn.Next(length), other = (one + drawn.Next(1, length)) % length;
            int[] words = [.. Enumerable.Range(0, length).Select(_ => drawn.Next(Other + 1, Words))];
            foreach (int exchanged in (int[])[0, 1])
            {
                (words[one], words[other]) = exchanged == 0 ? (One, Other) : (Other, One);
                int row = 2 * i + exchanged;
                int[] text = [Cls, .. words, Sep];
                text.CopyTo(ids, row * columns);
                labels[row] = (one < other) == (exchanged == 0) ? 1 : 0;
            }
        }
        return new LabeledDataset(tensor(ids, [2 * count, columns]), tensor(labels), 2, tokens: new TokenVocabulary(Words));
    }
}
