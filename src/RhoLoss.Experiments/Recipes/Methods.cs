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

    /// <summary>The bounded score p_IL · (1 − p_t), largest first.</summary>
    public const string Learnability = "learnability";

    /// <summary>Candidates drawn in proportion to a power of the bounded score.</summary>
    public const string SampledLearnability = "learnability-sampled";

    /// <summary>The bounded score with exponents, p_IL^a · (1 − p_t)^b.</summary>
    public const string TemperedLearnability = "learnability-tempered";

    /// <summary>The bounded score with a share of trust in every label.</summary>
    public const string SmoothedLearnability = "learnability-smoothed";

    /// <summary>The difference of probabilities p_IL − p_t.</summary>
    public const string ProbabilityGap = "probability-gap";

    /// <summary>A random draw from what the holdout model finds plausible.</summary>
    public const string FilterUniform = "filter-uniform";

    /// <summary>Selective backpropagation: drawn by the percentile of the training loss.</summary>
    public const string SelectiveBackprop = "selective-backprop";

    /// <summary>InfoBatch: learnt examples are left out at random, the rest weighted up.</summary>
    public const string InfoBatch = "infobatch";

    /// <summary>Repeated random subsets: every example once before any twice, on a short schedule.</summary>
    public const string Rs2 = "rs2";

    /// <summary>The selection function before Approximation 2: the IL model goes on learning (App. D).</summary>
    public const string OriginalRho = "original-rho";

    /// <summary>Selection via proxy: the points a small network is least certain of, chosen once.</summary>
    public const string Svp = "svp";

    /// <summary>BALD: what the label would tell about the parameters, by Monte-Carlo dropout.</summary>
    public const string Bald = "bald";

    /// <summary>Mean entropy of Monte-Carlo dropout passes.</summary>
    public const string ConditionalEntropy = "conditional-entropy";

    /// <summary>Entropy of the mean of Monte-Carlo dropout passes.</summary>
    public const string PredictiveEntropy = "predictive-entropy";

    /// <summary>Training loss less conditional entropy.</summary>
    public const string LossMinusConditionalEntropy = "loss-minus-conditional-entropy";

    /// <summary>Measures costs and benefits while it trains, and selects only while that pays.</summary>
    public const string Auto = "auto";

    /// <summary>Every method a recipe may name.</summary>
    public static ValueList<string> All { get; } =
        [
            Uniform, RhoLoss, TrainLoss, GradientNorm, GradientNormImportanceSampling, NegativeIrreducibleLoss,
            Learnability, SampledLearnability, TemperedLearnability, SmoothedLearnability, ProbabilityGap,
            FilterUniform, SelectiveBackprop, InfoBatch, Rs2, OriginalRho, Svp,
            Bald, ConditionalEntropy, PredictiveEntropy, LossMinusConditionalEntropy, Auto
        ];

    /// <summary>
    /// True when the method takes irreducible losses for the negative logarithm of a probability, which they are at
    /// temperature 1 only. Takes an arm's name.
    /// </summary>
    public static bool ReadsProbabilities(string arm) => MethodSpec.Parse(arm).Method
        is Learnability or SampledLearnability or TemperedLearnability or SmoothedLearnability or ProbabilityGap or FilterUniform or Auto;

    /// <summary>True when the method needs the irreducible-loss model itself, and not only its losses. Takes an arm's name.</summary>
    public static bool NeedsIrreducibleLossModel(string arm) => MethodSpec.Parse(arm).Method == OriginalRho;

    /// <summary>
    /// Whether a proxy can choose the batches beforehand: not for methods that need the target itself, go on training the IL
    /// model, or choose once. Takes a method's name.
    /// </summary>
    public static bool CanBePlanned(string method) => method is not (Auto or InfoBatch or OriginalRho or Svp) && !NeedsDropout(method);

    /// <summary>True when the method's score needs dropout in the target. Takes an arm's name.</summary>
    public static bool NeedsDropout(string arm) =>
        MethodSpec.Parse(arm).Method is Bald or ConditionalEntropy or PredictiveEntropy or LossMinusConditionalEntropy;

    /// <summary>
    /// True when the method's score contains the irreducible loss, so that a holdout model has to exist first. Takes an
    /// arm's name, with or without scorer and share.
    /// </summary>
    public static bool NeedsIrreducibleLosses(string arm) => MethodSpec.Parse(arm).Method
        is RhoLoss or OriginalRho or NegativeIrreducibleLoss or Learnability or SampledLearnability or TemperedLearnability
            or SmoothedLearnability or ProbabilityGap or FilterUniform or Auto;
}
