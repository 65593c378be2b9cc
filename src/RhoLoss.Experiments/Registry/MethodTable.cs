using RhoLoss.Data;
using RhoLoss.Selection;
using static RhoLoss.Selection.Scoring.Measures;

namespace RhoLoss.Experiments.Registry;

/// <summary>
/// Every method that a recipe can name. A new one is a selection function in the library and a row here; a parameter of its own stands
/// above the rows, and the row lists it. Colours: of the paper's baselines from the palette of Okabe and Ito (2008), which
/// people with any of the usual colour blindnesses can tell apart; its yellow is left out: too pale for a line on white. All others from
/// Paul Tol's schemes (2021), made for the same purpose: the muted one first, then the vibrant and the bright.
/// </summary>
public static partial class MethodTable
{
    /// <summary>The baseline, and the method of the paper: a recipe that is silent compares these two.</summary>
    public const string Uniform = "uniform", RhoLoss = "rho-loss";

    /// <summary>Epochs of the proxy of a method that chooses once.</summary>
    internal static readonly ArmParameter<long> ProxyEpochs = new(
        "epochs", 5, $"at least 1 and at most {int.MaxValue}", epochs => epochs is >= 1 and <= int.MaxValue,
        "epochs over the training set for its proxy, scoring.proxy-model, before it chooses")
    {
        FormerKey = "scoring.svp-epochs",
        DecidesPlan = false,
    };

    private const string AtLeast0 = "a number of at least 0";

    private static readonly ArmParameter<bool> VarianceReduction = new(
        "variance-reduction", false, "true or false", _ => true,
        "sample by importance only when it reduces the variance enough to pay")
    {
        FormerKey = "scoring.variance-reduction",
    };

    private static readonly ArmParameter<double>
        Exponent = new("exponent", 1, AtLeast0, IsAtLeast0, "power of the score that candidates are drawn in proportion to")
        {
            FormerKey = "scoring.exponent",
        },
        IrreducibleExponent = new("irreducible-exponent", 1, AtLeast0, IsAtLeast0, "exponent of p_IL")
        {
            FormerKey = "scoring.irreducible-exponent",
        },
        TargetExponent = new("target-exponent", 0.5, AtLeast0, IsAtLeast0, "exponent of 1 - p_t") { FormerKey = "scoring.target-exponent" },
        Smoothing = new("smoothing", 0.1, AtLeast0, IsAtLeast0, "trust in every label, added to p_IL") { FormerKey = "scoring.smoothing" },
        Filter = new(
            "filter", 1.5, "a number above 0", value => value > 0 && double.IsFinite(value),
            "highest irreducible loss in nats that passes")
        {
            FormerKey = "scoring.filter",
        };

