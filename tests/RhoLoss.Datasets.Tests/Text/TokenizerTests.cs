using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets.Tests.Text;

/// <summary>
/// The tokenizers on small vocabularies, where the best segmentation can be worked out by hand;
/// the real ones are in <see cref="RealTextTests"/>.
/// </summary>
public sealed class TokenizerTests : IDisposable
{
    // Ids are positions: " is 5, ▁ 6, a 7, ▁a 8, b 9, ab 10, ▁ab 11, a comma 12, 1 13, "▁1," 14, ▁1 15.
    private static readonly (string, float)[] Pieces =
        [
            ("<pad>", 0), ("<unk>", 0), ("[CLS]", 0), ("[SEP]", 0), ("[MASK]", 0), ("\"", 0), ("▁", -2), ("a", -3), ("▁a", -4),
            ("b", -3), ("ab", -5.5f), ("▁ab", -9), (",", -2), ("1", -4), ("▁1,", -5), ("▁1", -5.8f),
        ];

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("ab", "▁a b")]              // −4 − 3 = −7, against ▁ ab −7.5 and ▁ab −9
    [InlineData("abab", "▁a b ab")]         // −4 − 3 − 5.5 = −12.5, against ▁a b a b −13, ▁ ab ab −13 and ▁ab ab −14.5
    [InlineData("B A", "▁ b ▁a")]           // lower case
    [InlineData("  a \t\n b  ", "▁a ▁ b")]  // white space
    [InlineData("Á ``b''", "▁a ▁ \" b \"")] // accents and TeX quotes
    [InlineData("a\u00A0a", "▁a ▁a")]       // a no-break space is a space
    [InlineData("xyza", "▁ <unk> a")]       // unknown characters in a row are one
    [InlineData("x a😀b", "▁ <unk> ▁a <unk> b")]
    [InlineData("1, a", "▁1 , ▁a")]         // a number's piece is cut before its comma
    [InlineData("[CLS]", "▁ <unk>")]        // control tokens cannot be written; [, c, l, s and ] are unknown
    [InlineData(" ", "")]
    public void A_text_becomes_its_most_probable_pieces(string text, string pieces)
    {
        var tokenizer = new AlbertTokenizer("test", Pieces);
        string.Join(' ', tokenizer.Encode(text).Select(id => tokenizer.Tokens[id])).ShouldBe(pieces);
    }

    [Theory]
    [InlineData("Unaffable", "un ##aff ##able")]            // the example of BERT's own documentation
    [InlineData("unaffably", "[UNK]")]                      // one piece unknown: the word is
    [InlineData("Ábc,abc!", "abc , abc !")]
    [InlineData("un\u00ADaff able\u0000", "un ##aff able")] // soft hyphens and control characters vanish
    [InlineData("中abc", "中 abc")]
    [InlineData("ﬁ", "[UNK]")]                              // NFD leaves the ligature whole
    public void A_word_becomes_the_longest_pieces_from_left_to_right(string text, string pieces)
    {
        var tokenizer = new BertTokenizer("test",
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "able", "abc", ",", "!", "中", "fi"]);
        string.Join(' ', tokenizer.Encode(text).Select(id => tokenizer.Tokens[id])).ShouldBe(pieces);
    }

    [Fact]
    public void A_sequence_begins_with_CLS_ends_with_SEP_and_is_cut_or_filled_to_its_length()
    {
        var tokenizer = new AlbertTokenizer("test", Pieces);
        int[] filled = new int[8], cut = new int[4];
        tokenizer.EncodeTo("a b", filled);
        tokenizer.EncodeTo("a b", cut);
        filled.ShouldBe([2, 8, 6, 9, 3, 0, 0, 0]);
        cut.ShouldBe([2, 8, 6, 3]);
        tokenizer.Vocabulary.ShouldBe(new Data.TokenVocabulary(16, 0));
    }

    [Fact]
    public void Words_of_the_training_texts_are_kept_if_they_come_twice_most_frequent_first()
    {
        WordTokenizer tokenizer = WordTokenizer.Of(["The dog, the cat.", "a dog sees THE é", "e a"]);
        tokenizer.Tokens.ShouldBe(["<pad>", "<unk>", "[CLS]", "[SEP]", "the", "a", "dog", "e"]);
        tokenizer.Encode("the cat, a Dog").ShouldBe([4, 1, 1, 5, 6]);
    }

    [Fact]
    public void A_piece_longer_than_any_real_one_is_refused_and_a_word_of_a_million_letters_is_unknown()
    {
        Errors.Of(() => new AlbertTokenizer("test", [.. Pieces, (new string('x', 257), -1)]))
            .ShouldContain("a piece may have 256 characters, but this one has 257.");
        var bert = new BertTokenizer("test", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "x", "##x"]);
        bert.Encode(new string('x', 1_000_000)).ShouldBe([1]);   // hours, if every beginning of it is looked up
    }

    [Fact]
    public void A_vocabulary_is_recognised_by_its_content()
    {
        Write("pieces", string.Join('\n', Pieces.Select(p => FormattableString.Invariant($"{p.Item1}\t{p.Item2}"))) + "\n");
        Write("words", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n");
        Vocabularies.Read(_folder["pieces"]).ShouldBeOfType<AlbertTokenizer>().Encode("ab").ShouldBe([8, 9]);
        Vocabularies.Read(_folder["words"]).ShouldBeOfType<BertTokenizer>().Encode("un").ShouldBe([4]);
    }

    [Theory]
    [InlineData("<pad>\t0\n<unk>\t0\n[CLS]\t0\n",
        "a vocabulary of ALBERT's kind must have the piece [SEP], but has not. Give ALBERT's 30k-clean.vocab.")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n", "a vocabulary of BERT's kind must have the token [SEP], but has not. Give BERT's vocab.txt.")]
    [InlineData("<pad>\t0\n<unk>\tnought\n",
        "line 2: a line must be a piece, a tab and its score, but is '<unk>\tnought'. Give ALBERT's 30k-clean.vocab as it is.")]
    [InlineData("[PAD]\n[UNK]\n[UNK]\n", "line 3: each token may be there once, but '[UNK]' comes again. Give the official vocabulary.")]
    [InlineData("<pad>\t0\n<unk>\t0\n[CLS]\t0\n[SEP]\t0\na\t0\na\t0\n",
        "line 6: each piece may be there once, but 'a' comes again. Give the official vocabulary.")]
    public void A_damaged_vocabulary_is_refused(string content, string rule)
    {
        Write("vocab", content);
        Errors.Of(() => Vocabularies.Read(_folder["vocab"])).ShouldEndWith(rule);
    }

    [Fact]
    public void Without_a_name_the_vocabulary_of_the_cache_is_read_and_a_missing_one_is_an_error_with_the_fix()
    {
        var cache = new DatasetCache(_folder.Path);
        string folder = _folder["vocabulary"];
        Errors.Of(() => Vocabularies.Cached(cache)).ShouldStartWith(
            $"Text needs a vocabulary, but data.vocabulary is empty and {folder} holds none of 30k-clean.vocab, albert-30k-clean.vocab, "
            + "vocab.txt, bert-base-uncased-vocab.txt. Set data.vocabulary to the path of ALBERT's 30k-clean.vocab or BERT's vocab.txt, "
            + "or to words for the words of the training file or pool, or copy such a file there.");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), "");
        Vocabularies.Cached(cache).ShouldBe(Path.Combine(folder, "vocab.txt"));
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);
}
