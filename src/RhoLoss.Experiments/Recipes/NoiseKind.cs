namespace RhoLoss.Experiments.Recipes;

/// <summary>Label noise: <c>noise.kind</c>.</summary>
public enum NoiseKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>A new label drawn from all classes.</summary>
    Uniform,

    /// <summary>Of the four most confused classes, the label each is taken for.</summary>
    Structured,
}
