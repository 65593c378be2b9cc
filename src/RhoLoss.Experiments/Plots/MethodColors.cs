using RhoLoss.Experiments.Recipes;
using ScottPlot;

namespace RhoLoss.Experiments.Plots;

/// <summary>
/// One colour a method, the same in every plot, from the palette of Okabe and Ito (2008), which people with any of the
/// usual colour blindnesses can tell apart. Its yellow is left out: too pale for a line on white. What is not in the paper has a colour
/// of Paul Tol's muted scheme (2021), made for the same purpose.
/// </summary>
public static class MethodColors
{
    private const string Black = "#000000";
    private static readonly string[] Others = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

    private static readonly LinePattern[] Strokes = [LinePattern.Solid, LinePattern.Dashed, LinePattern.Dotted, LinePattern.DenselyDashed];

    /// <summary>
    /// The colour of an arm as <c>#RRGGBB</c>: its method's, whatever its scorer, share and budget, which <see cref="Patterns"/> tells
    /// apart. A name not known here gets a colour that depends only on the name.
    /// </summary>
    public static string Hex(string arm) => (MethodSpec.TryParse(arm, out MethodSpec? spec) ? spec.Method : arm) switch
    {
        Methods.Uniform => Black,
        Methods.RhoLoss => "#0072B2",
        Methods.TrainLoss => "#D55E00",
        Methods.GradientNorm => "#009E73",
        Methods.GradientNormImportanceSampling => "#E69F00",
        Methods.NegativeIrreducibleLoss => "#CC79A7",
        Methods.Learnability => "#332288",
        Methods.SampledLearnability => "#88CCEE",
        Methods.TemperedLearnability => "#44AA99",
        Methods.SmoothedLearnability => "#117733",
        Methods.ProbabilityGap => "#999933",
        Methods.FilterUniform => "#DDCC77",
        Methods.SelectiveBackprop => "#CC6677",
        Methods.InfoBatch => "#882255",
        Methods.Rs2 => "#AA4499",
        Methods.Auto => "#661100",
        // Tol's vibrant scheme.
        Methods.OriginalRho => "#CC3311",
        Methods.Svp => "#EE3377",
        // Bald and predictive-entropy are of the bright scheme, whose neighbours in the vibrant one are too near to rho-loss.
        Methods.Bald => "#AA3377",
        Methods.ConditionalEntropy => "#33BBEE",
        Methods.PredictiveEntropy => "#228833",
        Methods.LossMinusConditionalEntropy => "#EE7733",
        // string.GetHashCode differs from process to process, a sum does not.
        _ => Others[arm.Sum(c => c) % Others.Length],
    };

    /// <summary>How the line of each arm is drawn: the first arm of a colour solid, the next ones dashed or dotted.</summary>
    internal static IReadOnlyList<LinePattern> Patterns(IReadOnlyList<string> arms) =>
        [.. arms.Select((arm, i) => Strokes[arms.Take(i).Count(earlier => Hex(earlier) == Hex(arm)) % Strokes.Length])];

    internal static Color Of(string arm) => Color.FromHex(Hex(arm));
}
