using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Tests.Logging;

public sealed class ProgressLogTests
{
    private static readonly RunEvent[] Events =
    [
        new RunEvent.Stage("point 1 of 2"),
        new RunEvent.Started(Points.Arm, StepsTaken: 5, TotalSteps: 40),
        new RunEvent.Notice("the labels are noisy"),
        new RunEvent.Notice("the labels are noisy"),
        new RunEvent.Progressed(Points.Arm, 6, 40, Loss: 0.5, NetSecondsSaved: -1.25),
        Points.Event(10, ("accuracy", 0.75), ("selected.corrupted", null)),
        new RunEvent.Finished(Points.Arm, [Points.At(10, ("accuracy", 0.875)), Points.At(40, ("accuracy", 0.75))]),
        new RunEvent.Finished(Points.Arm, [], Reused: true),
    ];

    [Fact]
    public void Milestones_and_notes_are_said_once_and_where_the_run_is_only_after_a_while() => Lines(TimeSpan.FromDays(1), false).ShouldBe(
    [
        "point 1 of 2", "rho-loss seed 3: continues after step 5 of 40", "note: the labels are noisy",
        "rho-loss seed 3: 75.0 % after 40 steps (best 87.5 %), 1.5 s", "rho-loss seed 3: finished earlier",
    ]);

    [Fact]
    public void Without_a_period_every_step_and_point_has_its_line() => Lines(TimeSpan.Zero, false).ShouldBe(
    [
        "point 1 of 2", "rho-loss seed 3: continues after step 5 of 40", "note: the labels are noisy",
        "rho-loss seed 3: step 6 of 40, loss 0.500, net -1.3 s saved; run 1 of 2", "rho-loss seed 3: step 10, accuracy 0.750",
        "rho-loss seed 3: 75.0 % after 40 steps (best 87.5 %), 1.5 s", "rho-loss seed 3: finished earlier",
    ]);

    [Fact]
    public void Notes_bear_on_the_result_so_they_are_shown_where_progress_is_not() =>
        Lines(TimeSpan.Zero, notesOnly: true).ShouldBe(["note: the labels are noisy"]);

    [Fact]
    public void A_run_that_is_judged_by_a_loss_ends_with_it_and_its_least() => new RunEvent.Finished(
        Points.Arm, [Points.At(10, ("bits-per-byte", 1.5)), Points.At(40, ("bits-per-byte", 2))])
    { Metric = Metric.Named(Metric.BitsPerByte) }.Line
        .ShouldBe("rho-loss seed 3: 2.000 bits per byte after 40 steps (best 1.500), 1.5 s");

    private static string[] Lines(TimeSpan period, bool notesOnly)
    {
        using var output = new StringWriter();
        using (var log = new ProgressLog(output, runs: 2) { Period = period, NotesOnly = notesOnly })
        {
            foreach (RunEvent e in Events) { log.Write(e); }
        }
        return output.ToString().Split(Environment.NewLine)[..^1];
    }
}
