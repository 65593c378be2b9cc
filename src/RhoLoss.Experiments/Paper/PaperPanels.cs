using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Plots;
using ScottPlot;
using static System.FormattableString;

namespace RhoLoss.Experiments.Paper;

/// <summary>The panels of an experiment's picture.</summary>
internal static class PaperPanels
{
    /// <summary>Test accuracy over epochs or steps, one panel a part.</summary>
    public static IReadOnlyList<FigurePanel> Accuracy(IReadOnlyList<PartResult> parts) => [.. parts.Select(part => new FigurePanel(
        part.Title, part.Recipe.Training.CountsEpochs ? "epoch" : "gradient steps", "test accuracy (%)",
        part.Recipe.Training.Methods, (plot, colors) => Draw(plot, part, colors)))];

    /// <summary>
    /// Shares of what is selected, one panel a part and share that is known for it, one bar a method with the range of its seeds.
    /// </summary>
    public static IReadOnlyList<FigurePanel> Selected(IReadOnlyList<PartResult> parts) =>
    [
        .. from part in parts
           from share in Enum.GetValues<SelectedShare>()
           let bars = part.Recipe.Training.Methods
               .Select(method => (Method: method, Shares: part.BySeed(seed => 100 * part.Selected(share, method, seed))))
               .Where(bar => bar.Shares.All(s => s is not null))
               .ToArray()
           where bars.Length > 1   // one bar compares nothing
           select new FigurePanel(
               $"{part.Title}: {Claim.InWords(share)}", "", "% of selected points",
               [.. bars.Select(bar => bar.Method)], (plot, colors) => Draw(plot, bars, colors)),
    ];

    /// <summary>What an epoch is, and whose spread is drawn.</summary>
    public static IReadOnlyList<string> Footnote(IReadOnlyList<PartResult> parts)
    {
        int[] seeds = [.. parts.Select(part => part.Recipe.Training.Seeds.Count).Distinct().Order()];
        var lines = new List<string> { seeds is [1] ? "One seed." : Invariant($"Mean and range of {string.Join(" to ", seeds)} seeds.") };
        if (parts.Any(part => part.Recipe.Training.CountsEpochs))
        {
            lines[0] += " In an epoch every point is a candidate once, and n_b of every n_B are trained on, for uniform drawn at random.";
        }
        string[] substitutes =
            [.. parts.Where(part => part.Data.Substitute).Select(part => $"{part.Data.Set} for {part.Part.PaperSet}").Distinct()];
        if (substitutes.Length > 0) { lines.Add($"Stand-ins: {string.Join(", ", substitutes)}."); }
        return lines;
    }

    private static void Draw(Plot plot, PartResult part, Func<string, Color> colors)
    {
        IEnumerable<MetricSeries> series = part.Recipe.Training.Methods.Select(method => new MetricSeries(
            method, part.BySeed(seed => part.Arm(method, seed).ByEpoch(PartResult.Accuracy)), PlacesOf(part, method)));
        List<MetricPlot.Curve> curves = [.. series.Select(of => MetricPlot.Summarize(of, PartResult.Accuracy))];
        foreach (MetricPlot.Curve curve in curves) { MetricPlot.AddBand(plot, curve, colors(curve.Method)); }
        foreach (MetricPlot.Curve curve in curves) { MetricPlot.AddLine(plot, curve, colors(curve.Method)); }
        MetricPlot.SetLimits(plot, curves, PartResult.Accuracy);
    }

    private static double[]? PlacesOf(PartResult part, string method)
    {
        if (part.Recipe.Training.CountsEpochs) { return null; }
        IReadOnlyList<ArmResult> arms = part.BySeed(seed => part.Arm(method, seed));
        return [.. Enumerable.Range(0, arms.Min(arm => arm.Points.Count)).Select(i => arms.Average(arm => (double)arm.Points[i].Step))];
    }

    private static void Draw(Plot plot, (string Method, IReadOnlyList<double?> Shares)[] bars, Func<string, Color> colors)
    {
        for (int i = 0; i < bars.Length; i++)
        {
            double[] shares = [.. bars[i].Shares.Select(share => share!.Value)];
            ScottPlot.Plottables.BarPlot bar = plot.Add.Bar(i, shares.Average());
            bar.Color = colors(bars[i].Method);
            bar.Bars[0].LineWidth = 0;
            if (shares.Length > 1)
            {
                ScottPlot.Plottables.LinePlot range = plot.Add.Line(i, shares.Min(), i, shares.Max());
                range.Color = MetricPlot.Muted;
                range.LineWidth = 2;
            }
        }
        plot.Axes.SetLimits(-.7, bars.Length - .3, 0, Math.Max(1, 1.08 * bars.Max(bar => bar.Shares.Max()!.Value)));
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.EmptyTickGenerator();   // the legend names the bars
    }
}
