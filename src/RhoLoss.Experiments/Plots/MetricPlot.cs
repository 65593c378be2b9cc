using RhoLoss.Experiments.Registry;
using RhoLoss.Serialization;
using RhoLoss.Training;
using ScottPlot;
using ScottPlot.AxisPanels;
using ScottPlot.Panels;
using ScottPlot.Plottables;

namespace RhoLoss.Experiments.Plots;

/// <summary>What was measured of one method on the test set.</summary>
/// <param name="Method">Name of the method; gives the colour and the text in the legend.</param>
/// <param name="ValuesBySeed">One list a seed with the value after each epoch; shares between 0 and 1.</param>
/// <param name="Places">Where on the x axis the values are; null for epochs, 1, 2, 3 ….</param>
public sealed record MetricSeries(
    string Method, IReadOnlyList<IReadOnlyList<double>> ValuesBySeed, IReadOnlyList<double>? Places = null);

/// <summary>
/// A metric of the test set over epochs, steps or seconds, one line a method: the mean over seeds, and a band from the lowest to the
/// highest seed.
/// </summary>
public static class MetricPlot
{
    /// <summary>Width of the picture in pixels.</summary>
    public const int Width = 1200;

    /// <summary>Height of the picture in pixels.</summary>
    public const int Height = 700;

    internal static readonly Color Ink = Color.FromHex("#222222");
    internal static readonly Color Muted = Color.FromHex("#595959");

    /// <summary>Draws the plot and writes it as PNG.</summary>
    /// <param name="path">File to write; an older one is replaced.</param>
    /// <param name="title">Title above the plot.</param>
    /// <param name="metric">What the values are of.</param>
    /// <param name="series">The methods, in the order of the legend.</param>
    /// <param name="xLabel">What an epoch is here, for example "epoch (every point scored once, 10 % trained on)".</param>
    /// <param name="footnote">Small text below: data, seeds, machine. Empty for none.</param>
    /// <exception cref="ArgumentException">There is no series, no seed, no epoch, or a value that the metric cannot have.</exception>
    /// <exception cref="InvalidInputException">The file cannot be written.</exception>
    public static void Save(
        string path, string title, Metric metric, IReadOnlyList<MetricSeries> series, string xLabel, string footnote)
    {
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentNullException.ThrowIfNull(series);
        List<Curve> curves = series.Select(of => Summarize(of, metric)).ToList();
        if (curves.Count == 0) { throw new ArgumentException("A plot needs at least one series.", nameof(series)); }

        PlotFonts.Register();
        using var plot = new Plot();
        // Bands first: no line is hidden under another method's band.
        foreach (Curve curve in curves) { AddBand(plot, curve, MethodColors.Of(curve.Method)); }
        foreach ((Curve curve, LinePattern pattern) in curves.Zip(MethodColors.Patterns([.. curves.Select(curve => curve.Method)])))
        {
            AddLine(plot, curve, MethodColors.Of(curve.Method), pattern);
        }
        SetLimits(plot, curves, metric);
        Label(plot, title, metric, xLabel, footnote);
        StyleAxes(plot);
        plot.Axes.Left.MinimumSize = 84;
        plot.Axes.Bottom.MinimumSize = 60;
        AddLegend(plot);
        AtomicFile.WriteAllBytes(path, plot.GetImageBytes(Width, Height, ImageFormat.Png));
    }

    internal sealed record Curve(string Method, int Seeds, double[] Epochs, double[] Mean, double[] Low, double[] High);

    internal static Curve Summarize(MetricSeries series, Metric metric)
    {
        // An interrupted seed shortens the line: a mean over changing sets of seeds would jump where one ends.
        int epochs = series.ValuesBySeed.Count == 0 ? 0 : series.ValuesBySeed.Min(seed => seed.Count);
        if (epochs == 0) { throw new ArgumentException($"{series.Method} has no value to plot.", nameof(series)); }
        if (series.ValuesBySeed.Any(seed => seed.Any(value => !double.IsFinite(value) || (metric.IsShare && value is < 0 or > 1))))
        {
            throw new ArgumentException(
                $"The values of {metric.NameInPoints} of {series.Method} must be {(metric.IsShare ? "between 0 and 1" : "finite")}.",
                nameof(series));
        }

        double unit = metric.IsShare ? 100 : 1;
        var columns = Enumerable.Range(0, epochs)
            .Select(epoch => series.ValuesBySeed.Select(seed => unit * seed[epoch]).ToArray())
            .ToList();
        return new Curve(
            series.Method, series.ValuesBySeed.Count,
            [.. series.Places?.Take(epochs) ?? Enumerable.Range(1, epochs).Select(epoch => (double)epoch)],
            [.. columns.Select(column => column.Average())],
            [.. columns.Select(column => column.Min())],
            [.. columns.Select(column => column.Max())]);
    }

