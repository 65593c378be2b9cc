using RhoLoss.Datasets.Names;

namespace RhoLoss.Datasets.Tests.Names;

/// <summary>Against Python 3.11's unicodedata.normalize("NFD", …), Unicode 14.0.</summary>
public sealed class CanonicalFormTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("\u00e9", "e\u0301")]
    [InlineData("\u1ec7", "e\u0323\u0302")]
    [InlineData("e\u0302\u0323", "e\u0323\u0302")]
    [InlineData("\u00ea\u0323x", "e\u0323\u0302x")]
    [InlineData("\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af")]
    [InlineData("\u212b", "A\u030a")]
    [InlineData("\u0390", "\u03b9\u0308\u0301")]
    [InlineData("\u0439", "\u0438\u0306")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\ufb01", "\ufb01")]   // a ligature is another text
    public void It_is_that_of_Unicode(string text, string form)
    {
        CanonicalForm.Of(text).ShouldBe(form);
        CanonicalForm.Of(form).ShouldBe(form);
    }
}
