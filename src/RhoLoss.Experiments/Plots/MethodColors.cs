using RhoLoss.Experiments.Registry;
using ScottPlot;

namespace RhoLoss.Experiments.Plots;

/// <summary>
/// One colour a method, the same in every plot: that of its row in <see cref="MethodTable"/>.
/// </summary>
public static class MethodColors
{
    private static readonly string[] Others = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

    private static readonly LinePattern[] Strokes = [LinePattern.Solid, LinePattern.Dashed, LinePattern.Dotted, LinePattern.DenselyDashed];

    /// <summary>
    /// The colour of an arm as <c>#RRGGBB</c>: its method's, whatever its scorer, share and budget, which <see cref="Patterns"/> tells
    /// apart. A name not known here gets a colour that depends only on the name.
    /// </summary>
    public static string Hex(string arm) =>
        // string.GetHashCode differs from process to process, a sum does not.
        RecipeArm.TryParse(arm, out RecipeArm? known) ? known.Method.Color : Others[arm.Sum(c => c) % Others.Length];

    /// <summary>How the line of each arm is drawn: the first arm of a colour solid, the next ones dashed or dotted.</summary>
    internal static IReadOnlyList<LinePattern> Patterns(IReadOnlyList<string> arms) =>
        [.. arms.Select((arm, i) => Strokes[arms.Take(i).Count(earlier => Hex(earlier) == Hex(arm)) % Strokes.Length])];

    internal static Color Of(string arm) => Color.FromHex(Hex(arm));
}
