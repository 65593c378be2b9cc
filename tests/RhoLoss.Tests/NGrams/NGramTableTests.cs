using RhoLoss.NGrams;

namespace RhoLoss.Tests.NGrams;

/// <summary>The flat table of numbers by hash.</summary>
public sealed class NGramTableTests
{
    [Fact]
    public void What_was_added_is_found_and_what_was_not_is_not()
    {
        const int entries = 200_000;
        var table = new NGramTable(entries);
        for (ulong i = 0; i < entries; i++) { table.Add(NGramKeys<ulong>.Hash(i), i).ShouldBeTrue(); }
        for (ulong i = 0; i < entries; i++)
        {
            table.TryGet(NGramKeys<ulong>.Hash(i), out float value).ShouldBeTrue();
            value.ShouldBe((float)i);
        }
        for (ulong i = entries; i < 2 * entries; i++) { table.TryGet(NGramKeys<ulong>.Hash(i), out _).ShouldBeFalse(); }
        table.Bytes.ShouldBeLessThanOrEqualTo(entries * NGramTable.BytesPerEntry);
    }

    [Fact]
    public void Two_hashes_that_could_not_be_told_apart_are_not_both_added()
    {
        var table = new NGramTable(4);
        table.Add(0x1_0000_0007, 1).ShouldBeTrue();
        table.Add(0x2_0000_0007, 2).ShouldBeFalse();   // there is one line, and the fingerprint is 7 of both
        table.TryGet(0x1_0000_0007, out float value).ShouldBeTrue();
        value.ShouldBe(1);
    }

    [Fact]
    public void A_line_that_is_full_goes_on_in_the_next_and_the_last_in_the_first()
    {
        var table = new NGramTable(11);   // two lines of eight
        for (uint i = 1; i <= 11; i++) { table.Add(ulong.MaxValue << 32 | i, i).ShouldBeTrue(); }   // all begin in the last line
        for (uint i = 1; i <= 11; i++)
        {
            table.TryGet(ulong.MaxValue << 32 | i, out float value).ShouldBeTrue();
            value.ShouldBe(i);
        }
        table.TryGet(ulong.MaxValue << 32 | 12, out _).ShouldBeFalse();
    }
}
