using System.IO.Compression;
using System.Text;
using RhoLoss.Datasets.Files;

namespace RhoLoss.Datasets.Tests.Files;

public sealed class WholeGzipTests : IDisposable
{
    private static readonly string Content = string.Concat(Enumerable.Range(0, 3000).Select(i => $"line {i * 7919 % 3001}\n"));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_ends_anywhere_but_at_its_end_is_cut_short()
    {
        byte[] whole = Packed(Content);
        for (int length = 20; length < whole.Length; length += 97) { ShouldBeCut(whole[..length]); }
        for (int missing = 1; missing <= 8; missing++) { ShouldBeCut(whole[..^missing]); }   // of the checksum and length at its end
        Read(whole).ShouldBe(Content);
    }

    [Fact]
    public void Members_one_after_the_other_are_one_content_and_what_stands_behind_is_none()
    {
        byte[] first = Packed("one\n"), second = Packed("two\n");
        Read([.. first, .. second]).ShouldBe("one\ntwo\n");
        Read([.. first, 0, 0, 0, 0]).ShouldBe("one\n");          // padding, as tape archives have
        ShouldBeCut([.. first, .. second[..^3]]);
    }

    [Fact]
    public void An_empty_content_is_whole() => Read(Packed("")).ShouldBe("");

    private void ShouldBeCut(byte[] bytes) =>
        Should.Throw<InvalidInputException>(() => Read(bytes)).Message.ShouldContain("the file is gzip and cut short");

    private string Read(byte[] bytes)
    {
        string path = _folder.File("x.gz", bytes);
        try
        {
            using var reader = new StreamReader(GzipContent.Open(path), Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (InvalidDataException e)
        {
            throw GzipContent.Damaged(path, e);
        }
    }

    private static byte[] Packed(string text)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Optimal, leaveOpen: true)) { gzip.Write(Encoding.UTF8.GetBytes(text)); }
        return memory.ToArray();
    }
}
