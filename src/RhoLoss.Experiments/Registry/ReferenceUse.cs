namespace RhoLoss.Experiments.Registry;

/// <summary>What a method does with the irreducible losses L[y|x; D_ho].</summary>
public enum ReferenceUse
{
    /// <summary>Nothing: no holdout model has to exist.</summary>
    None,

    /// <summary>Its score contains them.</summary>
    Losses,

    /// <summary>It takes them for the negative logarithm of a probability, which they are at temperature 1 only.</summary>
    Probabilities,

    /// <summary>It asks how relevant examples are, by n-grams of the holdout and of the training set, and needs no losses.</summary>
    Relevance,

    /// <summary>
    /// It asks how relevant examples are, and its score contains the losses of an n-gram model of the holdout, so that no network is
    /// trained for it.
    /// </summary>
    RelevanceAndLosses,

    /// <summary>It goes on training the model that they are of, on what it selects.</summary>
    Learning,
}
