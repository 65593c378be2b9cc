using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;

namespace RhoLoss.Tests;

/// <summary>What a user of the package gets: packs the library that was built and looks inside.</summary>
public sealed class PackageTests
{
    [Fact]
    public void The_package_holds_the_library_its_documentation_and_the_loader_fix_under_the_name_that_NuGet_imports()
    {
        using var folder = new TemporaryFolder();
        Pack(folder.Path);
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(folder.Path, "RhoLoss.*.nupkg").Single());
        string id = Nuspec(package, "id");
        string[] entries = [.. package.Entries.Select(e => e.FullName)];
        // NuGet imports buildTransitive/<package id>.targets, which compiles the task beside it.
        entries.ShouldContain($"buildTransitive/{id}.targets");
        entries.ShouldContain("lib/net10.0/RhoLoss.dll");
        entries.ShouldContain("lib/net10.0/RhoLoss.xml");
        entries.ShouldContain(Nuspec(package, "readme"));
        Nuspec(package, "license").ShouldBe("Apache-2.0");
        foreach (string file in (string[])["RhoLoss.targets", "WeakVersionRequirement.cs"])
        {
            using var reader = new StreamReader(package.GetEntry($"buildTransitive/{file}")!.Open());
            reader.ReadToEnd().ShouldBe(File.ReadAllText(Path.Combine(Root(), "eng", "native-library", file)));
        }
        entries.ShouldNotContain(e => e.EndsWith(".so", StringComparison.Ordinal));   // LibTorch is the user's choice
    }

    [Fact]
    public void The_package_depends_on_TorchSharp_alone()
    {
        using var folder = new TemporaryFolder();
        Pack(folder.Path);
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(folder.Path, "RhoLoss.*.nupkg").Single());
        IEnumerable<XElement> dependencies = Nuspec(package).Descendants().Where(e => e.Name.LocalName == "dependency");
        // The other three are TorchSharp's own (nuspec of 0.107.0), named because Directory.Packages.props pins their versions.
        string[] expected = ["TorchSharp", "Google.Protobuf", "SharpZipLib", "SkiaSharp"];
        dependencies.Select(e => e.Attribute("id")!.Value).ShouldBe(expected, ignoreOrder: true);
    }

    [Theory]
    [InlineData("RhoLoss.Models")]
    [InlineData("RhoLoss.Logging")]
    public void A_package_beside_it_holds_its_assembly_with_documentation_and_brings_the_library_itself(string name)
    {
        using var folder = new TemporaryFolder();
        Pack(folder.Path, name);
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(folder.Path, "*.nupkg").Single());
        Nuspec(package, "id").ShouldBe(name);
        Nuspec(package, "license").ShouldBe("Apache-2.0");
        string[] entries = [.. package.Entries.Select(e => e.FullName)];
        entries.ShouldContain($"lib/net10.0/{name}.dll");
        entries.ShouldContain($"lib/net10.0/{name}.xml");
        entries.ShouldContain(Nuspec(package, "readme"));
        entries.ShouldNotContain(e => e.EndsWith("RhoLoss.dll", StringComparison.Ordinal));
        Nuspec(package).Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value)
            .ShouldContain("RhoLoss");
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/library.md")]
    public void A_project_outside_that_references_the_project_file_gets_the_loader_fix_by_the_line_that_is_documented(string document)
    {
        using var folder = new TemporaryFolder();
        string line = File.ReadAllText(Path.Combine(Root(), document)).Split('`')
            .Where(part => part.StartsWith("<Import ", StringComparison.Ordinal)).ShouldHaveSingleItem();
        Evaluated("").ShouldBeEmpty();
        Evaluated(line.Replace("RHOLOSS", Root(), StringComparison.Ordinal)).ShouldBe("true");

        string Evaluated(string import)
        {
            string project = folder.File("Outside.csproj");
            File.WriteAllText(project, $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
                  <ItemGroup><ProjectReference Include="{Path.Combine(Root(), "src", "RhoLoss", "RhoLoss.csproj")}" /></ItemGroup>
                  {import}
                </Project>
                """);
            return Dotnet("msbuild", project, "-getProperty:RhoLossRelaxNativeLibrary", "-nologo", "-nodeReuse:false").Trim();
        }
    }

    private static string Nuspec(ZipArchive package, string element) =>
        Nuspec(package).Descendants().First(e => e.Name.LocalName == element).Value;

    private static XDocument Nuspec(ZipArchive package)
    {
        using Stream stream = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream);
    }

    private static void Pack(string folder, string project = "RhoLoss")
    {
        string configuration = typeof(PackageTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        string library = Path.Combine(Root(), "src", project);
        Dotnet("pack", library, "--no-build", "-c", configuration, "-o", folder, "-nodeReuse:false", "-nologo");
    }

    private static string Dotnet(params string[] arguments)
    {
        (int code, string output) = Run(arguments);
        code.ShouldBe(0, output);
        return output;
    }

    /// <summary>The exit code of dotnet with these arguments, and what it printed.</summary>
    internal static (int Code, string Output) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The test host sets variables that point MSBuild at its own SDK; the child finds its own.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + error.GetAwaiter().GetResult());
    }

    internal static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "RhoLoss.slnx"))) { folder = Path.GetDirectoryName(folder); }
        return folder ?? throw new InvalidOperationException($"There is no RhoLoss.slnx above {AppContext.BaseDirectory}.");
    }
}