    internal static void AddBand(Plot plot, Curve curve, Color color)
    {
        if (curve.Seeds < 2) { return; }
        FillY band = plot.Add.FillY(curve.Epochs, curve.Low, curve.High);
        band.FillColor = color.WithAlpha(.13);
        band.LineWidth = 0;
        band.MarkerSize = 0;
    }

    internal static void AddLine(Plot plot, Curve curve, Color color, LinePattern? pattern = null)
    {
        Scatter line = plot.Add.Scatter(curve.Epochs, curve.Mean);
        line.LinePattern = pattern ?? LinePattern.Solid;
        line.Color = color;
        line.LineWidth = string.Equals(curve.Method, MethodTable.RhoLoss, StringComparison.Ordinal) ? 3.5f : 2.2f;
        line.MarkerSize = curve.Epochs.Length <= 60 ? 6 : 0;
        line.LegendText = curve.Method;
    }

    internal static void SetLimits(Plot plot, List<Curve> curves, Metric metric)
    {
        double low = curves.Min(curve => curve.Low.Min());
        double high = curves.Max(curve => curve.High.Max());
        double margin = Math.Max(.06 * (high - low), metric.IsShare ? .5 : .005 * Math.Abs(high));
        (double floor, double ceiling) = metric.IsShare ? (0, 100.5) : (double.NegativeInfinity, double.PositiveInfinity);
        if (margin == 0) { margin = 1; }   // all values are 0
        double last = curves.Max(curve => curve.Epochs[^1]);
        double first = Math.Min(1, curves.Min(curve => curve.Epochs[0]));
        plot.Axes.SetLimits(first - (.02 * last), last * 1.02, Math.Max(floor, low - margin), Math.Min(ceiling, high + margin));
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
    }

    private static void Label(Plot plot, string title, Metric metric, string xLabel, string footnote)
    {
        plot.Title(title, 22);
        plot.XLabel(xLabel, 18);
        plot.YLabel($"test {metric.Words}{(metric.IsShare ? " (%)" : "")}", 18);
        if (footnote.Length > 0) { AddFootnote(plot, footnote); }
    }

    private static void AddFootnote(Plot plot, string footnote)
    {
        // An axis without ticks: the only label of ScottPlot that gets room of its own below the x axis.
        BottomAxis note = plot.Axes.AddBottomAxis();
        note.TickGenerator = new ScottPlot.TickGenerators.EmptyTickGenerator();
        note.FrameLineStyle.IsVisible = false;
        note.MinimumSize = 34;
        note.LabelText = footnote;
        note.LabelFontSize = 14;
        note.LabelFontColor = Muted;
        note.LabelBold = false;
        note.LabelFontName = PlotFonts.Family;
    }

    /// <summary>Colours, fonts and frame, the same in every picture.</summary>
    internal static void StyleAxes(Plot plot)
    {
        plot.FigureBackground.Color = Colors.White;
        plot.Grid.MajorLineColor = Color.FromHex("#E4E4E4");
        plot.Font.Set(PlotFonts.Family);
        // Named as a face: Font.Set has fixed the regular one, after which Label.Bold has no effect.
        plot.Axes.Title.Label.Font = ScottPlot.Fonts.GetTypeface(PlotFonts.Family, bold: true, italic: false);
        plot.Axes.Title.Label.ForeColor = Ink;
        Shrink(plot.Axes.Title.Label);
        foreach (IAxis axis in (ReadOnlySpan<IAxis>)[plot.Axes.Left, plot.Axes.Bottom])
        {
            axis.Label.Bold = false;
            axis.Label.ForeColor = Ink;
            axis.TickLabelStyle.FontSize = 15;
            axis.TickLabelStyle.ForeColor = Ink;
            axis.FrameLineStyle.Color = Ink;
            axis.MajorTickStyle.Color = Ink;
            axis.MinorTickStyle.Length = 0;
        }
        plot.Axes.Top.FrameLineStyle.IsVisible = false;
        plot.Axes.Right.FrameLineStyle.IsVisible = false;
    }

    private static void AddLegend(Plot plot)
    {
        LegendPanel panel = plot.ShowLegend(Edge.Right);
        panel.Alignment = Alignment.UpperLeft;
        panel.Legend.SymbolWidth = 44;   // long enough for a dashed line to look like one
        panel.Legend.FontSize = 16;
        panel.Legend.FontName = PlotFonts.Family;
        panel.Legend.FontColor = Ink;
        panel.Legend.OutlineWidth = 0;
        panel.Legend.ShadowColor = Colors.Transparent;
    }

    // A title too long for the space above the axes is set smaller rather than cut off at both ends.
    private static void Shrink(LabelStyle label)
    {
        const float room = 900;
        using Paint paint = Paint.NewDisposablePaint();
        label.FontSize *= Math.Min(1, room / Math.Max(1, label.Measure(label.Text, paint).Width));
    }
}
