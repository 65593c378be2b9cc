using System.Globalization;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Irreducible losses as a text that any program can write: a first line <c>id,loss</c>, then for each example its id and its loss, a
/// number with a decimal point.
/// </summary>
internal static class IrreducibleLossText
{
    private const string Header = "id,loss";

    /// <summary>Whether a file begins with the header, a byte-order mark left aside.</summary>
    public static bool IsOne(string path)
    {
        if (!File.Exists(path)) { return false; }
        using var reader = new StreamReader(FileToRead.Open(path));
        var start = new char[Header.Length];
        return reader.ReadBlock(start) == Header.Length && start.AsSpan().SequenceEqual(Header);
    }

    /// <summary>Refuses a file that is called as a text is and does not begin with the header.</summary>
    /// <exception cref="InvalidInputException">So it is; the message has its first line.</exception>
    public static void RequireHeaderOf(string path)
    {
        if (Path.GetExtension(path).ToUpperInvariant() is ".CSV" or ".TSV" or ".TXT" && !IsOne(path))
        {
            RequireHeader(path, File.ReadLines(path).FirstOrDefault() ?? "");
        }
    }

    /// <summary>Ids (int64) and losses (float32), both of shape [N], in the order of the file.</summary>
    /// <exception cref="InvalidInputException">
    /// A line is not an id and a number, or an id occurs twice; the message names the line.
    /// </exception>
    public static (Tensor Ids, Tensor Losses) Read(string path)
    {
        var seen = new Dictionary<long, int>();
        List<long> ids = [];
        List<float> losses = [];
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (number == 1) { RequireHeader(path, line); continue; }
            if (line.Length == 0) { continue; }
            string[] cells = line.Split(',');
            if (cells.Length != 2
                || !long.TryParse(cells[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long id)
                || !float.TryParse(cells[1], NumberStyles.Float, CultureInfo.InvariantCulture, out float loss)
                || !float.IsFinite(loss))
            {
                throw new InvalidInputException(
                    $"{path}, line {number}: each line must be an id and a finite loss, such as 17,0.25, but this one is '{Short(line)}'.");
            }
            if (!seen.TryAdd(id, number))
            {
                throw new InvalidInputException(
                    $"{path}, line {number}: id {id} is in line {seen[id]} already. Each example has one loss.");
            }
            ids.Add(id);
            losses.Add(loss);
        }
        if (ids.Count == 0) { throw new InvalidInputException($"{path} holds no losses: there is no line after '{Header}'."); }
        return (tensor(ids.ToArray()), tensor(losses.ToArray()));
    }

    private static void RequireHeader(string path, string line)
    {
        if (line.Trim() == Header) { return; }
        throw new InvalidInputException($"{path}: the first line must be '{Header}', but is '{Short(line)}'.");
    }

    private static string Short(string line) => line.Length <= 40 ? line : line[..40] + "…";
}
