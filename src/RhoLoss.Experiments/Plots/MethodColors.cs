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

    /// <summary>The colour of a method as <c>#RRGGBB</c>. A name not known here gets one that depends only on the name.</summary>
    public static string Hex(string method) => method switch   // an arm with scorer or share is a name of its own
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
        // string.GetHashCode differs from process to process, a sum does not.
        _ => Others[method.Sum(c => c) % Others.Length],
    };

    internal static Color Of(string method) => Color.FromHex(Hex(method));
}
