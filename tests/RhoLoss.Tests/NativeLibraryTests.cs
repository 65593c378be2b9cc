using System.Diagnostics;
using System.Security.Cryptography;
using System.Xml.Linq;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests;

/// <summary>The loader fix of eng/native-library: what it changes, what it leaves alone and what it refuses.</summary>
public sealed class NativeLibraryTests
{
    private const string FileName = "libLibTorchSharp.so";

    [Fact]
    public void LibTorch_loads_and_computes()
    {
        using var check = new NoTensorLeaks();
        ones(3).sum().item<float>().ShouldBe(3f);   // 1 + 1 + 1
    }

    [Fact]
    public void The_copy_beside_the_program_differs_from_the_package_in_the_one_weak_flag()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the fix is for Linux");
        byte[] package = File.ReadAllBytes(PackageFile()), copy = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, FileName));
        Sha256(package).ShouldBe(ExpectedSha256());
        copy.Length.ShouldBe(package.Length);
        int[] different = [.. Enumerable.Range(0, copy.Length).Where(i => copy[i] != package[i])];
        different.Length.ShouldBe(1);
        (copy[different[0]] ^ package[different[0]]).ShouldBe(0x2);       // VER_FLG_WEAK, glibc's elf.h
        (package[different[0]] & 0x2).ShouldBe(0);                        // set, not cleared
    }

    [Fact]
    public void A_second_run_keeps_the_copy_and_the_package_file_is_never_written()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the fix is for Linux");
        using var folder = new TemporaryFolder();
        (int first, string output) = RunTarget(folder.Path, PackageFile(), ExpectedSha256());
        first.ShouldBe(0, output);
        string copy = Path.Combine(folder.Path, "obj", FileName);
        byte[] once = File.ReadAllBytes(copy);
        DateTime written = File.GetLastWriteTimeUtc(copy);
        once.ShouldBe(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, FileName)));   // this program's own

        RunTarget(folder.Path, PackageFile(), ExpectedSha256()).ExitCode.ShouldBe(0);
        File.GetLastWriteTimeUtc(copy).ShouldBe(written);
        Sha256(File.ReadAllBytes(PackageFile())).ShouldBe(ExpectedSha256());
        Directory.GetFiles(Path.Combine(folder.Path, "obj")).ShouldBe([copy]);   // no temporary left
    }

    [Fact]
    public void An_obj_folder_that_is_an_absolute_path_gets_the_copy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the fix is for Linux");
        using var folder = new TemporaryFolder();
        // As UseArtifactsOutput and file-based programs have it.
        string project = Directory.CreateDirectory(folder.File("project")).FullName, obj = folder.File("artifacts") + "/obj/";
        RunTarget(project, PackageFile(), ExpectedSha256(), obj: obj).ExitCode.ShouldBe(0);
        File.Exists(Path.Combine(obj, FileName)).ShouldBeTrue();
        Directory.GetFileSystemEntries(project).ShouldBe([Path.Combine(project, "Target.proj")]);   // nothing beside the user's files
    }

    [Fact]
    public void A_library_of_another_hash_stops_the_build_with_file_hash_and_fix()
    {
        using var folder = new TemporaryFolder();
        string changed = Path.Combine(Directory.CreateDirectory(folder.File("package")).FullName, FileName);
        File.WriteAllBytes(changed, [1, 2, 3]);
        // sha256sum of the bytes 01 02 03: `printf '\1\2\3' | sha256sum`
        const string actual = "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81";
        (int exitCode, string output) = RunTarget(folder.Path, changed, ExpectedSha256());
        exitCode.ShouldNotBe(0);
        output.ShouldContain("error RHONATIVE001");
        output.ShouldContain(changed);
        output.ShouldContain(actual);
        output.ShouldContain(ExpectedSha256());
        output.ShouldContain("RhoLossRelaxNativeLibrary=false");
        File.Exists(Path.Combine(folder.Path, "obj", FileName)).ShouldBeFalse();

        (exitCode, output) = RunTarget(folder.Path, changed, actual);   // the hash is as expected, but it is no library
        exitCode.ShouldNotBe(0);
        output.ShouldContain("error RHONATIVE002");

        // The fix that the message names.
        RunTarget(folder.Path, changed, ExpectedSha256(), "-p:RhoLossRelaxNativeLibrary=false").ExitCode.ShouldBe(0);
    }

    /// <summary>
    /// Runs the target alone, without restore or compilation, on a project whose only native asset is <paramref name="library"/>.
    /// </summary>
    private static (int ExitCode, string Output) RunTarget(
        string folder, string library, string expectedSha256, string? extra = null, string obj = "obj/")
    {
        string project = Path.Combine(folder, "Target.proj");
        new XDocument(new XElement("Project",
            new XElement("PropertyGroup", new XElement("OutputType", "Exe"), new XElement("IntermediateOutputPath", obj)),
            new XElement("ItemGroup", new XElement("NativeCopyLocalItems", new XAttribute("Include", library))),
            new XElement("Import", new XAttribute("Project", Path.Combine(EngineeringFolder(), "RhoLoss.targets"))),
            new XElement("PropertyGroup", new XElement("_RhoLossNativeSha256", expectedSha256)),
            new XElement("Target", new XAttribute("Name", "ResolvePackageAssets")))).Save(project);
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (string? argument in (string?[])[
            "msbuild", project, "-t:RhoLossRelaxNativeLibrary", "-nologo", "-v:m", "-nodeReuse:false", extra,
        ])
        {
            if (argument is not null) { start.ArgumentList.Add(argument); }
        }
        // The test host sets variables that point MSBuild at its own SDK; the child finds its own.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }

    private static string ExpectedSha256() =>
        XDocument.Load(Path.Combine(EngineeringFolder(), "RhoLoss.targets")).Descendants("_RhoLossNativeSha256").Single().Value;

    private static string PackageFile()
    {
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string version = XDocument.Load(Path.Combine(Root(), "Directory.Packages.props")).Descendants("PackageVersion")
            .Single(p => p.Attribute("Include")!.Value == "TorchSharp").Attribute("Version")!.Value;
        return Path.Combine(packages, "torchsharp", version, "runtimes", "linux-x64", "native", FileName);
    }

    private static string EngineeringFolder() => Path.Combine(Root(), "eng", "native-library");

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "RhoLoss.slnx"))) { folder = Path.GetDirectoryName(folder); }
        return folder ?? throw new InvalidOperationException($"There is no RhoLoss.slnx above {AppContext.BaseDirectory}.");
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
