using RhoLoss.Experiments.Registry;
using RhoLoss.Selection.Gate;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Running;

/// <summary>Something that happened in a run, for whoever shows progress. Raised on the training thread, in order.</summary>
public abstract record RunEvent
{
    private RunEvent() { }

    /// <summary>
    /// What the user should know of data, weights, settings and machine, because it bears on the result: each a sentence or two.
    /// Shown also where progress is not.
    /// </summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>The data are ready. <c>LeftOut</c> says what was found with them and is not read.</summary>
    public sealed record DataReady(
        string Name, string Source, int Training, int Holdout, int Test, int? Corrupted, int? LabelsChanged,
        IReadOnlyList<string> LeftOut) : RunEvent
    {
        /// <summary>What the user should know about them although they break no rule: each a sentence or two.</summary>
        public IReadOnlyList<string> Notices { get; init; } = [];

        /// <inheritdoc/>
        public override IReadOnlyList<string> Notes => [.. LeftOut.Select(line => $"left out: {line}"), .. Notices];
    }

    /// <summary>An epoch of the IL model is done. <c>Part</c> is null, or the half of a cross-fit, 0 or 1.</summary>
    public sealed record HoldoutEpochDone(int? Part, HoldoutEpoch Result, int Epochs) : RunEvent;

    /// <summary>The irreducible losses are there. <c>Seconds</c> is what the model took, 0 where none was trained for them now.</summary>
    public sealed record IrreducibleLossesReady(
        string Path, bool Reused, string Architecture, double Accuracy, double Loss, double Seconds, double Temperature = 1) : RunEvent;

    /// <summary>A selection plan is there.</summary>
    public sealed record PlanReady(string Path, bool Reused, string Source, int Steps, double Seconds) : RunEvent;

    /// <summary>An arm starts, or continues after <c>StepsTaken</c> steps.</summary>
    public sealed record ArmStarted(Arm Arm, long StepsTaken, long TotalSteps) : RunEvent;

    /// <summary>
    /// A gradient step is done. <c>NetSecondsSaved</c> is the gate's estimate of what selection has saved so far; null without a gate.
    /// </summary>
    public sealed record StepDone(Arm Arm, long Step, long TotalSteps, double Loss, double? NetSecondsSaved = null) : RunEvent;

    /// <summary>The gate of an arm looked at what selection is worth.</summary>
    public sealed record GateDecided(Arm Arm, GateDecision Decision) : RunEvent;

    /// <summary>An epoch of an arm is done and evaluated.</summary>
    public sealed record EpochDone(Arm Arm, EpochResult Result, int Epochs) : RunEvent;

    /// <summary>An arm is complete; <c>Reused</c> when it was found complete in the run folder.</summary>
    public sealed record ArmDone(Arm Arm, ArmResult Result, bool Reused) : RunEvent;

    /// <summary>Something the user should read, such as a damaged checkpoint.</summary>
    public sealed record Notice(string Text) : RunEvent
    {
        /// <inheritdoc/>
        public override IReadOnlyList<string> Notes => [Text];
    }

    /// <summary>A part of longer work begins or is waited for: progress in words.</summary>
    public sealed record Stage(string Text) : RunEvent;
}
