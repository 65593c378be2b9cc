namespace RhoLoss.Tests;

public sealed class CountedTests
{
    [Theory]
    [InlineData(0, "0 images")]
    [InlineData(1, "1 image")]
    [InlineData(2, "2 images")]
    [InlineData(1000, "1000 images")]
    public void A_number_and_its_noun_agree(int count, string words) => Counted.Of(count, "image").ShouldBe(words);

    [Theory]
    [InlineData(1, "1 class needs")]
    [InlineData(3, "3 classes need")]
    public void Nouns_that_take_no_s_and_verbs_are_given(int count, string words) =>
        $"{Counted.Of(count, "class", "classes")} {Counted.Word(count, "needs", "need")}".ShouldBe(words);
}
