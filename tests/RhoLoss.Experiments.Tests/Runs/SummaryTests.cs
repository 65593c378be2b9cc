using System.Text.Json.Nodes;
using RhoLoss.Experiments.Store;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Runs;

public sealed class SummaryTests
{
    // The example of the command line's specification, letter for letter: its field names are a promise to other tools.
    private const string Specified = """
        {"recipe":"quickstart","dataset":"fashion-mnist","target":{"accuracy":0.85},
         "irreducibleLoss":{"seconds":4.1,"accuracy":0.83,"reused":false},
         "arms":[{"method":"rho-loss","seed":0,"epochs":10,"steps":790,"examplesTrained":25000,"examplesScored":250000,
           "seconds":12.3,"scoringSeconds":6.0,"finalAccuracy":0.87,"bestAccuracy":0.88,"epochsToTarget":3,"secondsToTarget":3.9,
           "accuracyByEpoch":[0.80,0.84,0.86],"selected":{"corrupted":0.04,"alreadyCorrect":0.31,"lowRelevance":null}}],
         "speedup":{"epochs":4.2,"seconds":1.9,"secondsWithIrreducibleLoss":1.4,"baseline":"uniform","method":"rho-loss"}}
        """;

    [Fact]
    public void The_specified_example_of_before_there_were_other_metrics_is_read_and_written_back_with_the_new_fields_beside_its_own()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("summary.json");
        File.WriteAllText(path, Specified);

        var summary = ComparisonSummary.Load(path);
        summary.Arms.Single().EpochsToTarget.ShouldBe(3);
        summary.Save(path);

