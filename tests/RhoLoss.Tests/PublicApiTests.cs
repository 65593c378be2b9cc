using System.Runtime.CompilerServices;
using PublicApiGenerator;
using RhoLoss.Data;

namespace RhoLoss.Tests;

/// <summary>What users can call is a file that is reviewed: a change of it shows in a change of PublicApi.txt.</summary>
public sealed class PublicApiTests
{
    private const string Accept = "RHOLOSS_ACCEPT_PUBLIC_API";

    [Fact]
    public void The_public_API_is_the_reviewed_one()
    {
        string path = Path.Combine(Path.GetDirectoryName(Here())!, "PublicApi.txt");
        string api = typeof(LabeledDataset).Assembly
            .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").Trim() + "\n";
        if (Environment.GetEnvironmentVariable(Accept) == "1") { File.WriteAllText(path, api); }

        api.ShouldBe(File.ReadAllText(path).ReplaceLineEndings("\n"),
            $"the public API of RhoLoss is not that of {path}. If the change is meant, run this test with {Accept}=1 and commit the file.");
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
