using RhoLoss.Logging;
using RhoLoss.Training;
using static System.FormattableString;

namespace RhoLoss.Experiments.Logging;

/// <summary>What happens before an arm trains: data, irreducible losses and plans become ready.</summary>
public abstract record PreparationEvent : RunEvent
{
    private PreparationEvent() { }

    /// <summary>The data are ready. <c>LeftOut</c> says what was found with them and is not read.</summary>
    public sealed record DataReady(
        string Name, string Source, int Training, int Holdout, int Test, int? Corrupted, int? LabelsChanged,
        IReadOnlyList<string> LeftOut) : PreparationEvent
    {
        /// <summary>What the user should know about them although they break no rule: each a sentence or two.</summary>
        public IReadOnlyList<string> Notices { get; init; } = [];

        /// <inheritdoc/>
        public override IReadOnlyList<string> Notes => [.. LeftOut.Select(line => $"left out: {line}"), .. Notices];

        /// <inheritdoc/>
        public override string Line => Invariant($"data: {Name}, {Training} training, {Holdout} holdout, {Test} test; {Source}")
            + (Corrupted is { } corrupted
                ? Invariant($"; {Counted.Of(corrupted, "training label")} drawn anew, {LabelsChanged} of them changed by it")
                : "");
    }

    /// <summary>An epoch of the IL model is done. <c>Part</c> is null, or the half of a cross-fit, 0 or 1.</summary>
    public sealed record HoldoutEpochDone(int? Part, HoldoutEpoch Result, int Epochs) : PreparationEvent
    {
        /// <inheritdoc/>
        public override string Place => Invariant($"IL model{(Part is { } part ? Invariant($" {part + 1} of 2") : "")}: ")
            + Invariant($"epoch {Result.Epoch} of {Epochs}, loss {Result.Loss:0.000}");
    }

    /// <summary>An epoch of the model that judges a fold is done. <c>Fold</c> counts from 0.</summary>
    public sealed record FoldEpochDone(int Fold, int Folds, HoldoutEpoch Result, int Epochs) : PreparationEvent
    {
        /// <inheritdoc/>
        public override string Place =>
            Invariant($"model {Fold + 1} of {Folds}: epoch {Result.Epoch} of {Epochs}, loss {Result.Loss:0.000}");
    }

    /// <summary>The irreducible losses are there. <c>Seconds</c> is what the model took, 0 where none was trained for them now.</summary>
    public sealed record IrreducibleLossesReady(
        string Path, bool Reused, string Architecture, double? Accuracy, double Loss, double Seconds, double Temperature = 1)
        : PreparationEvent
    {
        /// <inheritdoc/>
        public override string Line => Reused
            ? $"irreducible losses: reused {Path} ({Architecture}{At(Temperature)}{OnLabels(Accuracy)})"
            : $"irreducible losses: {Architecture}{At(Temperature)}{OnLabels(Accuracy)}"
                + (Seconds > 0 ? Invariant($", {Seconds:0.0} s") : "")
                + $" → {Path}";

        /// <summary>", accuracy A % on the training labels"; empty where it is not known.</summary>
        public static string OnLabels(double? accuracy) =>
            accuracy is { } known ? Invariant($", accuracy {100 * known:0.0} % on the training labels") : "";

        /// <summary>", at temperature T"; empty at 1.</summary>
        public static string At(double temperature) => temperature == 1 ? "" : Invariant($", at temperature {temperature}");
    }

    /// <summary>A selection plan is there.</summary>
    public sealed record PlanReady(string Path, bool Reused, string Source, int Steps, double Seconds) : PreparationEvent
    {
        /// <inheritdoc/>
        public override string Line => Reused
            ? Invariant($"plan: reused {Path} ({Source}, {Counted.Of(Steps, "step")})")
            : Invariant($"plan: {Source}, {Counted.Of(Steps, "step")}, {Seconds:0.0} s → {Path}");
    }
}
