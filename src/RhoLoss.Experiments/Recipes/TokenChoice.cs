namespace RhoLoss.Experiments.Recipes;

/// <summary>What the documents of a corpus are cut into: <c>data.tokens</c>.</summary>
public enum TokenChoice
{
    /// <summary>Their bytes.</summary>
    Bytes,

    /// <summary>The pieces of <c>data.vocabulary</c>.</summary>
    Vocabulary,
}
