namespace RhoLoss.Experiments.Recipes;

/// <summary>The names under which a recipe, a summary and a plot know the selection methods.</summary>
public static class Methods
{
    /// <summary>A random draw from the large batch; needs no scores.</summary>
    public const string Uniform = "uniform";

    /// <summary>Reducible holdout loss, L[y|x; D_t] − L[y|x; D_ho] (Eq. 3).</summary>
    public const string RhoLoss = "rho-loss";

    /// <summary>The training loss, largest first.</summary>
    public const string TrainLoss = "train-loss";

    /// <summary>The gradient norm of the last layer, largest first.</summary>
    public const string GradientNorm = "gradient-norm";

    /// <summary>Importance sampling in proportion to the gradient norm.</summary>
    public const string GradientNormImportanceSampling = "gradient-norm-is";

    /// <summary>The negative irreducible loss, largest first.</summary>
    public const string NegativeIrreducibleLoss = "negative-il";

    /// <summary>Every method a recipe may name.</summary>
    public static ValueList<string> All { get; } =
        [Uniform, RhoLoss, TrainLoss, GradientNorm, GradientNormImportanceSampling, NegativeIrreducibleLoss];

    /// <summary>True when the method's score contains the irreducible loss, so that a holdout model has to exist first.</summary>
    public static bool NeedsIrreducibleLosses(string method) => method is RhoLoss or NegativeIrreducibleLoss;
}
