using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Tests.Logging;

public sealed class RunLogsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_resumed_run_leaves_the_lines_of_one_that_was_never_stopped()
    {
        var checkpoint = new Checkpoint();
        using (RunLogs logs = Open("stopped"))
        {
            logs.Write(Points.Event(10, ("loss", 1)));
            logs.Capture(checkpoint);
            logs.Write(Points.Event(20, ("loss", 5)));
        }
        using (RunLogs logs = Open("stopped"))
        {
            logs.Restore(checkpoint);
            logs.Write(Points.Event(20, ("loss", 2)));
        }
        using (RunLogs logs = Open("whole"))
        {
            logs.Write(Points.Event(10, ("loss", 1)));
            logs.Write(Points.Event(20, ("loss", 2)));
        }
        foreach (string name in new[] { "metrics.jsonl", "metrics.csv" })
        {
            File.ReadAllText(_folder["stopped", name]).ShouldBe(File.ReadAllText(_folder["whole", name]));
        }
    }

    [Fact]
    public void A_log_that_was_not_there_when_the_checkpoint_was_written_stays_as_it_is()
    {
        var checkpoint = new Checkpoint();
        using (var logs = new RunLogs(new JsonLinesLog(_folder["metrics.jsonl"]))) { logs.Capture(checkpoint); }
        using (var csv = new CsvLog(_folder["metrics.csv"])) { csv.Write(Points.Event(10, ("loss", 1))); }
        string before = File.ReadAllText(_folder["metrics.csv"]);
        using (var logs = new RunLogs(new JsonLinesLog(_folder["metrics.jsonl"]), new CsvLog(_folder["metrics.csv"])))
        {
            logs.Restore(checkpoint);
        }
        File.ReadAllText(_folder["metrics.csv"]).ShouldBe(before);
    }

    [Fact]
    public void A_run_that_starts_again_empties_its_logs()
    {
        using (RunLogs logs = Open("run"))
        {
            logs.Write(Points.Event(10, ("loss", 1)));
            logs.Clear();
            logs.Positions.Values.ShouldBe([0, 0]);
        }
        new FileInfo(_folder["run", "metrics.jsonl"]).Length.ShouldBe(0);
    }

    [Fact]
    public void Two_logs_that_a_checkpoint_could_not_tell_apart_are_refused()
    {
        using var one = new JsonLinesLog(_folder["a", "metrics.jsonl"]);
        using var other = new JsonLinesLog(_folder["b", "metrics.jsonl"]);
        Should.Throw<ArgumentException>(() => new RunLogs(one, other)).Message
            .ShouldStartWith("Logs need names of their own, but these are metrics.jsonl, metrics.jsonl.");
    }

    private RunLogs Open(string run) => new(new JsonLinesLog(_folder[run, "metrics.jsonl"]), new CsvLog(_folder[run, "metrics.csv"]));
}
