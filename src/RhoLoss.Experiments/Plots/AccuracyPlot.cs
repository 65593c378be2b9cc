using RhoLoss.Experiments.Registry;
using RhoLoss.Serialization;
using ScottPlot;
using ScottPlot.AxisPanels;
using ScottPlot.Panels;
using ScottPlot.Plottables;

namespace RhoLoss.Experiments.Plots;

/// <summary>The test accuracies of one method.</summary>
/// <param name="Method">Name of the method; gives the colour and the text in the legend.</param>
/// <param name="AccuracyBySeed">One list a seed with the accuracy after each epoch, between 0 and 1.</param>
/// <param name="Places">Where on the x axis the accuracies are; null for epochs, 1, 2, 3 ….</param>
public sealed record AccuracySeries(
    string Method, IReadOnlyList<IReadOnlyList<double>> AccuracyBySeed, IReadOnlyList<double>? Places = null);

/// <summary>
/// Test accuracy over epochs, steps or seconds, one line a method: the mean over seeds, and a band from the lowest to the highest seed.
/// </summary>
public static class AccuracyPlot
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
    /// <param name="series">The methods, in the order of the legend.</param>
    /// <param name="xLabel">What an epoch is here, for example "epoch (every point scored once, 10 % trained on)".</param>
    /// <param name="footnote">Small text below: data, seeds, machine. Empty for none.</param>
    /// <exception cref="ArgumentException">There is no series, no seed, no epoch, or an accuracy that is no share.</exception>
    /// <exception cref="InvalidInputException">The file cannot be written.</exception>
    public static void Save(string path, string title, IReadOnlyList<AccuracySeries> series, string xLabel, string footnote)
    {
        ArgumentNullException.ThrowIfNull(series);
        List<Curve> curves = series.Select(Summarize).ToList();
        if (curves.Count == 0) { throw new ArgumentException("A plot needs at least one series.", nameof(series)); }

        PlotFonts.Register();
        using var plot = new Plot();
        // Bands first: no line is hidden under another method's band.
        foreach (Curve curve in curves) { AddBand(plot, curve, MethodColors.Of(curve.Method)); }
        foreach ((Curve curve, LinePattern pattern) in curves.Zip(MethodColors.Patterns([.. curves.Select(curve => curve.Method)])))
        {
            AddLine(plot, curve, MethodColors.Of(curve.Method), pattern);
        }
        SetLimits(plot, curves);
        Label(plot, title, xLabel, footnote);
        StyleAxes(plot);
        plot.Axes.Left.MinimumSize = 84;
        plot.Axes.Bottom.MinimumSize = 60;
        AddLegend(plot);
        AtomicFile.WriteAllBytes(path, plot.GetImageBytes(Width, Height, ImageFormat.Png));
    }

    internal sealed record Curve(string Method, int Seeds, double[] Epochs, double[] Mean, double[] Low, double[] High);

    internal static Curve Summarize(AccuracySeries series)
    {
        // An interrupted seed shortens the line: a mean over changing sets of seeds would jump where one ends.
        int epochs = series.AccuracyBySeed.Count == 0 ? 0 : series.AccuracyBySeed.Min(seed => seed.Count);
        if (epochs == 0) { throw new ArgumentException($"{series.Method} has no accuracy to plot.", nameof(series)); }
        if (series.AccuracyBySeed.Any(seed => seed.Any(accuracy => accuracy is not (>= 0 and <= 1))))
        {
            throw new ArgumentException($"The accuracies of {series.Method} must be between 0 and 1.", nameof(series));
        }

        var columns = Enumerable.Range(0, epochs)
            .Select(epoch => series.AccuracyBySeed.Select(seed => 100 * seed[epoch]).ToArray())
            .ToList();
        return new Curve(
            series.Method, series.AccuracyBySeed.Count,
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

    internal static void SetLimits(Plot plot, List<Curve> curves)
    {
        double low = curves.Min(curve => curve.Low.Min());
        double high = curves.Max(curve => curve.High.Max());
        double margin = Math.Max(.06 * (high - low), .5);
        double last = curves.Max(curve => curve.Epochs[^1]);
        double first = Math.Min(1, curves.Min(curve => curve.Epochs[0]));
        plot.Axes.SetLimits(first - (.02 * last), last * 1.02, Math.Max(0, low - margin), Math.Min(100.5, high + margin));
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
    }

    private static void Label(Plot plot, string title, string xLabel, string footnote)
    {
        plot.Title(title, 22);
        plot.XLabel(xLabel, 18);
        plot.YLabel("test accuracy (%)", 18);
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