        JsonNode written = JsonNode.Parse(File.ReadAllText(path))!;
        // What is new since then: where a file does not say, its metric is accuracy.
        JsonNode.DeepEquals(written["metric"], JsonNode.Parse("""{"name":"accuracy","better":"higher"}""")).ShouldBeTrue();
        written["references"]!.AsArray().ShouldBeEmpty();
        JsonNode arm = written["arms"]![0]!;
        (arm["finalMetric"]!.GetValue<double>(), arm["bestMetric"]!.GetValue<double>()).ShouldBe((0.87, 0.88));
        JsonNode.DeepEquals(arm["metricByEpoch"], arm["accuracyByEpoch"]).ShouldBeTrue();
        written["target"]!["metric"]!.GetValue<double>().ShouldBe(0.85);
        foreach ((JsonNode of, string name) in new[] { (written, "metric"), (written, "references"), (written["target"]!, "metric"),
            (arm, "finalMetric"), (arm, "bestMetric"), (arm, "metricByEpoch") })
        {
            of.AsObject().Remove(name);
        }
        JsonNode.DeepEquals(written, JsonNode.Parse(Specified)).ShouldBeTrue(File.ReadAllText(path));
    }

    [Fact]
    public void A_number_that_is_not_finite_is_refused_where_it_is_read()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("summary.json");
        File.WriteAllText(path, Specified.Replace("0.80", "1e999", StringComparison.Ordinal));   // infinity to .NET, which cannot write it
        Should.Throw<InvalidInputException>(() => ComparisonSummary.Load(path)).Message
            .ShouldStartWith($"{path} is not a valid ComparisonSummary: A number must be finite.");
    }

    [Fact]
    public void Additions_and_a_target_not_reached_survive()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("summary.json");
        File.WriteAllText(path, Specified);
        var example = ComparisonSummary.Load(path);
        ComparisonSummary summary = example with
        {
            Arms = [example.Arms[0] with { EpochsToTarget = null, SecondsToTarget = null, SelectedSha256 = "e3b0c442" }],
            Speedup = new SpeedupSummary(null, null, null, "uniform", "rho-loss"),
            Speedups = [new SpeedupSummary(2, 1.5, 1.5, "uniform", "train-loss")],
            IrreducibleLoss = null,
            Target = null,
            Machine = new MachineSummary("a processor", 2, 1L << 34, 1, "cpu"),
            Seeds = [0],
        };

        JsonNode json = JsonNode.Parse(summary.ToJson())!;
        summary.Save(path);

        ComparisonSummary.Load(path).ToJson().ShouldBe(summary.ToJson());
        json["arms"]![0]!.AsObject().ContainsKey("epochsToTarget").ShouldBeTrue();
        json["arms"]![0]!["epochsToTarget"].ShouldBeNull();
        json["arms"]![0]!["selectedSha256"]!.GetValue<string>().ShouldBe("e3b0c442");
        json["speedups"]![0]!["method"]!.GetValue<string>().ShouldBe("train-loss");
        json["seeds"]!.ToJsonString().ShouldBe("[0]");
        json["machine"]!["memoryBytes"]!.GetValue<long>().ShouldBe(17_179_869_184);
    }

    [Theory]
    [InlineData("{}", "it lacks something that belongs there")]
    [InlineData("null", "It holds null")]
    [InlineData("{\"recipe\":", "it is no JSON from line 1, byte 11 on")]
    [InlineData("{\n\"recipe\": 7}", "what stands at recipe is not what belongs there")]
    [InlineData("", "it is no JSON from line 1, byte 1 on")]
    public void A_file_that_is_no_summary_is_named(string json, string fault)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("summary.json");
        File.WriteAllText(path, json);

        Should.Throw<InvalidInputException>(() => ComparisonSummary.Load(path)).Message
            .ShouldBe($"{path} is not a valid ComparisonSummary: {fault}. Give a file that rho wrote.");
    }

    // The additions of the same specification.
    [Fact]
    public void Where_the_metric_is_another_the_fields_of_accuracy_are_null()
    {
        const string Bits = """
            {"recipe":"bytes","dataset":"corpus","target":{"accuracy":null,"metric":1.9},"irreducibleLoss":null,
             "arms":[{"method":"rho-loss","seed":0,"epochs":2,"steps":790,"examplesTrained":25000,"examplesScored":250000,
               "seconds":12.3,"scoringSeconds":6.0,"finalAccuracy":null,"bestAccuracy":null,"epochsToTarget":2,"secondsToTarget":3.9,
               "accuracyByEpoch":null,"selected":{"corrupted":null,"alreadyCorrect":null,"lowRelevance":null},
               "finalMetric":1.9,"bestMetric":1.8,"metricByEpoch":[1.8,1.9]}],
             "speedup":null,"metric":{"name":"bits-per-byte","better":"lower"},
             "references":[{"kind":"ngram","seconds":1.2,"metric":null}],
             "headline":{"baseline":"uniform","arm":"rho-loss","seconds":4.2,"low":3.7,"high":4.8,"seeds":5}}
            """;
        using var folder = new TemporaryFolder();
        string path = folder.File("summary.json");
        File.WriteAllText(path, Bits);

        var summary = ComparisonSummary.Load(path);

        JsonNode.DeepEquals(JsonNode.Parse(summary.ToJson()), JsonNode.Parse(Bits)).ShouldBeTrue(summary.ToJson());
        summary.Metric.Metric.ShouldBe(Metric.Named(Metric.BitsPerByte));
        summary.Arms[0].BestMetric.ShouldBe(1.8);
        Should.Throw<InvalidInputException>(() => (summary.Metric with { Better = "higher" }).Metric).Message
            .ShouldStartWith(
                "The summary's metric is bits-per-byte, of which higher is better, but this version knows only accuracy (higher)");
    }

    [Theory]
    [InlineData("\"finalAccuracy\":0.87")]
    [InlineData("\"bestAccuracy\":0.88")]
    [InlineData("\"accuracyByEpoch\":[0.80,0.84,0.86]")]
    [InlineData("\"target\":{\"accuracy\":0.85}")]
    public void A_summary_without_any_number_for_a_field_is_refused(string field)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("summary.json");
        string nothing = field.StartsWith("\"target", StringComparison.Ordinal)
            ? "\"target\":{\"accuracy\":null}"
            : field.Split(':')[0] + ":null";
        File.WriteAllText(path, Specified.Replace(field, nothing, StringComparison.Ordinal));
        Should.Throw<InvalidInputException>(() => ComparisonSummary.Load(path)).Message.ShouldContain("neither a metric nor an accuracy");
    }

    [Fact]
    public void A_missing_summary_is_named()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<InvalidInputException>(() => ComparisonSummary.Load(folder.File("summary.json"))).Message
            .ShouldContain("cannot be read");
    }

    [Fact]
    public void The_environment_is_captured_and_survives_its_file()
    {
        using var folder = new TemporaryFolder();
        var time = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.FromHours(2));
        var report = EnvironmentReport.Capture(time, threads: 1, "cpu", "rho compare quickstart");

        report.TimeUtc.ShouldBe(new DateTimeOffset(2026, 3, 4, 3, 6, 7, TimeSpan.Zero));
        report.TorchSharp.ShouldStartWith("0.107.0");
        report.Tool.ShouldStartWith("0.1.0");
        report.Processor.ShouldNotBeNullOrWhiteSpace();
        report.Cores.ShouldBe(Environment.ProcessorCount);
        report.MemoryBytes.ShouldBeGreaterThan(1L << 20);

        report.Save(folder.File("environment.json"));
        EnvironmentReport.Load(folder.File("environment.json")).ShouldBe(report);
        JsonNode.Parse(File.ReadAllText(folder.File("environment.json")))!["commandLine"]!.GetValue<string>()
            .ShouldBe("rho compare quickstart");
    }
}
