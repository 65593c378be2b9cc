using System.Text.Json.Nodes;
using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

/// <summary>What signals do to a run, and that a run that was stopped or killed ends as if nothing had happened.</summary>
public sealed class InterruptTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();
    private readonly string _recipe;

    public InterruptTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are those of Unix");
        _recipe = _tiny.WriteRecipe();
    }

    [Theory]
    [InlineData(RhoProcess.Interrupt)]
    [InlineData(RhoProcess.Terminate)]
    public void One_signal_writes_a_checkpoint_and_stops(int signal)
    {
        string[] train = ["train", _recipe, "--json", "--set", "training.epochs=150", "--set", "checkpoints.every-epochs=0", "--out"];
        JsonNode whole = RhoProcess.Run([.. train, _tiny.File("whole")]).Json();
        string folder = _tiny.File("stopped");
        using RhoProcess stopped = RhoProcess.Start([.. train, folder]);
        stopped.WaitUntil(() => Lines(folder) > 2, "the third epoch");

        stopped.Send(signal);
        Answer answer = stopped.Wait();

        answer.Code.ShouldBe(1);
        answer.Output.ShouldBeEmpty();
        answer.ErrorLines[^2].ShouldBe("Stopping after this step … (again: stop at once)");
        answer.ErrorLines[^1].ShouldBe($"rho: stopped; continue with: rho train --resume {folder}");
        Directory.EnumerateFiles(Path.Combine(folder, "checkpoints"), "step-*.safetensors").ShouldHaveSingleItem();
        File.Exists(Path.Combine(folder, "summary.json")).ShouldBeFalse();
        Lines(folder).ShouldBeLessThan(150);

        Outcome(RhoProcess.Run("train", "--resume", folder, "--json").Json()).ShouldBe(Outcome(whole));
        WithoutTimings.Metrics(Path.Combine(folder, "metrics.jsonl")).ShouldBe(WithoutTimings.Metrics(_tiny.File("whole/metrics.jsonl")));
    }

    [Fact]
    public void A_stopped_comparison_continues_with_the_arm_it_was_in()
    {
        string[] compare = ["compare", _recipe, "--json", "--set", "training.epochs=100", "--set", "checkpoints.every-epochs=40", "--out"];
        JsonNode whole = RhoProcess.Run([.. compare, _tiny.File("whole")]).Json();
        string folder = _tiny.File("stopped");
        using RhoProcess stopped = RhoProcess.Start([.. compare, folder]);
        stopped.WaitUntil(() => Lines(folder) > 105, "the second arm");

        stopped.Send(RhoProcess.Interrupt);
        stopped.Wait().ErrorLines[^1].ShouldBe($"rho: stopped; continue with: rho compare --resume {folder}");
        Answer resumed = RhoProcess.Run("compare", "--resume", folder, "--json");

        resumed.ErrorLines.ShouldContain("uniform seed 0: finished earlier");
        resumed.ErrorLines.ShouldContain(l => l.StartsWith("rho-loss seed 0: continues after step ", StringComparison.Ordinal));
        Outcome(resumed.Json()).ShouldBe(Outcome(whole));
    }

    [Fact]
    public void A_second_signal_stops_at_once()
    {
        // One step scores 10,000 images with two layers of 3,000, which are 2 · 10⁴ · (784 + 3,000) · 3,000 = 2·10¹¹ operations: seconds.
        // An orderly stop waits for its end.
        using RhoProcess process = RhoProcess.Start("train", "quickstart", "--out", _tiny.File("run"), "--method", "train-loss",
            "--set", "model.hidden=[3000, 3000]", "--set", "training.batch-size=1000", "--set", "training.large-batch-size=10000",
            "--set", "report.log-every-steps=1");
        process.WaitUntil(() => Lines(_tiny.File("run")) > 0, "the end of the first step");
        TimeSpan firstStep = process.Work;
        process.WaitUntil(() => process.Work > firstStep + TimeSpan.FromMilliseconds(100), "work on the second step");

        process.Send(RhoProcess.Interrupt);
        process.WaitUntil(() => process.Error.Contains("again: stop at once", StringComparison.Ordinal), "the first signal was noticed");
        process.Send(RhoProcess.Interrupt);
        Answer answer = process.Wait();

        answer.Code.ShouldBe(128 + RhoProcess.Interrupt, "ended by the signal, as shells report it");
        answer.Error.ShouldNotContain("continue with");
    }

    [Fact]
    public void A_stopped_holdout_training_leaves_nothing()
    {
        using RhoProcess process = RhoProcess.Start("holdout", _recipe, "--set", "irreducible-loss.epochs=100000");
        process.WaitUntil(() => process.Error.Contains("data: ", StringComparison.Ordinal), "the data were ready");

        process.Send(RhoProcess.Terminate);
        Answer answer = process.Wait();

        answer.Code.ShouldBe(1);
        answer.ErrorLines[^1].ShouldBe("rho: stopped; nothing was written.");
        Directory.EnumerateFiles(_tiny.File("."), "il.*").ShouldBeEmpty();
    }

    // Of the ten instants, drawn by a seeded generator, three lie in the first part of the process, before or while it reads its recipe,
    // data and checkpoint; the others up to 40 logged lines, 280 of the 2,880 steps, further on. So ten kills never reach the end.
    [Fact]
    public void A_run_killed_ten_times_ends_as_if_nothing_had_happened()
    {
        string[] train =
        [
            "train", _recipe, "--json", "--set", "training.epochs=480", "--set", "checkpoints.every-epochs=0",
            "--set", "checkpoints.every-steps=50", "--set", "report.log-every-steps=7", "--out",
        ];
        string folder = _tiny.File("killed");
        (JsonNode whole, TimeSpan start) = RunWhole(train);   // in processor time, as all instants here
        var random = new Random(2022);

        for (int kill = 0; kill < 10; kill++)
        {
            int logged = Lines(folder), further = random.Next(1, 40);
            using RhoProcess victim = RhoProcess.Start(
                File.Exists(Path.Combine(folder, "config.toml")) ? ["train", "--resume", folder, "--json"] : [.. train, folder]);
            TimeSpan instant = start * (0.1 + 0.7 * random.NextDouble());
            if (kill % 4 != 0)
            {
                victim.WaitUntil(() => Lines(folder) >= logged + further, $"line {logged + further}");
                instant = victim.Work + TimeSpan.FromMilliseconds(random.Next(20));
            }
            victim.WaitUntil(() => victim.Work >= instant, $"{instant} of work");
            victim.Send(RhoProcess.Kill);
            victim.Wait().Code.ShouldBe(128 + RhoProcess.Kill, "killed before its end");
        }
        Answer end = RhoProcess.Run("train", "--resume", folder, "--json");

        end.Error.ShouldContain("rho-loss seed 0: continues after step ");
        Outcome(end.Json()).ShouldBe(Outcome(whole));
        WithoutTimings.Metrics(Path.Combine(folder, "metrics.jsonl")).ShouldBe(WithoutTimings.Metrics(_tiny.File("whole/metrics.jsonl")));
    }

    public void Dispose() => _tiny.Dispose();

    /// <summary>The run without interruptions, and the processor time it took until its first line was logged.</summary>
    private (JsonNode Summary, TimeSpan Start) RunWhole(string[] train)
    {
        string folder = _tiny.File("whole");
        using RhoProcess process = RhoProcess.Start([.. train, folder]);
        process.WaitUntil(() => Lines(folder) > 0, "the first line");
        TimeSpan start = process.Work;
        return (process.Wait().Json(), start);
    }

    /// <summary>What must be the same: everything but times, and whether the losses came from this process or the one before it.</summary>
    private static string Outcome(JsonNode summary)
    {
        JsonNode outcome = JsonNode.Parse(WithoutTimings.Of(summary.ToJsonString()))!;
        outcome["irreducibleLoss"]!.AsObject().Remove("reused");
        outcome["arms"]![0]!["selectedSha256"]!.GetValue<string>().Length.ShouldBe(64);
        return outcome.ToJsonString();
    }

    private static int Lines(string folder)
    {
        string path = Path.Combine(folder, "metrics.jsonl");
        if (!File.Exists(path)) { return 0; }
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Count(c => c == '\n');
    }
}
