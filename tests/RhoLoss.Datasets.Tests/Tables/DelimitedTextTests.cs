using System.IO.Compression;
using System.Text;
using RhoLoss.Datasets.Tables;
using RhoLoss.Datasets.Tests.Support;

namespace RhoLoss.Datasets.Tests.Tables;

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
        Rows(name, $"{row}\n{row}\n\n \n").ShouldBe(expected);
        Rows(name, $"{row}\r\n{row}\r\n  \r\n\r\n ").ShouldBe(expected);
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
        Errors.Of(() => DelimitedText.Read(_folder["a.tsv"]))
            .ShouldBe($"{_folder["a.tsv"]}: the file must have at least one line of data, but is empty. Give the complete file.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bytes_that_are_not_UTF8_are_refused_with_their_line(bool mark)
    {
        byte[] preamble = mark ? [0xEF, 0xBB, 0xBF] : [];
        string path = _folder.File("a.tsv", [.. preamble, .. "one\ncaf"u8, 0xE9, .. " x\n"u8]);   // é in Latin-1
        Errors.Of(() => DelimitedText.Read(path))
            .ShouldBe($"{path}, line 2: the text must be UTF-8, but has the byte E9. Save the file as UTF-8.");
    }

    [Theory]   // ASCII letters and é in both orders
    [InlineData("utf-16", true,
        "its byte-order mark says UTF-16LE. Save it as UTF-8: choose that where it is saved, or run `iconv -f UTF-16LE -t UTF-8`.")]
    [InlineData("utf-16BE", true, "its byte-order mark says UTF-16BE.")]
    [InlineData("utf-32", true, "its byte-order mark says UTF-32LE.")]
    [InlineData("utf-32BE", true, "its byte-order mark says UTF-32BE.")]
    [InlineData("utf-16", false, "every other byte is zero in places, so it seems to be UTF-16LE.")]
    [InlineData("utf-16BE", false, "every other byte is zero in places, so it seems to be UTF-16BE.")]
    public void Other_encodings_of_Unicode_are_called_by_their_name(string encoding, bool mark, string rule)
    {
        var other = Encoding.GetEncoding(encoding);
        string path = _folder.File("a.tsv", [.. mark ? other.Preamble.ToArray() : [], .. other.GetBytes("text\tlabel\r\ncafé\tgood\r\n")]);
        Errors.Of(() => DelimitedText.Read(path)).ShouldStartWith($"{path}: the text must be UTF-8, but {rule}");
    }

    [Fact]
    public void Chinese_in_UTF16_without_a_mark_is_recognised_by_its_line_ends()
    {
        string path = _folder.File("a.csv", Encoding.Unicode.GetBytes("文本,标签\n" + string.Concat(Enumerable.Repeat("很好看的电影,好\n", 20))));
        Errors.Of(() => DelimitedText.Read(path)).ShouldContain("seems to be UTF-16LE");
    }

    [Fact]
    public void A_zero_byte_is_refused_with_its_line()
    {
        string path = _folder.File("a.tsv", [.. "one\ttwo\nth"u8, 0, .. "ree\tfour\n"u8]);
        Errors.Of(() => DelimitedText.Read(path)).ShouldBe($"{path}, line 2: text has no zero bytes, but this line has one. "
            + "The file is damaged, or no text in UTF-8: give the original, saved as UTF-8.");
    }

    [Theory]
    [InlineData(
        "a.csv",
        "text;label\r\nso \"good\";pos\r\n",
        "columns must be separated by commas in a file of this name, but the line has no comma and 1 semicolon, "
        + "so the separator seems to be a semicolon.")]
    [InlineData(
        "a.csv",
        "id\ttext\tlabel\n1\ta\tb\n",
        "columns must be separated by commas in a file of this name, but the line has no comma and 2 tabs, "
        + "so the separator seems to be a tab.")]
    // Excel's first line.
    [InlineData("a.csv", "sep=;\ntext;label\n",
        "columns must be separated by commas in a file of this name, but the line has no comma and 1 semicolon,")]
    [InlineData(
        "a.tsv",
        "text,label\na,b\n",
        "columns must be separated by tabs in a file of this name, but the line has no tab and 1 comma, "
        + "so the separator seems to be a comma.")]
    [InlineData("a.txt", "text|label\na|b\n",
        "columns must be separated by tabs in a file of this name, but the line has no tab and 1 bar,")]
    public void Another_separator_is_called_by_its_name(string name, string content, string rule)
    {
        Write(name, content);
        Errors.Of(() => DelimitedText.Read(_folder[name])).ShouldStartWith($"{_folder[name]}, line 1: {rule}");
    }

    [Theory]
    [InlineData("a.csv", "a,b\rc,d\r")]
    [InlineData("a.tsv", "a\tb\rc\td")]
    public void Lines_that_end_in_CR_alone_are_refused(string name, string content)
    {
        Write(name, content);
        Errors.Of(() => DelimitedText.Read(_folder[name])).ShouldBe(
            $"{_folder[name]}: lines must end in LF or CRLF, but in this file they end in CR alone, as on old Macs. "
            + "Save it with line ends of Unix or Windows.");
    }

    [Theory]
    [InlineData("a.csv", "text,label\rso so,1\nbad,0\n")]
    [InlineData("a.csv", "\"text\",\"label\"\rso so,1\nbad,0\n")]
    [InlineData("a.tsv", "text\tlabel\rso so\t1\r\nbad\t0\r\n")]
    [InlineData("a.csv", "text;label\rso so;1\nbad;0\n")]
    public void A_header_that_ends_in_CR_where_other_lines_end_in_LF_is_called_so(string name, string content)
    {
        Write(name, content);
        Errors.Of(() => DelimitedText.Read(_folder[name])).ShouldBe($"{_folder[name]}, line 1: the header must be a line of its own, "
            + "but other lines follow on it. A line end in it is CR alone: "
            + "save the file with line ends of Unix (LF) or Windows (CRLF).");
    }

    [Fact]
    public void A_CR_behind_a_closing_quote_is_called_so()
    {
        Write("a.csv", "text,label\nx,\"1\"\ry,\"0\"\n");
        Errors.Of(() => DelimitedText.Read(_folder["a.csv"])).ShouldEndWith("but there is '[U+000D]'. "
            + "A line end in it is CR alone: save the file with line ends of Unix (LF) or Windows (CRLF).");
    }

    [Fact]
    public void A_pipe_in_place_of_a_file_is_not_waited_for()
    {
        SpecialFiles.MakePipe(_folder["a.csv"]);
        Errors.Of(() => DelimitedText.Read(_folder["a.csv"])).ShouldBe(
            $"{_folder["a.csv"]}: it is a named pipe, but a file is needed. Give a file.");
    }

    [Fact]
    public void Line_ends_that_were_translated_twice_are_line_ends()
    {
        Rows("a.csv", "a,b\r\r\n\"c\",\"d\"\r\r\n").ShouldBe(["1: a|b", "2: c|d"]);   // Python's csv into a file opened without newline=''
        Rows("a.tsv", "a\tb\r\r\nc\td\r\r\n").ShouldBe(["1: a|b", "2: c|d"]);
    }

    [Theory]
    [InlineData("a,b\nx, \"so, so\"\n",
        "a quote must follow the comma at once, but in ' \"so' a blank stands between them. Remove the blanks after commas.")]
    [InlineData("a,b\n\"x\" ,y\n",
        "after a closing quote there must be a comma or the end of the line, but there is ' '. Remove the blank.")]
    public void Blanks_between_commas_and_quotes_are_named(string content, string rule)
    {
        Write("a.csv", content);
        Errors.Of(() => DelimitedText.Read(_folder["a.csv"])).ShouldBe($"{_folder["a.csv"]}, line 2: {rule}");
    }

    [Fact]
    public void A_packed_file_that_is_no_text_by_its_growth_is_refused_before_it_fills_the_memory()
    {
        string path = _folder["bomb.csv.gz"];
        using (FileStream file = File.Create(path))
        using (var gzip = new GZipStream(file, CompressionMode.Compress))
        {
            byte[] blanks = new byte[1 << 20];
            blanks.AsSpan().Fill((byte)' ');
            for (int i = 0; i < 64; i++) { gzip.Write(blanks); }   // 64 MiB in some 64 kB
        }
        Errors.Of(() => DelimitedText.Read(path))
            .ShouldBe($"{path}: the file grows more than 200 times when it is unpacked, which text does not. Give the file itself.");
    }

    [Fact]
    public void A_message_stays_short_and_on_one_line_whatever_the_file_holds()
    {
        Write("a.csv", $"a,\"b\nc\",{new string('x', 100_000)}\n1,2\n");
        string message = Should.Throw<InvalidInputException>(() => HeaderColumns.Check(DelimitedText.Read(_folder["a.csv"]), "f")).Message;
        message.ShouldStartWith("f, line 3: a line must have the 3 columns of the header (a, b[U+000A]c, xxx");
        message.Length.ShouldBeLessThan(300);
    }

    [Fact]
    public void A_missing_file_and_an_unknown_ending_are_refused()
    {
        Errors.Of(() => DelimitedText.Read(_folder["absent.csv"])).ShouldBe($"{_folder["absent.csv"]}: no such file. Correct the path.");
        Errors.Of(() => DelimitedText.Read(_folder["a.doc"])).ShouldBe($"{_folder["a.doc"]}: the name must end in .csv (commas, "
            + "quotes as in RFC 4180) or .tsv (tabs, no quotes). Rename the file after what it is.");
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
