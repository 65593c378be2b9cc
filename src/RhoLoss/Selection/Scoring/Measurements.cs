using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>What a scorer knows about n candidates; null is what it was not asked and does not know anyhow. Without gradient.</summary>
public sealed record Measurements
{
    /// <summary>Loss of each, float32, shape [n].</summary>
    public Tensor? Loss { get; init; }

    /// <summary>Share predicted right, float32, shape [n].</summary>
    public Tensor? Correct { get; init; }

    /// <summary>Norm of the gradient at the outputs, float32, shape [n].</summary>
    public Tensor? GradientNorm { get; init; }

    /// <summary>Outputs of a model, float32, shape [n, …].</summary>
    public Tensor? Logits { get; init; }

    /// <summary>What there is.</summary>
    public Measures Known =>
        (Loss is null ? Measures.None : Measures.Loss)
        | (Correct is null ? Measures.None : Measures.Correct)
        | (GradientNorm is null ? Measures.None : Measures.GradientNorm)
        | (Logits is null ? Measures.None : Measures.Logits);

    /// <summary>Takes what is wanted from a model's outputs.</summary>
    /// <param name="logits">Of the candidates, shape [n, …]; kept too, since they are there.</param>
    /// <param name="labels">Of the candidates.</param>
    /// <param name="objective">What the target is trained for.</param>
    /// <param name="wanted">What is asked.</param>
    public static Measurements Of(Tensor logits, Tensor labels, Objective objective, Measures wanted) =>
        new Measurements { Logits = logits }.With(labels, objective, wanted);

    /// <summary>The same, with what is wanted and follows from the outputs.</summary>
    internal Measurements With(Tensor labels, Objective objective, Measures wanted)
    {
        ArgumentNullException.ThrowIfNull(objective);
        if (Logits is not { } logits) { return this; }
        Measures missing = wanted & ~Known;
        return this with
        {
            Loss = missing.HasFlag(Measures.Loss) ? objective.PerExample(logits, labels) : Loss,
            Correct = missing.HasFlag(Measures.Correct) ? objective.Correct(logits, labels) : Correct,
            GradientNorm = missing.HasFlag(Measures.GradientNorm) ? objective.GradientNorm(logits, labels) : GradientNorm,
        };
    }

    /// <summary>What either knows; where both do, what this one says.</summary>
    internal Measurements Or(Measurements other) => new()
    {
        Loss = Loss ?? other.Loss,
        Correct = Correct ?? other.Correct,
        GradientNorm = GradientNorm ?? other.GradientNorm,
        Logits = Logits ?? other.Logits,
    };
}
