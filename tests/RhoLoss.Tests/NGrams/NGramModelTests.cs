using RhoLoss.NGrams;

namespace RhoLoss.Tests.NGrams;

/// <summary>Probabilities of n-gram models.</summary>
public sealed class NGramModelTests
{
    private static readonly NGramOptions Small = new() { Order = 2, VocabularySize = 4 };

    [Fact]
    public void Bigrams_of_three_tokens_have_the_probabilities_that_the_formula_gives_by_hand()
    {
        NGramModel model = NGramModel.Count<int>([new[] { 0, 0, 1 }], Small);
        // c(0) = 2, c(1) = 1, N = 2: p(0) = (2 + 2 / 4) / 5, p(1) = (1 + 2 / 4) / 5, p(2) = p(3) = (2 / 4) / 5.
        foreach ((int token, double probability) in (ReadOnlySpan<(int, double)>)[(0, 0.5), (1, 0.3), (2, 0.1), (3, 0.1)])
        {
            Losses(model, token)[0].ShouldBe((float)-Math.Log(probability), 1e-6f);
        }
        // After 0 came 0 and 1, once each: p(0 | 0) = (1 + 2 · 0.5) / 4, p(1 | 0) = (1 + 2 · 0.3) / 4, p(2 | 0) = 2 · 0.1 / 4.
        foreach ((int token, double probability) in (ReadOnlySpan<(int, double)>)[(0, 0.5), (1, 0.4), (2, 0.05), (3, 0.05)])
        {
            Losses(model, 0, token)[1].ShouldBe((float)-Math.Log(probability), 1e-6f);
        }
        // Nothing came after 1, so that it says nothing: p(2 | 1) = p(2).
        Losses(model, 1, 2)[1].ShouldBe((float)-Math.Log(0.1), 1e-6f);
        (model.Tokens, model.Shortened).ShouldBe((3, 0));
        model.NGrams.ShouldBe([2, 2]);
    }

