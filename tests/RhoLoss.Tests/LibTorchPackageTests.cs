using System.Text.Json;

namespace RhoLoss.Tests;

/// <summary>
/// Which LibTorch an executable of this repository gets, by the property LibTorch. Evaluated without a restore: the packages for CUDA are
/// not everywhere.
/// </summary>
public sealed class LibTorchPackageTests
{
    [Theory]
    [InlineData("linux-x64", "", "libtorch-cpu-linux-x64")]
    [InlineData("win-x64", "", "libtorch-cpu-win-x64")]
    [InlineData("osx-arm64", "", "libtorch-cpu-osx-arm64")]
    [InlineData("linux-x64", "cuda", "libtorch-cuda-12.8-linux-x64")]
    [InlineData("win-x64", "cuda", "libtorch-cuda-12.8-win-x64")]
    public void An_executable_gets_the_LibTorch_that_the_property_names(string system, string property, string package)
    {
        foreach (string project in (string[])["src/RhoLoss.Cli", "samples/QuickStart", "tests/RhoLoss.Tests"])
        {
            (string Id, string Version)[] references = [.. Items(project, "PackageReference", system, property)];
            references.Select(r => r.Id).Where(id => id.StartsWith("libtorch", StringComparison.Ordinal)).ShouldBe([package], project);
        }
        // The LibTorch that TorchSharp 0.107.0 asks for (description in its nuspec).
        Items("samples/QuickStart", "PackageVersion", system, property).ShouldContain((package, "2.10.0"));
    }

    [Fact]
    public void The_library_gets_none() =>
        Items("src/RhoLoss", "PackageReference", "linux-x64", "cuda")
            .ShouldNotContain(r => r.Id.StartsWith("libtorch", StringComparison.Ordinal));

    [Theory]
    [InlineData("linux-x64", "gpu", "The property LibTorch must be cpu or cuda, but is 'gpu'.")]
    [InlineData("osx-arm64", "cuda", "LibTorch for CUDA is packaged for linux-x64 and win-x64, not for 'osx-arm64'.")]
    public void What_no_package_is_there_for_is_refused_before_anything_is_restored(string system, string property, string message)
    {
        (int code, string output) = PackageTests.Run(
            ["msbuild", Project("samples/QuickStart"), "-t:CollectPackageReferences", .. Properties(system, property)]);
        code.ShouldNotBe(0);
        output.ShouldContain(message);
    }

    private static IEnumerable<(string Id, string Version)> Items(string project, string item, string system, string property)
    {
        (int code, string output) = PackageTests.Run(["msbuild", Project(project), $"-getItem:{item}", .. Properties(system, property)]);
        code.ShouldBe(0, output);
        using var document = JsonDocument.Parse(output);
        foreach (JsonElement element in document.RootElement.GetProperty("Items").GetProperty(item).EnumerateArray())
        {
            string? version = element.TryGetProperty("Version", out JsonElement given) ? given.GetString() : null;
            yield return (element.GetProperty("Identity").GetString()!, version ?? "");
        }
    }

    private static string[] Properties(string system, string property) =>
    [
        $"-p:RuntimeIdentifier={system}",
        .. property.Length == 0 ? [] : new[] { $"-p:LibTorch={property}" },
        "-nologo", "-nodeReuse:false",
    ];

    private static string Project(string folder) => Directory.GetFiles(Path.Combine(PackageTests.Root(), folder), "*.csproj").Single();
}
