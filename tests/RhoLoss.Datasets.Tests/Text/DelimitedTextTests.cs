using System.IO.Compression;
using System.Text;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets.Tests.Text;

public sealed class DelimitedTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Quotes_mean_nothing_between_tabs() =>
        Rows("a.tsv", "x\t\"quoted\"\n\"open\ty \"\"z\"\"\n").ShouldBe(["1: x|\"quoted\"", "2: \"open|y \"\"z\"\""]);

    [Fact]
    public void Quotes_between_commas_hold_commas_line_breaks_and_doubled_quotes() =>
        Rows("a.csv", "id,text\r\n1,\"so, \"\"he\"\" said\"\n2,\"two\nlines\"\n3,\n4,plain\n\"\",\"\"\r\n")
            .ShouldBe(["1: id|text", "2: 1|so, \"he\" said", "3: 2|two\nlines", "5: 3|", "6: 4|plain", "7: |"]);

    [Theory]
    [InlineData("a.csv", "a,b")]
    [InlineData("a.tsv", "a\tb")]
    public void Byte_order_mark_CRLF_gzip_a_missing_last_line_end_and_empty_lines_at_the_end_change_nothing(string name, string row)
    {
        string[] expected = ["1: a|b", "2: a|b"];
        Rows(name, $"{row}\n{row}\n").ShouldBe(expected);
        Rows(name, $"{row}\n{row}").ShouldBe(expected);
        Rows(name, $"{row}\r\n{row}\r\n\r\n\n").ShouldBe(expected);
        Rows(name, $"\uFEFF{row}\n{row}\n").ShouldBe(expected);
        using (FileStream file = File.Create(_folder[name + ".gz"]))
        using (var gzip = new GZipStream(file, CompressionMode.Compress)) { gzip.Write(Encoding.UTF8.GetBytes($"{row}\n{row}\n")); }
        Shown(DelimitedText.Read(_folder[name + ".gz"])).ShouldBe(expected);
    }

    [Theory]
    [InlineData("a.csv", "a,b\n\na,b\n", 2, "empty lines may stand at the end of the file only")]
    [InlineData("a.tsv", "a\tb\n\r\na\tb\n", 2, "empty lines may stand at the end of the file only")]
    [InlineData("a.csv", "a,b\nx,say \"so\"\n", 2, "a field that holds a quote must be in quotes")]
    [InlineData("a.csv", "a,b\n1,2\nx,\"never\nclosed\n", 3, "a quote that opens a field must be closed")]
    [InlineData("a.csv", "a,b\nx,\"closed\" early\n", 2, "after a closing quote there must be a comma")]
    public void A_line_that_breaks_a_rule_is_named(string name, string content, int line, string rule)
    {
        Write(name, content);
        Errors.Of(() => DelimitedText.Read(_folder[name])).ShouldStartWith($"{_folder[name]}, line {line}: {rule}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\r\n")]
    [InlineData("\uFEFF")]
    public void A_file_without_data_is_refused(string content)
    {
        Write("a.tsv", content);
        Errors.Of(() => DelimitedText.Read(_folder["a.tsv"])).ShouldBe($"{_folder["a.tsv"]}: the file must have at least one line of data, but is empty. Give the complete file.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bytes_that_are_not_UTF8_are_refused_with_their_line(bool mark)
    {
        byte[] preamble = mark ? [0xEF, 0xBB, 0xBF] : [];
        string path = _folder.File("a.tsv", [.. preamble, .. "one\ncaf"u8, 0xE9, .. " x\n"u8]);   // é in Latin-1
        Errors.Of(() => DelimitedText.Read(path)).ShouldBe($"{path}, line 2: the text must be UTF-8, but has the byte E9. Save the file as UTF-8.");
    }

    [Fact]
    public void A_missing_file_and_an_unknown_ending_are_refused()
    {
        Errors.Of(() => DelimitedText.Read(_folder["absent.csv"])).ShouldBe($"{_folder["absent.csv"]}: no such file. Correct the path.");
        Errors.Of(() => DelimitedText.Read(_folder["a.json"])).ShouldBe($"{_folder["a.json"]}: the name must end in .csv (commas, quotes as in RFC 4180) or .tsv (tabs, no quotes). Rename the file after what it is.");
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);

    private string[] Rows(string name, string content)
    {
        Write(name, content);
        return Shown(DelimitedText.Read(_folder[name]));
    }

    private static string[] Shown(List<TextRow> rows) => [.. rows.Select(row => $"{row.Line}: {string.Join('|', row.Fields)}")];
}
