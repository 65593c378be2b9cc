using System.Globalization;
using System.Text;
using Tomlyn;
using Tomlyn.Model;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace RhoLoss.Experiments.Recipes;

/// <summary>Values as TOML text, and TOML text as values with the lines they stand on.</summary>
internal static class TomlText
{
    /// <summary>Writes a value so that reading it gives the same value.</summary>
    public static string Format(object value) => value switch
    {
        string text => Quote(text),
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => Real(number),
        ValueList<string> texts => $"[{string.Join(", ", texts.Select(Quote))}]",
        ValueList<long> numbers => $"[{string.Join(", ", numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)))}]",
        TomlArray array => $"[{string.Join(", ", array.Select(item => Format(item!)))}]",
        TomlTable or TomlTableArray => "a table",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>Parses a document; the lines are those of <c>section.key</c>, counted from 1.</summary>
    /// <exception cref="InvalidInputException">The text is not TOML, or a key stands twice; the message has the line.</exception>
    public static (TomlTable Values, IReadOnlyDictionary<string, int> Lines) Parse(string text, string where)
    {
        // Two readings on purpose: the serializer alone lets a key or section that stands twice pass and keeps the last.
        DocumentSyntax document = Guard(() => SyntaxParser.Parse(text, where, validate: true), where);
        DiagnosticMessage? error = document.Diagnostics.FirstOrDefault();
        if (error is not null)
        {
            throw new InvalidInputException(
                $"{where}, line {error.Span.Start.Line + 1}: this is not valid TOML. {error.Message.TrimEnd('.')}. Correct that line.");
        }

        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (KeyValueSyntax pair in document.KeyValues) { lines[KeyText(pair.Key)] = pair.Span.Start.Line + 1; }
        foreach (TableSyntaxBase table in document.Tables)
        {
            lines[KeyText(table.Name)] = table.Span.Start.Line + 1;
            foreach (KeyValueSyntax pair in table.Items) { lines[$"{KeyText(table.Name)}.{KeyText(pair.Key)}"] = pair.Span.Start.Line + 1; }
        }
        return (Guard(() => TomlSerializer.Deserialize<TomlTable>(text), where) ?? [], lines);
    }

    /// <summary>The parser has no error of its own for half of a surrogate pair.</summary>
    private static T Guard<T>(Func<T> parse, string where)
    {
        try
        {
            return parse();
        }
        catch (TomlException e)
        {
            throw new InvalidInputException($"{where}, line {e.Line}: this is not valid TOML. {e.Message.Trim()} Correct that line.", e);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new InvalidInputException(
                $"{where}: this is not valid TOML. An escape such as \\uD800 is no character: "
                + "those from D800 to DFFF are halves. Correct it.", e);
        }
    }

    /// <summary>Reads the right side of a <c>--set</c>: a TOML value, or null when it is not one.</summary>
    public static object? ParseValue(string text)
    {
        // More than one key means that the text held a line break and a second setting: not one value.
        try
        {
            DocumentSyntax document = SyntaxParser.Parse($"x = {text}\n", "", validate: true);
            if (document.HasErrors || document.KeyValues.Count() != 1 || document.Tables.Any()) { return null; }
            return TomlSerializer.Deserialize<TomlTable>($"x = {text}\n") is { Count: 1 } table && table.TryGetValue("x", out var value)
                ? value
                : null;
        }
        catch (Exception e) when (e is TomlException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static string KeyText(object? key) => key?.ToString()?.Trim() ?? "";

    private static string Real(double number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
        return text.AsSpan().IndexOfAny(".enN") >= 0 ? text : text + ".0";
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                _ => quoted.Append(c),
            };
        }
        return VisibleText.EscapedInStrings(quoted.Append('"').ToString());
    }
}
