using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Running;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>The lines of progress that both kinds of it print once. Notes are <see cref="NoteLines"/>.</summary>
internal static class EventText
{
    /// <summary>The text of an event worth a line of its own, or null.</summary>
    public static string? Of(RunEvent e) => e switch
    {
        RunEvent.DataReady d => Invariant($"data: {d.Name}, {d.Training} training, {d.Holdout} holdout, {d.Test} test; {d.Source}")
            + (d.Corrupted is { } corrupted
                ? Invariant($"; {Counted.Of(corrupted, "training label")} drawn anew, {d.LabelsChanged} of them changed by it")
                : ""),
        RunEvent.IrreducibleLossesReady { Reused: true } i =>
            Invariant($"irreducible losses: reused {i.Path} ({i.Architecture}{At(i.Temperature)}, ")
            + Invariant($"accuracy {100 * i.Accuracy:0.0} % on the training labels)"),
        RunEvent.IrreducibleLossesReady i =>
            Invariant($"irreducible losses: {i.Architecture}{At(i.Temperature)}, ")
            + Invariant($"accuracy {100 * i.Accuracy:0.0} % on the training labels")
            + (i.Seconds > 0 ? Invariant($", {i.Seconds:0.0} s") : "")
            + $" → {i.Path}",
        RunEvent.PlanReady { Reused: true } p => Invariant($"plan: reused {p.Path} ({p.Source}, {Counted.Of(p.Steps, "step")})"),
        RunEvent.PlanReady p => Invariant($"plan: {p.Source}, {Counted.Of(p.Steps, "step")}, {p.Seconds:0.0} s → {p.Path}"),
        RunEvent.ArmStarted { StepsTaken: > 0 } a => Invariant($"{Name(a.Arm)}: continues after step {a.StepsTaken} of {a.TotalSteps}"),
        RunEvent.ArmDone { Reused: true } a => $"{Name(a.Arm)}: finished earlier",
        RunEvent.ArmDone a =>
            Invariant($"{Name(a.Arm)}: {100 * a.Result.Epochs[^1].Accuracy:0.0} % after ")
            + Invariant($"{Counted.Of(a.Result.Epochs[^1].Step, "step")} (best {100 * a.Result.AccuracyByEpoch.Max():0.0} %), ")
            + Invariant($"{a.Result.Epochs[^1].Seconds:0.0} s"),
        RunEvent.GateDecided g =>
            Invariant($"{Name(g.Arm)}: step {g.Decision.Step}, {g.Decision}; ")
            + Invariant($"net {g.Decision.NetSecondsSaved:+0.0;-0.0;0.0} s saved"),
        RunEvent.Stage s => s.Text,
        _ => null,
    };

    /// <summary>", at temperature T"; empty at 1.</summary>
    public static string At(double temperature) => temperature == 1 ? "" : Invariant($", at temperature {temperature}");

    public static string Name(Arm arm) => Invariant($"{arm.Name} seed {arm.Seed}");
}
