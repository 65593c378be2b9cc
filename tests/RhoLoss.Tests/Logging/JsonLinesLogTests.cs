using RhoLoss.Logging;
using RhoLoss.Selection.Gate;

namespace RhoLoss.Tests.Logging;

public sealed class JsonLinesLogTests
{
    private const string Step = "{\"kind\":\"step\",\"method\":\"rho-loss\",\"seed\":3,\"step\":1,\"loss\":0.5,\"quantiles\":{}}\n";

    [Fact]
    public void A_point_is_one_line_with_metrics_beside_its_counts_and_groups_as_objects()
    {
        MeasuredPoint point = Points.At(10, ("accuracy", 0.75), ("selected.corrupted", 0.1), ("selected.lowRelevance", null));
        Lines(new RunEvent.Measured(Points.Arm, point with { SelectedSha256 = "e3b0" })).ShouldBe(
            "{\"kind\":\"epoch\",\"method\":\"rho-loss\",\"seed\":3,\"epoch\":1,\"step\":10,\"seconds\":1.5,\"scoringSeconds\":0.5,"
            + "\"examplesTrained\":20,\"examplesScored\":200,\"accuracy\":0.75,\"selected\":{\"corrupted\":0.1,\"lowRelevance\":null},"
            + "\"selectedSha256\":\"e3b0\"}\n");
    }

    [Fact]
    public void A_step_has_its_quantiles_and_a_decision_its_numbers()
    {
        Lines(
            new RunEvent.Stepped(Points.Arm, 5, 0.25, new Dictionary<string, SelectionQuantiles> { ["loss"] = new([1, 2, 3], null) }),
            new RunEvent.GateDecided(Points.Arm, new GateDecision(7, null, 1, [new GateOption(null, 1, 1, 1, 0, 1)], 0.5, 2, 0.1, 3, -1)))
            .ShouldBe(
                "{\"kind\":\"step\",\"method\":\"rho-loss\",\"seed\":3,\"step\":5,\"loss\":0.25,"
                + "\"quantiles\":{\"loss\":{\"selected\":[1,2,3],\"rejected\":null}}}\n"
                + "{\"kind\":\"gate\",\"method\":\"rho-loss\",\"seed\":3,\"decision\":{\"step\":7,\"scorer\":null,\"share\":1,\"options\":"
                + "[{\"scorer\":null,\"share\":1,\"usefulness\":1,\"cost\":1,\"relativeForward\":0,\"expectedSpeedup\":1}],"
                + "\"forwardShare\":0.5,\"uniformStepSeconds\":2,\"loadSeconds\":0.1,\"windowSeconds\":3,\"netSecondsSaved\":-1}}\n");
    }

    [Fact]
    public void What_is_only_progress_is_not_kept() =>
        Lines(
            new RunEvent.Started(Points.Arm, 0, 10), new RunEvent.Progressed(Points.Arm, 1, 10, 0.5), new RunEvent.Notice("a"),
            new RunEvent.Stage("b"), new RunEvent.Finished(Points.Arm, [])).ShouldBe("");

    [Fact]
    public void A_line_is_in_the_file_before_the_log_is_closed()
    {
        using var folder = new TemporaryFolder();
        string path = folder["run", "metrics.jsonl"];
        using var log = new JsonLinesLog(path);
        log.Write(StepEvent(1));

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        reader.ReadToEnd().ShouldBe(Step);
        log.Position.ShouldBe(Step.Length);
    }

    [Fact]
    public void Resuming_drops_what_came_after_the_checkpoint_and_a_half_line()
    {
        using var folder = new TemporaryFolder();
        string path = folder["metrics.jsonl"];
        long atCheckpoint;
        using (var log = new JsonLinesLog(path))
        {
            log.Write(StepEvent(1));
            log.Flush();
            atCheckpoint = log.Position!.Value;
            log.Write(StepEvent(2));
        }
        File.AppendAllText(path, "{\"step\":3,\"lo");

        using (var resumed = new JsonLinesLog(path))
        {
            resumed.Position.ShouldBe(2 * Step.Length, "the half line is gone as soon as the file is open");
            resumed.CutTo(atCheckpoint);
            resumed.Write(StepEvent(1));
        }
        File.ReadAllText(path).ShouldBe(Step + Step);
    }

    [Fact]
    public void A_file_that_does_not_fit_the_checkpoint_is_refused_and_kept()
    {
        using var folder = new TemporaryFolder();
        string path = folder["metrics.jsonl"];
        using var log = new JsonLinesLog(path);
        log.Write(StepEvent(1));

        Should.Throw<InvalidInputException>(() => log.CutTo(Step.Length + 1)).Message.ShouldBe(
            $"{path} has {Step.Length} bytes of whole lines, but the checkpoint was written after {Step.Length + 1}: lines are missing. "
            + "Restore the file, or start a new run in another folder.");
        Should.Throw<InvalidInputException>(() => log.CutTo(5)).Message.ShouldContain("has no line that ends at byte 5");
        log.Position.ShouldBe(Step.Length);
        log.CutTo(0);
        log.Position.ShouldBe(0);
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_named()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<InvalidInputException>(() => new JsonLinesLog(folder.Path)).Message
            .ShouldStartWith($"{folder.Path} cannot be written: ");
    }

    private static RunEvent.Stepped StepEvent(long step) =>
        new RunEvent.Stepped(Points.Arm, step, 0.5, new Dictionary<string, SelectionQuantiles>());

    private static string Lines(params RunEvent[] events)
    {
        using var folder = new TemporaryFolder();
        using (var log = new JsonLinesLog(folder["metrics.jsonl"]))
        {
            foreach (RunEvent e in events) { log.Write(e); }
        }
        return File.ReadAllText(folder["metrics.jsonl"]);
    }
}