    [Fact]
    public void Contexts_do_not_reach_over_the_start_of_a_sequence()
    {
        NGramModel together = NGramModel.Count<int>([new[] { 0, 0, 1, 1 }], Small);
        NGramModel apart = NGramModel.Count<int>([new[] { 0, 0 }, new[] { 1, 1 }], Small);
        (together.NGrams[1], apart.NGrams[1]).ShouldBe((3, 2));   // 00 01 11, and 00 11
        // Apart, only 0 came after 0: p(1 | 0) = 1 · p(1) / 2, p(1) = (2 + 2 / 4) / 6.
        Losses(apart, 0, 1)[1].ShouldBe((float)-Math.Log(2.5 / 6 / 2), 1e-6f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Models_of_bytes_agree_with_one_of_dictionaries(int order)
    {
        int[][] counted = DrawnText.Draw(seed: order, count: 40, longest: 300, vocabularySize: 256);
        int[][] other = DrawnText.Draw(seed: 100 + order, count: 10, longest: 300, vocabularySize: 256);
        var options = new NGramOptions { Order = order };
        NGramModel model = NGramModel.Count(DrawnText.AsBytes(counted), options);
        var reference = DictionaryNGrams.Of(order, 256, counted);
        foreach (int[] sequence in counted.Concat(other))
        {
            float[] losses = new float[sequence.Length];
            model.Losses<byte>(sequence.Select(token => (byte)token).ToArray(), losses);
            losses.ShouldBe(reference.Losses(sequence).Select(loss => (float)loss), 1e-4);
        }
        model.NGrams.ShouldBe(Enumerable.Range(1, order).Select(reference.Distinct));
        model.Tokens.ShouldBe(counted.Sum(sequence => sequence.Length));
    }

    [Theory]   // 50,257 tokens have 16 bits: up to order 4 an n-gram fits into 64 bits, from 5 on it does not; 31 tokens have 5 bits
    [InlineData(1, 50_257)]
    [InlineData(2, 50_257)]
    [InlineData(3, 50_257)]
    [InlineData(4, 50_257)]
    [InlineData(5, 50_257)]
    [InlineData(6, 50_257)]
    [InlineData(6, 31)]
    [InlineData(6, 2_097_151)]
    [InlineData(3, 2_097_151)]
    [InlineData(6, 1023)]
    [InlineData(4, 65_535)]
    [InlineData(4, 65_536)]
    public void Models_of_tokens_agree_with_one_of_dictionaries(int order, int vocabularySize)
    {
        int[][] counted = DrawnText.Draw(seed: order, count: 30, longest: 200, vocabularySize);
        counted[0][^1] = vocabularySize - 1;   // the largest token has every bit that there is
        counted[0][^2] = vocabularySize - 1;
        int[][] other = DrawnText.Draw(seed: 100 + order, count: 10, longest: 200, vocabularySize);
        var options = new NGramOptions { Order = order, VocabularySize = vocabularySize };
        NGramModel model = NGramModel.Count(DrawnText.AsTokens(counted), options);
        var reference = DictionaryNGrams.Of(order, vocabularySize, counted);
        foreach (int[] sequence in counted.Concat(other))
        {
            Losses(model, sequence).ShouldBe(reference.Losses(sequence).Select(loss => (float)loss), 1e-4);
        }
        model.NGrams.ShouldBe(Enumerable.Range(1, order).Select(reference.Distinct));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void Probabilities_sum_to_1_after_any_context(int order)
    {
        const int tokens = 30;
        var options = new NGramOptions { Order = order, VocabularySize = tokens };
        // Tokens 20 to 29 are never counted.
        int[][] counted = DrawnText.Draw(seed: 1, count: 20, longest: 200, vocabularySize: 20);
        int[][] contexts = DrawnText.Draw(seed: 2, count: 50, longest: 8, vocabularySize: tokens);
        NGramModel model = NGramModel.Count(DrawnText.AsTokens(counted), options);
        SumsAfter(model, contexts).ShouldAllBe(sum => Math.Abs(sum - 1) < 1e-5);
    }

    [Fact]
    public void A_bound_of_memory_shortens_n_grams_that_are_rare_and_leaves_a_model_whose_probabilities_sum_to_1()
    {
        // 400 bigrams and 8,000 trigrams of 20 tokens; there is room for 4 · (20 + 128) n-grams.
        var random = new Random(1);
        int[][] text = [.. Enumerable.Range(0, 100).Select(_ => Enumerable.Range(0, 300).Select(_ => random.Next(20)).ToArray())];
        var options = new NGramOptions { Order = 3, VocabularySize = 20 };
        options = options with { MaxBytes = 4 * (20 + 128) * (long)options.BytesPerNGram };
        NGramModel model = NGramModel.Count(DrawnText.AsTokens(text), options);
        NGramModel exact = NGramModel.Count(DrawnText.AsTokens(text), options with { MaxBytes = 1L << 30 });
        exact.NGrams[2].ShouldBeGreaterThan(4 * (20 + 128));
        model.NGrams[2].ShouldBeLessThan(4 * (20 + 128));
        model.Shortened.ShouldBeInRange(1, model.Tokens);
        exact.Shortened.ShouldBe(0);
        model.Bytes.ShouldBeLessThan(options.MaxBytes / 2);
        SumsAfter(model, DrawnText.Draw(seed: 2, count: 50, longest: 5, vocabularySize: 20)).ShouldAllBe(sum => Math.Abs(sum - 1) < 1e-5);
        // Shorter n-grams have all of their counts: the first two tokens of a sequence are predicted as before.
        for (int token = 0; token < 20; token++) { Losses(model, 3, token).ShouldBe(Losses(exact, 3, token), 1e-6f); }
    }

    [Fact]
    public void Single_tokens_are_exact_where_there_is_room_for_nothing_else()
    {
        var random = new Random(1);
        byte[] text = new byte[100_000];
        random.NextBytes(text);
        var options = new NGramOptions { Order = 6 };
        options = options with { MaxBytes = 4 * (256 + 128) * (long)options.BytesPerNGram };
        NGramModel model = NGramModel.Count<byte>([text], options);
        NGramModel single = NGramModel.Count<byte>([text], new NGramOptions { Order = 1 });
        for (int token = 0; token < 256; token++) { Losses(model, token).ShouldBe(Losses(single, token), 1e-6f); }
    }

    [Fact]
    public void What_no_model_can_be_made_of_is_refused()
    {
        Refused(new NGramOptions { Order = 0 }, [0]).ShouldContain("1..6, but is 0");
        Refused(new NGramOptions { Order = 7 }, [0]).ShouldContain("1..6, but is 7");
        Refused(new NGramOptions { VocabularySize = 0 }, [0]).ShouldContain("but has 0");
        Refused(new NGramOptions { VocabularySize = 1 << 21 }, [0]).ShouldContain("1 to 2097151 tokens");
        Refused(new NGramOptions { MaxBytes = 100_000 }, [0]).ShouldContain("but MaxBytes is 100000");
        Refused(Small, [0, 4]).ShouldContain("0..3, the vocabulary of the n-grams, but one is 4");
        Refused(Small, [0, -1]).ShouldContain("but one is -1");
        Refused(Small, [0]).ShouldContain("a sequence of 2 tokens at least, as n-grams of that order need, but the longest has 1");
        Refused(Small, []).ShouldContain("but it has no tokens");

        static string Refused(NGramOptions options, int[] tokens) =>
            Should.Throw<ArgumentException>(() => NGramModel.Count<int>([tokens], options)).Message;
    }

    // 30,000 tokens have 15 bits: three are a key of 8 bytes, 4 · 8 + 20 · 3 + 12 · 5 = 152 bytes an n-gram; four likewise 196.
    [Fact]
    public void An_order_for_which_a_vocabulary_leaves_no_room_is_refused_with_the_largest_that_fits()
    {
        new NGramOptions { VocabularySize = 30_000 }.LargestOrder.ShouldBe(6);
        new NGramOptions { VocabularySize = (1 << 21) - 1 }.LargestOrder.ShouldBe(6);
        new NGramOptions { VocabularySize = 1 << 21 }.LargestOrder.ShouldBe(0);
        var options = new NGramOptions { Order = 4, VocabularySize = 30_000, MaxBytes = 4 * (30_000 + 128) * 195 };
        options.LargestOrder.ShouldBe(3);
        Should.Throw<ArgumentException>(() => NGramModel.Count<int>([new[] { 0, 1, 2, 3 }], options)).Message.ShouldStartWith(
            $"n-grams of order 4 over 30000 tokens need at least {4 * (30_000 + 128) * 196} bytes while they are counted, but MaxBytes is "
            + $"{options.MaxBytes}. The largest order that fits is 3.");
        NGramModel.Count<int>([new[] { 0, 1, 29_999 }], options with { Order = 3 }).Shortened.ShouldBe(0);
    }

    // Six times 15 bits do not fit into 64.
    [Fact]
    public void N_grams_of_a_large_vocabulary_are_counted_exactly_at_every_order()
    {
        int[][] text = DrawnText.Draw(seed: 3, count: 30, longest: 40, vocabularySize: 5);
        int[][] spread = [.. text.Select(row => row.Select(token => token * 7_499).ToArray())];   // the last is 29,996
        for (int order = 1; order <= 6; order++)
        {
            var expected = DictionaryNGrams.Of(order, 30_000, spread);
            NGramModel model = NGramModel.Count(
                DrawnText.AsTokens(spread), new NGramOptions { Order = order, VocabularySize = 30_000 });
            foreach (int[] row in spread) { Losses(model, row).ShouldBe(expected.Losses(row).Select(loss => (float)loss), 1e-4); }
        }
    }

    [Fact]
    public void A_sequence_that_it_cannot_read_is_refused()
    {
        NGramModel model = NGramModel.Count<int>([new[] { 0, 0, 1 }], Small);
        Should.Throw<ArgumentException>(() => Losses(model, 1, 4)).Message.ShouldContain("but one is 4");
        Should.Throw<ArgumentException>(() => model.Losses<int>([0, 1], new float[1])).Message.ShouldContain("2, but there is for 1");
        Losses(model).ShouldBeEmpty();
    }

    [Fact]
    public void Every_type_of_whole_numbers_gives_the_same()
    {
        NGramModel model = NGramModel.Count<short>([new short[] { 0, 0, 1 }], Small);
        float[] losses = new float[3];
        model.Losses<ulong>([0, 1, 3], losses);
        losses.ShouldBe(Losses(NGramModel.Count<int>([new[] { 0, 0, 1 }], Small), 0, 1, 3));
    }

    /// <summary>Sum of the probabilities of all tokens after each sequence.</summary>
    private static IEnumerable<double> SumsAfter(NGramModel model, IEnumerable<int[]> sequences) => sequences.Select(sequence =>
        Enumerable.Range(0, model.Options.VocabularySize).Sum(token => Math.Exp(-Losses(model, [.. sequence, token])[^1])));

    private static float[] Losses(NGramModel model, params int[] sequence)
    {
        float[] losses = new float[sequence.Length];
        model.Losses<int>(sequence, losses);
        return losses;
    }
}
