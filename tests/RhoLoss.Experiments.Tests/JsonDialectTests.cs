using System.Globalization;
using System.Text.Json;

namespace RhoLoss.Experiments.Tests;

/// <summary>One dialect of JSON in files, logs and on standard output.</summary>
public sealed class JsonDialectTests
{
    private sealed record Sample(string FirstName, double? Number, float Single, IReadOnlyList<double> All);

    [Fact]
    public void Names_are_in_camel_case_numbers_the_same_everywhere_and_what_is_not_finite_is_null()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            commas.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = commas;
            var sample = new Sample("ρ+é", double.NaN, 0.1f, [0.1, 1e-7, double.PositiveInfinity, 2]);

            JsonSerializer.Serialize(sample, JsonDialect.Line)
                .ShouldBe("{\"firstName\":\"ρ+é\",\"number\":null,\"single\":0.1,\"all\":[0.1,1E-07,null,2]}");
            JsonSerializer.Serialize(sample, JsonDialect.Document)
                .ShouldStartWith("{\n  \"firstName\": \"ρ+é\",\n  \"number\": null,\n");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("{\"number\":1,\"single\":1,\"all\":[]}")]                          // a field is not there
    [InlineData("{\"firstName\":null,\"number\":1,\"single\":1,\"all\":[]}")]       // null where there must be a text
    [InlineData("{\"firstName\":\"a\",\"number\":1e999,\"single\":1,\"all\":[]}")]  // no number
    [InlineData("{\"FirstName\":\"a\",\"number\":1,\"single\":1,\"all\":[]}")]      // another name
    public void What_was_never_written_is_refused(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Sample>(json, JsonDialect.Document));

    [Fact]
    public void The_capital_letters_of_earlier_versions_are_read_where_they_were_written() =>
        JsonSerializer.Deserialize<Sample>("{\"FirstName\":\"a\",\"Number\":1,\"Single\":2,\"All\":[3]}", JsonDialect.AnyCase)!
            .FirstName.ShouldBe("a");

    // JSON of other programs is read as they wrote it: headers of safetensors files and the graph of a quantised network.
    [Fact]
    public void Nobody_has_options_of_its_own()
    {
        string source = Path.Combine(DocumentationTests.Root(), "src");
        string[] own =
        [
            .. Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
                .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                .Where(path => File.ReadAllText(path) is var text && (text.Contains("new JsonSerializerOptions", StringComparison.Ordinal)
                    || text.Contains("JsonSerializerDefaults", StringComparison.Ordinal)
                    || text.Contains("JsonSourceGenerationOptions", StringComparison.Ordinal)
                    || (text.Contains("JsonSerializerOptions ", StringComparison.Ordinal)
                        && text.Contains("PropertyNamingPolicy", StringComparison.Ordinal))))
                .Select(path => Path.GetFileName(path)),
        ];
        own.ShouldBe(["JsonDialect.cs"]);
    }
}
