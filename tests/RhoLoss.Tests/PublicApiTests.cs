using System.Reflection;
using System.Runtime.CompilerServices;
using PublicApiGenerator;

namespace RhoLoss.Tests;

/// <summary>What users can call is in files that are reviewed, one an assembly: a change of it shows in a change of the file.</summary>
public sealed class PublicApiTests
{
    private const string Accept = "RHOLOSS_ACCEPT_PUBLIC_API";

    [Theory]
    [InlineData("RhoLoss", "PublicApi.txt")]
    [InlineData("RhoLoss.Models", "ModelsApi.txt")]
    [InlineData("RhoLoss.Logging", "LoggingApi.txt")]
    public void The_public_API_is_the_reviewed_one(string assembly, string file)
    {
        string path = Path.Combine(Path.GetDirectoryName(Here())!, file);
        string api = Assembly.Load(assembly)
            .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").Trim() + "\n";
        if (Environment.GetEnvironmentVariable(Accept) == "1") { File.WriteAllText(path, api); }

        api.ShouldBe(File.ReadAllText(path).ReplaceLineEndings("\n"),
            $"the public API of {assembly} is not that of {path}. "
            + $"If the change is meant, run this test with {Accept}=1 and commit the file.");
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
