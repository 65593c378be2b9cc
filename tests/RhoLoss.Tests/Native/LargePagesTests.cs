using System.Globalization;
using RhoLoss.Native;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Native;

public sealed class LargePagesTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(3_000_001)]   // 24 MB that begin and end within pages
    public void Numbers_stay_as_they_are(int count)
    {
        using var check = new NoTensorLeaks();
        Tensor numbers = arange(count, dtype: int64), part = numbers.slice(0, 3, count, 1);
        LargePages.Held(numbers).ShouldBeSameAs(numbers);
        LargePages.Held(part).ShouldBeSameAs(part);
        numbers.eq(arange(count, dtype: int64)).all().item<bool>().ShouldBeTrue();
        part[1].item<long>().ShouldBe(4);
    }

    [Fact]
    public void What_is_small_or_not_in_one_piece_is_left_alone()
    {
        using var check = new NoTensorLeaks();
        LargePages.Hold(ones(1_000)).ShouldBeFalse();
        LargePages.Hold(ones(4_000_000).slice(0, 0, 4_000_000, 2)).ShouldBeFalse();
        LargePages.Hold(empty(0)).ShouldBeFalse();
    }

    [Fact]
    public void What_the_system_says_it_holds_in_large_pages_lies_in_them()
    {
        using var check = new NoTensorLeaks();
        Tensor numbers = ones(64 << 20, dtype: uint8);
        if (!LargePages.Hold(numbers)) { Assert.Skip("This system has no large pages, or none to give."); }
        LargeKilobytesAt(TensorMemory.AddressOf(numbers) + (32 << 20)).ShouldBeGreaterThanOrEqualTo(2 << 10);
    }

    /// <summary>Of the mapping that an address lies in, as Linux tells them: a line of addresses, then what it knows of them.</summary>
    private static long LargeKilobytesAt(nint address)
    {
        bool here = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split([' ', '-'], StringSplitOptions.RemoveEmptyEntries);
            if (!words[0].EndsWith(':'))
            {
                here = Hexadecimal(words[0]) <= address && address < Hexadecimal(words[1]);
            }
            else if (here && words[0] == "AnonHugePages:")
            {
                return long.Parse(words[1], CultureInfo.InvariantCulture);
            }
        }
        return 0;
    }

    private static nint Hexadecimal(string address) =>
        nint.TryParse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out nint value) ? value : nint.MaxValue;
}
