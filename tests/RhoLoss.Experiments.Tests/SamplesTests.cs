using System.Diagnostics;

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
    public void A_part_of_ones_own_trains(string part)
    {
        string sample = Path.Combine(DocumentationTests.Root(), "samples", "OwnParts", "bin", Configuration, "net10.0", "OwnParts.dll");
        var start = new ProcessStartInfo("dotnet", [sample, part]) { RedirectStandardOutput = true, UseShellExecute = false };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, output);
        // Ten classes: chance is 10 %.
        double accuracy = double.Parse(output.Split(' ')[3], System.Globalization.CultureInfo.InvariantCulture);
        accuracy.ShouldBeGreaterThan(40, output);
        output.ShouldStartWith($"{part}: test accuracy ");
    }

    private static string Configuration =>
        Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar))!);
}
