using System.Text.Json.Nodes;
using RhoLoss.Tests.Support;

namespace RhoLoss.Cli.Tests;

[Collection(TakesTheProcess.Name)]
public sealed class BenchTests
{
    // The names of the command-line specification come first; the others are additions.
    private static readonly string[] Names =
        [
            "model", "threads", "largeBatch", "batch", "forwardShare", "matmulPeakGflops", "uniformStepSeconds", "scorers",
            "optimizerStep", "recommended", "stepPrecision", "forwardShares", "replicaSpeedup", "replicaSpeedupOverTarget",
            "proxyBfloat16Speedup", "replicaSpearman", "authorsOrder", "multiplyAddsPerExample", "rounds", "processorShare",
            "processor", "convolutions",
        ];

    private static readonly string[] ScorerNames =
        [
            "name", "precision", "scoreSeconds", "rho", "stepCost", "peakFraction", "stepPrecision", "scored", "stepCostMin",
            "stepCostMax", "stepCostByModel", "stepCostWithPlan",
        ];

    [Fact]
    public void The_json_of_bench_has_the_names_of_the_specification()
    {
        JsonNode json = Rho.Run("bench", "--model", "mlp", "--rounds", "1", "--threads", "1", "--batch", "8", "--large-batch", "40",
            "--precision", "bfloat16", "--json", "--quiet")
            .Json();

        Keys(json).ShouldBe(Names);
        json["model"]!.GetValue<string>().ShouldBe("mlp");
        json["largeBatch"]!.GetValue<int>().ShouldBe(40);
        Keys(json["matmulPeakGflops"]).ShouldBe(["float32", "bfloat16"]);
        Keys(json["uniformStepSeconds"]).ShouldBe(["float32", "bfloat16"]);
        Keys(json["optimizerStep"]).ShouldBe(["flatSeconds", "torchSharpSeconds"]);
        Keys(json["authorsOrder"]).ShouldBe(["stepSeconds", "overTarget", "overReplica"]);
        JsonArray scorers = json["scorers"]!.AsArray();
        scorers.Select(s => s!["name"]!.GetValue<string>()).ShouldBe(["target", "replica", "proxy", "last-seen", "cascade", "plan"]);
        foreach (JsonNode? scorer in scorers) { Keys(scorer).ShouldBe(ScorerNames); }
    }

    [Fact]
    public void The_text_of_bench_has_a_row_for_each_scorer_and_ends_with_the_recommendation()
    {
        Answer answer = Rho.Run("bench", "--model", "mlp", "--rounds", "1", "--threads", "1", "--batch", "8",
            "--large-batch", "40", "--precision", "float32");

        answer.Code.ShouldBe(0, answer.Error);
        answer.Output.ShouldMatch(@"float32\s+last-seen\s+float32\s+2 ");   // a quarter of 8
        answer.Output.TrimEnd().Split('\n')[^1].ShouldStartWith("Recommended: ");
        answer.ErrorLines.ShouldBe(["bench: ranking by the replica", "bench: warming up", "bench: round 1 of 1"]);
    }

    [Fact]
    public void The_data_benchmark_has_a_row_for_each_number_of_loader_threads()
    {
        JsonNode json = Rho.Run("bench", "--data", "--threads", "2", "--json", "--quiet").Json();

        Keys(json).ShouldBe(["folder", "images", "imageSize", "rows"]);
        json["images"]!.GetValue<int>().ShouldBe(128);   // 160 generated without the fifth that is the test set
        json["imageSize"]!.GetValue<int>().ShouldBe(224);
        json["rows"]!.AsArray().Select(r => r!["threads"]!.GetValue<int>()).ShouldBe([1, 2]);
        foreach (JsonNode? row in json["rows"]!.AsArray())
        {
            Keys(row).ShouldBe(["threads", "imagesPerSecond", "imagesPerSecondPerThread", "waitShare"]);
            row!["waitShare"]!.GetValue<double>().ShouldBeInRange(0, 1);
        }
    }

    [Theory]
    [InlineData("bench --directory photos",
        "--directory is for bench --data, which reads images, but --data was not given. Add --data, or remove --directory.")]
    [InlineData("bench --precision fp8", "--precision must be bfloat16, float32 or both, but is 'fp8'.")]
    [InlineData("bench --rounds 0", "--rounds must be at least 1, but was 0.")]
    public void Bad_input_is_refused_in_one_line(string command, string message)
    {
        Answer answer = Rho.Run(command.Split(' '));

        answer.Code.ShouldBe(2);
        answer.Output.ShouldBeEmpty();
        answer.ErrorLines.ShouldBe([$"rho: {message}"]);
    }

    private static string[] Keys(JsonNode? node) => [.. node.ShouldNotBeNull().AsObject().Select(p => p.Key)];
}
