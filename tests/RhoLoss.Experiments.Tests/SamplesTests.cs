using System.Diagnostics;
using System.Text.Json.Nodes;

namespace RhoLoss.Experiments.Tests;

/// <summary>The parts of one's own that docs/library.md tells of train and reach something.</summary>
public sealed class SamplesTests
{
    [Theory]
    [InlineData("function")]
    [InlineData("scorer")]
    [InlineData("drawing")]
    [InlineData("sampler")]
    [InlineData("reference")]
    [InlineData("objective")]
    [InlineData("optimizer")]
    [InlineData("log")]
    public async Task A_part_of_ones_own_trains(string part)
    {
        using var folder = new TemporaryFolder();
        string sample = Path.Combine(DocumentationTests.Root(), "samples", "OwnParts", "bin", Configuration, "net10.0", "OwnParts.dll");
        var start = new ProcessStartInfo("dotnet", [sample, part, folder["run"]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> progress = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, output + await progress);
        (await progress).ShouldContain($"{part} seed 0: step 200, accuracy 0.");
        // Ten classes: chance is 10 %.
        double accuracy = double.Parse(output.Split(' ')[3], System.Globalization.CultureInfo.InvariantCulture);
        accuracy.ShouldBeGreaterThan(40, output);
        output.ShouldStartWith($"{part}: test accuracy ");
        // Four points: a line, a row and an event each; the table has a header besides.
        string[] lines = File.ReadAllLines(folder["run", "metrics.jsonl"]);
        lines.Length.ShouldBe(4);
        lines.Max(line => JsonNode.Parse(line)!["accuracy"]!.GetValue<double>())
            .ShouldBe(accuracy / 100, 0.00051, "printed in per cent with one decimal");
        File.ReadAllLines(folder["run", "metrics.csv"]).Length.ShouldBe(5);
        Directory.GetFiles(folder["run", "tensorboard", $"{part}-seed0"]).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("script", "")]
    [InlineData("weights", " fits PooledNet: 2 tensors. 'module.' before their names was taken off. The classifier stays as it is ")]
    public async Task A_model_from_PyTorch_is_adapted(string part, string report)
    {
        string built = Path.Combine(DocumentationTests.Root(), "samples", "FromPyTorch", "bin", Configuration, "net10.0");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(built, "FromPyTorch.dll"), part])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, output + await errors);
        output.ShouldContain(report);
        string[] words = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split(' ');
        words[..3].ShouldBe([$"{part}:", "test", "accuracy"]);
        // Ten classes: chance is 10 %.
        double.Parse(words[3], System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(40, output);
    }

    [Theory]
    [InlineData("script")]
    [InlineData("weights")]
    [InlineData("adapt")]
    public void The_library_page_shows_the_code_of_the_sample(string region)
    {
        string code = DocumentationTests.Between(
            DocumentationTests.Read("samples/FromPyTorch/Program.cs"), $"// docs: begin {region}\n", $"// docs: end {region}\n");
        DocumentationTests.Read("docs/library.md").ShouldContain($"```csharp\n{code}```\n", Case.Sensitive);
    }

    private static string Configuration =>
        Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar))!);
}
