using RhoLoss.Selection;

namespace RhoLoss.Experiments.Registry;

/// <summary>A row of <see cref="ReferenceTable"/>: all that the program knows of where irreducible losses come from.</summary>
/// <param name="Name">Under which files of losses and reports know it.</param>
/// <param name="Meaning">Whose losses they are, in a line.</param>
/// <param name="Make">Trains what there is to train and makes the table of losses. The caller owns it.</param>
public sealed record ReferenceKind(
    string Name, string Meaning, Func<ReferenceParts, CancellationToken, IrreducibleLosses> Make)
{
    /// <summary>Whether a holdout has to be kept for it.</summary>
    public bool NeedsHoldout { get; init; }

    /// <summary>Whether a model is trained for it; if not, one is read that was trained before.</summary>
    public bool Trains { get; init; } = true;

    /// <summary>Whether one model is kept beside the losses, of which more can be asked than these.</summary>
    public bool KeepsModel { get; init; }

    /// <summary>What a run reads instead of the table of losses; null where it reads that.</summary>
    public Func<LearningParts, Reference>? Open { get; init; }
}
