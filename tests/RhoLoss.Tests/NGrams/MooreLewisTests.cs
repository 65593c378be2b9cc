using RhoLoss.NGrams;

namespace RhoLoss.Tests.NGrams;

/// <summary>Relevance by two n-gram models.</summary>
public sealed class MooreLewisTests
{
    [Fact]
    public void The_score_of_two_tokens_is_what_the_formula_gives_by_hand()
    {
        var options = new NGramOptions { Order = 2, VocabularySize = 4 };
        MooreLewis relevance = MooreLewis.Of<int>([new[] { 0, 0, 1 }], [new[] { 1, 1, 0 }], options);
        // Of the sample p(0) = 0.5 and p(1 | 0) = (1 + 2 · 0.3) / 4 = 0.4; of the pool p(0) = 0.3, and 0 was no context: p(1 | 0) = p(1) =
        // 0.5.
        relevance.Score<int>([0, 1]).ShouldBe((Math.Log(0.5 / 0.3) + Math.Log(0.4 / 0.5)) / 2, 1e-6);
        // What neither has: p(2 | 0) = 2 · 0.1 / 4 = 0.05 of the sample, p(2) = 0.1 of the pool.
        float[] differences = new float[2];
        relevance.Differences<int>([0, 2], differences);
        differences[1].ShouldBe((float)Math.Log(0.05 / 0.1), 1e-6f);
        (relevance.SampleTokens, relevance.PoolTokens, relevance.Shortened).ShouldBe((3, 3, 0));
        relevance.NGrams.ShouldBe([2, 4]);   // 00 01 of the sample, 11 10 of the pool
    }

    [Theory]
    [InlineData(1, 256)]
    [InlineData(2, 256)]
    [InlineData(3, 256)]
    [InlineData(4, 256)]
    [InlineData(5, 256)]
    [InlineData(6, 256)]
    [InlineData(3, 30_000)]
    [InlineData(6, 30_000)]
    public void Scores_are_the_difference_of_two_models(int order, int vocabularySize)
    {
        int[][] sample = DrawnText.Draw(seed: 1, count: 5, longest: 200, vocabularySize);
        int[][] pool = DrawnText.Draw(seed: 2, count: 40, longest: 300, vocabularySize);
        int[][] other = DrawnText.Draw(seed: 3, count: 10, longest: 300, vocabularySize);
        var options = new NGramOptions { Order = order, VocabularySize = vocabularySize };
        NGramModel ofSample = NGramModel.Count(DrawnText.AsTokens(sample), options);
        NGramModel ofPool = NGramModel.Count(DrawnText.AsTokens(pool), options);
        var referenceOfSample = DictionaryNGrams.Of(order, vocabularySize, sample);
        var referenceOfPool = DictionaryNGrams.Of(order, vocabularySize, pool);
        MooreLewis relevance = MooreLewis.Of(DrawnText.AsTokens(sample), DrawnText.AsTokens(pool), options);
        foreach (int[] sequence in sample.Concat(pool).Concat(other))
        {
            float[] losses = new float[sequence.Length], lossesOfPool = new float[sequence.Length];
            float[] differences = new float[sequence.Length];
            ofSample.Losses<int>(sequence, losses);
            ofPool.Losses<int>(sequence, lossesOfPool);
            relevance.Differences<int>(sequence, differences);
            differences.ShouldBe(lossesOfPool.Zip(losses, (ofThePool, ofTheSample) => ofThePool - ofTheSample), 1e-4);
            double expected = referenceOfPool.Losses(sequence).Average() - referenceOfSample.Losses(sequence).Average();
            relevance.Score<int>(sequence).ShouldBe(expected, 1e-4);
        }
    }

    [Fact]
    public void A_sample_that_is_the_pool_tells_nothing()
    {
        ReadOnlyMemory<byte>[] text = DrawnText.AsBytes(DrawnText.Draw(seed: 1, count: 10, longest: 200, vocabularySize: 256));
        MooreLewis relevance = MooreLewis.Of(text, text);
        ReadOnlyMemory<byte>[] other = DrawnText.AsBytes(DrawnText.Draw(seed: 2, count: 10, longest: 200, vocabularySize: 256));
        other.Select(sequence => relevance.Score(sequence.Span)).ShouldAllBe(score => score == 0);
    }

    [Fact]
    public void What_the_sample_has_scores_above_what_the_pool_has()
    {
        ReadOnlyMemory<byte>[] wanted =
        [
            .. Enumerable.Range(0, 50).Select(i => Text($"the manual explains option {i * 37 % 50} of the server. ")),
        ];
        ReadOnlyMemory<byte>[] junk =
        [
            .. Enumerable.Range(0, 500).Select(i => Text($"<td class=\"c{i % 7}\">{i * 7919 % 1000}</td></tr>")),
        ];
        MooreLewis relevance = MooreLewis.Of(wanted[..10], [.. wanted[10..], .. junk], new NGramOptions { Order = 4 });
        wanted[10..].Min(text => relevance.Score(text.Span)).ShouldBeGreaterThan(junk.Max(text => relevance.Score(text.Span)));

        static ReadOnlyMemory<byte> Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);
    }

    [Fact]
    public void Sample_and_pool_share_the_bound_of_memory()
    {
        byte[] sample = new byte[20_000], pool = new byte[200_000];
        new Random(1).NextBytes(sample);
        new Random(2).NextBytes(pool);
        var options = new NGramOptions { Order = 4 };
        options = options with { MaxBytes = 10_000L * options.BytesPerNGram };
        MooreLewis relevance = MooreLewis.Of<byte>([sample], [pool], options);
        relevance.NGrams[3].ShouldBeLessThanOrEqualTo(10_000);
        relevance.Bytes.ShouldBeLessThan(options.MaxBytes / 2);
        relevance.Shortened.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_sample_a_pool_or_a_sequence_without_tokens_is_refused()
    {
        var options = new NGramOptions { Order = 3 };
        byte[] text = [1, 2, 3];
        Should.Throw<ArgumentException>(() => MooreLewis.Of<byte>([], [text], options)).Message
            .ShouldContain("The sample must have a sequence of 3 tokens at least");
        Should.Throw<ArgumentException>(() => MooreLewis.Of<byte>([text], [text.AsMemory(0, 2), text.AsMemory(0, 2)], options)).Message
            .ShouldContain("The pool must have a sequence of 3 tokens at least, as n-grams of that order need, but the longest has 2");
        MooreLewis relevance = MooreLewis.Of<byte>([text], [text], options);
        Should.Throw<ArgumentException>(() => relevance.Score<byte>([])).Message.ShouldContain("without tokens");
        Should.Throw<ArgumentException>(() => relevance.Score<int>([256])).Message.ShouldContain("but one is 256");
        Should.Throw<ArgumentException>(() => relevance.Differences(text, new float[2])).Message.ShouldContain("3, but there is for 2");
    }
}