    /// <summary>The rows, in the order in which messages and documents list them.</summary>
    public static IReadOnlyList<SelectionMethod> All { get; } =
    [
        new(Uniform, "a random draw from the large batch", None, ReferenceUse.None, "#000000", _ => SelectionFunctions.Uniform),

        new(RhoLoss, "L[y|x; D_t] − L[y|x; D_ho], the reducible holdout loss (Eq. 8)", Loss, ReferenceUse.Losses, "#0072B2",
            _ => SelectionFunctions.ReducibleHoldoutLoss),

        new("train-loss", "L[y|x; D_t], the training loss", Loss, ReferenceUse.None, "#D55E00", _ => SelectionFunctions.TrainLoss),

        new("gradient-norm", "the gradient norm of the last layer", GradientNorm, ReferenceUse.None, "#009E73",
            _ => SelectionFunctions.GradientNorm),

        new("gradient-norm-is", "importance sampling in proportion to the gradient norm", GradientNorm, ReferenceUse.None, "#E69F00",
            _ => SelectionFunctions.GradientNorm)
        {
            Drawing = scoring => new ImportanceSampling(OnlyWhenItPays: scoring.Of(VarianceReduction)),
            Parameters = [VarianceReduction],
        },

        new("negative-il", "−L[y|x; D_ho], the negative irreducible loss", None, ReferenceUse.Losses, "#CC79A7",
            _ => SelectionFunctions.NegativeIrreducibleLoss),

        new("learnability", "the bounded score p_IL · (1 − p_t)", Loss, ReferenceUse.Probabilities, "#332288",
            _ => SelectionFunctions.Learnability),

        new("learnability-sampled", "candidates drawn in proportion to a power of the bounded score", Loss, ReferenceUse.Probabilities,
            "#88CCEE", _ => SelectionFunctions.Learnability)
        {
            Drawing = scoring => new ProportionalSampling(scoring.Of(Exponent)),
            Parameters = [Exponent],
        },

        new("learnability-tempered", "the bounded score with exponents, p_IL^a · (1 − p_t)^b", Loss, ReferenceUse.Probabilities,
            "#44AA99", scoring => SelectionFunctions.TemperedLearnability(scoring.Of(IrreducibleExponent), scoring.Of(TargetExponent)))
        {
            Parameters = [IrreducibleExponent, TargetExponent],
        },

        new("learnability-smoothed", "the bounded score with a share of trust in every label", Loss, ReferenceUse.Probabilities,
            "#117733", scoring => SelectionFunctions.SmoothedLearnability(scoring.Of(Smoothing)))
        {
            Parameters = [Smoothing],
        },

        new("probability-gap", "the difference of probabilities p_IL − p_t", Loss, ReferenceUse.Probabilities, "#999933",
            _ => SelectionFunctions.ProbabilityGap),

        new("filter-uniform", "a random draw from what the holdout model finds plausible", None, ReferenceUse.Probabilities, "#DDCC77",
            scoring => SelectionFunctions.FilterThenUniform(scoring.Of(Filter)))
        {
            HighestLoss = Filter,
            Parameters = [Filter],
        },

        new("selective-backprop", "drawn by the percentile of the training loss", Loss, ReferenceUse.None, "#CC6677",
            _ => SelectionFunctions.TrainLoss)
        {
            Drawing = _ => new PercentileSampling(),
            BatchesOffered = 2,
        },

        new("infobatch", "learnt examples are left out at random, the rest weighted up", None, ReferenceUse.None, "#882255",
            _ => SelectionFunctions.Uniform)
        {
            Sampler = parts => new PruningSampler(parts.Ids, parts.LargeBatchSize, parts.Seed),
            BatchesOffered = 1,
            TakesScorer = false,
            TakesShare = false,
        },

        new("rs2", "repeated random subsets: every example once before any twice, on a short schedule", None, ReferenceUse.None, "#AA4499",
            _ => SelectionFunctions.Uniform)
        {
            BatchesOffered = 1,
        },

        new("original-rho", "L[y|x; D_t] − L[y|x; D_ho, D_t]: the irreducible-loss model goes on learning (App. D)", Loss,
            ReferenceUse.Learning, "#CC3311", _ => SelectionFunctions.ReducibleHoldoutLoss),

        // Its proxy scores once, before there are candidates.
        new("svp", "the points that a small network is least certain of, chosen once", None, ReferenceUse.None, "#EE3377",
            _ => SelectionFunctions.Uniform)
        {
            Choice = Choices.ViaProxy,
            ChoosesViaProxy = true,
            BatchesOffered = 1,
            TakesScorer = false,
            Keys = [.. ProxyKeys, "scoring.proxy-precision"],
            Parameters = [ProxyEpochs],
        },

        .. OfRelevance(),

        // This and predictive-entropy are of the bright scheme, whose neighbours in the vibrant one are too near to rho-loss.
        new("bald", "what the label would tell about the parameters, by Monte-Carlo dropout", None, ReferenceUse.None, "#AA3377",
            scoring => SelectionFunctions.Bald(scoring.DropoutPasses))
        {
            NeedsDropout = true,
            Keys = DropoutKeys,
        },

        new("conditional-entropy", "mean entropy of Monte-Carlo dropout passes", None, ReferenceUse.None, "#33BBEE",
            scoring => SelectionFunctions.ConditionalEntropy(scoring.DropoutPasses))
        {
            NeedsDropout = true,
            Keys = DropoutKeys,
        },

        new("predictive-entropy", "entropy of the mean of Monte-Carlo dropout passes", None, ReferenceUse.None, "#228833",
            scoring => SelectionFunctions.PredictiveEntropy(scoring.DropoutPasses))
        {
            NeedsDropout = true,
            Keys = DropoutKeys,
        },

        new("loss-minus-conditional-entropy", "training loss less conditional entropy", None, ReferenceUse.None, "#EE7733",
            scoring => SelectionFunctions.LossMinusConditionalEntropy(scoring.DropoutPasses))
        {
            NeedsDropout = true,
            Keys = DropoutKeys,
        },

        new("auto", "the bounded score, and only while that pays: it measures costs and benefits while it trains", Loss,
            ReferenceUse.Probabilities, "#661100", _ => SelectionFunctions.Learnability)
        {
            IsGated = true,
            TakesScorer = false,
            TakesShare = false,
            Keys =
            [
                .. ProxyKeys, "scoring.refresh-every", "scoring.proxy-train-every", "scoring.proxy-train-share",
                "scoring.proxy-downscale", "scoring.proxy-precision",
            ],
        },
    ];

    /// <summary>The names of all rows.</summary>
    public static ValueList<string> Names { get; } = [.. All.Select(method => method.Name)];

    private static bool IsAtLeast0(double value) => value >= 0 && double.IsFinite(value);

    private static ValueList<string> ProxyKeys => ["scoring.proxy-model", "scoring.proxy-hidden", "scoring.proxy-learning-rate"];

    private static ValueList<string> DropoutKeys => ["scoring.dropout-passes"];

    /// <summary>The row of that name, or null.</summary>
    public static SelectionMethod? Find(string name) => All.FirstOrDefault(method => method.Name == name);
}
