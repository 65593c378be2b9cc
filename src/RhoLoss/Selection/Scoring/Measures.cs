namespace RhoLoss.Selection.Scoring;

/// <summary>What a selection function can ask a scorer about each candidate.</summary>
[Flags]
public enum Measures
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The loss of each candidate.</summary>
    Loss = 1,

    /// <summary>The share of each candidate's elements that is predicted right.</summary>
    Correct = 2,

    /// <summary>The norm of the gradient of each candidate's loss at the outputs.</summary>
    GradientNorm = 4,

    /// <summary>The outputs themselves: C numbers each for a classifier, for a language model one for each token and word.</summary>
    Logits = 8,
}
