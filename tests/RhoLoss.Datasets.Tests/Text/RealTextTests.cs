using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Datasets.Text;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Text;

/// <summary>The official files, where they are: RHOLOSS_TEST_DATA names a folder with cola_public.zip, SST-2/ and vocab/.</summary>
public sealed class RealTextTests
{
    [Fact]
    public void Official_cola_passes_its_check_as_it_comes_out_of_its_zip()
    {
        string archive = Place("cola_public.zip");
        using var folder = new TemporaryFolder();
        using var leaks = new NoTensorLeaks();
        DatasetCheck check = new DatasetCache(folder["cache"]).Import("cola", archive);
        check.Problems.ShouldBeEmpty();
        check.Files.ShouldAllBe(file => file.Official == true);
        check.TrainingByClass.ShouldBe([1249, 3027]);   // lines 1, 3, 5, … of in_domain_train.tsv, counted in Python
        check.HoldoutByClass.ShouldBe([1279, 2996]);
        check.TestByClass.Sum().ShouldBe(527 + 516);
    }

    [Fact]
    public void Official_sst2_passes_its_check()
    {
        string folder = Place("SST-2");
        using var leaks = new NoTensorLeaks();
        DatasetCheck check = KnownDatasets.Source("sst-2").Check(new DatasetOptions(folder));
        check.Problems.ShouldBeEmpty();
        check.Files.ShouldAllBe(file => file.Official == true);
        (check.TrainingByClass.Sum() + check.HoldoutByClass.Sum(), check.TestByClass.Sum()).ShouldBe((67_349, 872));
    }

    // From Python's sentencepiece 0.1.97 with a model made of the same pieces and scores, after
    // ALBERT's preprocessing written with unicodedata. The same comparison over the 75,900 training
    // texts of CoLA and SST-2 differs in three, in all of which two segmentations score equally.
    [Theory]
    [InlineData("The quick brown fox jumps over the lazy dog.", "14 2231 886 2385 17659 84 14 16792 1952 9")]
    [InlineData("In 2011, she paid £5.50 (café, naïve) -- ``so what''?",
        "19 542 15 39 2192 13 11 264 9 2290 13 5 793 3739 15 16288 6 13 8 8 13 7 656 98 7 60")]
    [InlineData("Zyzzyvas 你好 ﬁne ½ ①", "13 3327 5092 93 8471 13 1 1123 137 1 135 137")]
    [InlineData("  The   book was\twritten by\u00a0John. ", "14 360 23 642 34 239 9")]
    [InlineData("antidisestablishmentarianism", "1082 2906 29133 7142 756")]
    [InlineData("x12,345,", "993 918 15 21997 15")]
    public void Alberts_pieces_are_those_of_SentencePiece(string text, string ids)
    {
        TextTokenizer tokenizer = Vocabularies.Read(Place("vocab", "albert-30k-clean.vocab"));
        string.Join(' ', tokenizer.Encode(text)).ShouldBe(ids);
        tokenizer.Vocabulary.ShouldBe(new Data.TokenVocabulary(30_000, 0));
        (tokenizer.StartId, tokenizer.EndId).ShouldBe((2, 3));
    }

    // The pieces can be looked up: line id + 1 of the vocabulary. 101 and 102 are BERT's published [CLS] and [SEP].
    [Fact]
    public void Berts_word_pieces_are_the_longest_of_its_vocabulary()
    {
        TextTokenizer tokenizer = Vocabularies.Read(Place("vocab", "bert-base-uncased-vocab.txt"));
        tokenizer.Encode("The quick brown fox jumps over the lazy dog.")
            .ShouldBe([1996, 4248, 2829, 4419, 14523, 2058, 1996, 13971, 3899, 1012]);
        string.Join(' ', tokenizer.Encode("Antidisestablishmentarianism, naïve!").Select(id => tokenizer.Tokens[id]))
            .ShouldBe("anti ##dis ##est ##ab ##lish ##ment ##arian ##ism , naive !");
        (tokenizer.Tokens.Count, tokenizer.PaddingId, tokenizer.StartId, tokenizer.EndId).ShouldBe((30_522, 0, 101, 102));
    }

    private static string Place(params string[] parts)
    {
        string? root = Environment.GetEnvironmentVariable("RHOLOSS_TEST_DATA");
        Assert.SkipWhen(string.IsNullOrEmpty(root),
            $"Reads official files; set RHOLOSS_TEST_DATA to a folder that holds {Path.Combine(parts)}.");
        string path = Path.Combine([root!, .. parts]);
        Assert.SkipUnless(Path.Exists(path), $"{root} has no {Path.Combine(parts)}; set RHOLOSS_TEST_DATA to a folder that has.");
        return path;
    }
}
