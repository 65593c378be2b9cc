using System.Text.Json.Nodes;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;

namespace RhoLoss.Experiments.Tests.Runs;

/// <summary>What a run keeps of what it said.</summary>
public sealed class RunNoticesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RunFolder _run;

    public RunNoticesTests() => _run = RunFolder.CreateAt(_folder.File("run"));

    [Fact]
    public void Each_is_kept_once_however_often_the_run_is_continued()
    {
        RunNotices.Start(_run, ["a"]);
        for (int start = 0; start < 2; start++)
        {
            var notices = new RunNotices(_run);
            List<RunEvent> passed = [];
            Action<RunEvent> report = notices.Keeping(passed.Add);
            report(new RunEvent.Notice("b"));
            notices.StartWriting();
            report(new RunEvent.Notice("a"));
            report(new RunEvent.Notice("c"));
            report(new RunEvent.Stage("no note"));
            passed.Count.ShouldBe(4, "all are passed on");
        }

        Kept().ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public void Nothing_is_written_for_a_run_that_is_refused_before_it_goes_on()
    {
        RunNotices.Start(_run, ["a"]);
        new RunNotices(_run).Keeping(_ => { })(new RunEvent.Notice("of other data"));

        Kept().ShouldBe(["a"]);
    }

    [Fact]
    public void A_new_run_does_not_take_over_what_a_start_that_was_killed_left_behind()
    {
        RunNotices.Start(_run, ["old"]);
        _run.WriteConfig("", ["new"]);

        Kept().ShouldBe(["new"]);
    }

    [Fact]
    public void A_damaged_file_is_named()
    {
        File.WriteAllText(_run.NoticesPath, "{");
        Should.Throw<InvalidInputException>(() => new RunNotices(_run)).Message
            .ShouldStartWith($"{_run.NoticesPath} is not a valid KeptNotices: ");
    }

    public void Dispose() => _folder.Dispose();

    private string[] Kept() =>
        [.. JsonNode.Parse(File.ReadAllText(_run.NoticesPath))!["notices"]!.AsArray().Select(text => text!.GetValue<string>())];
}
