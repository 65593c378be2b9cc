using RhoLoss.Experiments.Registry;
using RhoLoss.Serialization;
using ScottPlot;
using SkiaSharp;

namespace RhoLoss.Experiments.Plots;

/// <summary>One panel of a figure.</summary>
/// <param name="Title">Above the panel.</param>
/// <param name="XLabel">Below it; empty for none.</param>
/// <param name="YLabel">Left of it.</param>
/// <param name="Series">Names of what it shows, for the legend of the figure.</param>
/// <param name="Draw">Adds its contents to a plot, in the colours given by name.</param>
public sealed record FigurePanel(
    string Title, string XLabel, string YLabel, IReadOnlyList<string> Series, Action<Plot, Func<string, Color>> Draw);

/// <summary>Several panels with one title, one legend and one footnote.</summary>
public static class PaperFigure
{
    private const int Margin = 24, PanelWidth = 430, PanelHeight = 330, SinglePanelWidth = 900, SinglePanelHeight = 520,
        MostColumns = 4, Scale = 2;
    private const float TitleSize = 21, LegendSize = 15, FootnoteSize = 13, LineHeight = 26;

    /// <summary>Draws the figure and writes it as PNG.</summary>
    /// <param name="path">File to write; an older one is replaced.</param>
    /// <param name="title">Title above everything.</param>
    /// <param name="panels">The panels, row by row.</param>
    /// <param name="footnote">Small lines below everything.</param>
    /// <exception cref="ArgumentException">There is no panel.</exception>
    /// <exception cref="InvalidInputException">The file cannot be written.</exception>
    public static void Save(string path, string title, IReadOnlyList<FigurePanel> panels, IReadOnlyList<string> footnote)
    {
        ArgumentNullException.ThrowIfNull(panels);
        ArgumentNullException.ThrowIfNull(footnote);
        if (panels.Count == 0) { throw new ArgumentException("A figure needs at least one panel.", nameof(panels)); }
        PlotFonts.Register();
        (int panelWidth, int panelHeight) = panels.Count == 1 ? (SinglePanelWidth, SinglePanelHeight) : (PanelWidth, PanelHeight);
        int columns = panels.Count <= MostColumns
            ? panels.Count
            : Enumerable.Range(3, MostColumns - 2).MinBy(c => (panels.Count + c - 1) / c * c - panels.Count);
        var rows = (panels.Count + columns - 1) / columns;
        var width = (columns * panelWidth) + (2 * Margin);
        string[] names = [.. panels.SelectMany(panel => panel.Series).Distinct(StringComparer.Ordinal)];
        Func<string, Color> colors = ColorsOf(names);
        using SKFont bold = Font(TitleSize, bold: true);
        using SKFont plain = Font(LegendSize, bold: false);
        using SKFont small = Font(FootnoteSize, bold: false);
        List<string> titleLines = Wrap(title, bold, width - (2 * Margin));
        List<(string Name, float X, int Row)> legend = Place(names, plain, width - (2 * Margin));
        List<string> notes = footnote.SelectMany(line => Wrap(line, small, width - (2 * Margin))).ToList();
        float panelTitleSize = panels.Min(panel => PanelTitleSize(panel.Title, panelWidth - 96));
        float top = Margin + (titleLines.Count * 30) + ((legend.Max(entry => entry.Row) + 1) * LineHeight) + 8;
        float height = top + (rows * panelHeight) + (notes.Count * 18) + 8 + Margin;

        using SKSurface surface = SKSurface.Create(new SKImageInfo(width * Scale, (int)height * Scale));
        SKCanvas canvas = surface.Canvas;
        canvas.Clear(SKColors.White);
        canvas.Scale(Scale);   // twice the pixels: text stays sharp where a page shows the picture at half its size
        for (int i = 0; i < titleLines.Count; i++) { Text(canvas, titleLines[i], Margin, Margin + 18 + (30 * i), bold, MetricPlot.Ink); }
        foreach ((string name, float x, int row) in legend)
        {
            float y = Margin + (titleLines.Count * 30) + (row * LineHeight) + 12;
            using var paint = new SKPaint { Color = ToSkia(colors(name)), StrokeWidth = 4, IsAntialias = true };
            canvas.DrawLine(Margin + x, y, Margin + x + 24, y, paint);
            Text(canvas, name, Margin + x + 32, y + 5, plain, MetricPlot.Ink);
        }
        for (int i = 0; i < panels.Count; i++)
        {
            (int row, int column) = (i / columns, i % columns);
            Draw(
                canvas, panels[i], panelTitleSize, colors,
                new PixelRect(
                    Margin + (column * panelWidth), Margin + ((column + 1) * panelWidth),
                    top + ((row + 1) * panelHeight), top + (row * panelHeight)));
        }
        for (int i = 0; i < notes.Count; i++)
        {
            Text(canvas, notes[i], Margin, top + (rows * panelHeight) + 20 + (18 * i), small, MetricPlot.Muted);
        }

        using SKImage image = surface.Snapshot();
        using SKData data = image.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.WriteAllBytes(path, data.ToArray());
    }

    /// <summary>
    /// A colour a name. Methods keep theirs; arms of one method that differ by share or scorer get steps of one ramp, from light to dark,
    /// because colours made from their names alone would coincide.
    /// </summary>
    internal static Func<string, Color> ColorsOf(IReadOnlyList<string> names)
    {
        string[] arms = [.. names.Where(name => MethodTable.Find(name) is null)];
        var ramp = new ScottPlot.Colormaps.Viridis();
        return name => Array.IndexOf(arms, name) is >= 0 and var i
            ? ramp.GetColor(.88 - (.88 * i / Math.Max(1, arms.Length - 1)))
            : MethodColors.Of(name);
    }

    private static void Draw(SKCanvas canvas, FigurePanel panel, float titleSize, Func<string, Color> colors, PixelRect place)
    {
        using var plot = new Plot();
        panel.Draw(plot, colors);
        plot.Title(panel.Title, titleSize);
        plot.XLabel(panel.XLabel, 14);
        plot.YLabel(panel.YLabel, 14);
        MetricPlot.StyleAxes(plot);
        foreach (IAxis axis in (ReadOnlySpan<IAxis>)[plot.Axes.Left, plot.Axes.Bottom]) { axis.TickLabelStyle.FontSize = 12.5f; }
        plot.Axes.Left.MinimumSize = 66;
        plot.Axes.Right.MinimumSize = 14;
        plot.Axes.Bottom.MinimumSize = 46;
        plot.HideLegend();
        // The canvas already holds the other panels.
        plot.RenderManager.ClearCanvasBeforeEachRender = false;
        plot.Render(canvas, place);
    }

    // The longest title decides, so that all panels have one size.
    private static float PanelTitleSize(string title, float room)
    {
        const float usual = 15;
        using SKFont font = Font(usual, bold: true);
        return usual * Math.Min(1, room / Math.Max(1, font.MeasureText(title)));
    }

    private static SKFont Font(float size, bool bold) =>
        new(ScottPlot.Fonts.GetTypeface(PlotFonts.Family, bold, italic: false), size) { Edging = SKFontEdging.Antialias };

    private static void Text(SKCanvas canvas, string text, float x, float y, SKFont font, Color color)
    {
        using var paint = new SKPaint { Color = ToSkia(color), IsAntialias = true };
        canvas.DrawText(text, x, y, font, paint);
    }

    private static SKColor ToSkia(Color color) => new(color.Red, color.Green, color.Blue, color.Alpha);

    private static List<string> Wrap(string text, SKFont font, float room)
    {
        var lines = new List<string> { "" };
        foreach (string word in text.Split(' '))
        {
            string longer = lines[^1].Length == 0 ? word : $"{lines[^1]} {word}";
            if (lines[^1].Length == 0 || font.MeasureText(longer) <= room)
            {
                lines[^1] = longer;
            }
            else
            {
                lines.Add(word);
            }
        }
        return lines;
    }

    private static List<(string Name, float X, int Row)> Place(string[] names, SKFont font, float room)
    {
        var placed = new List<(string, float, int)>();
        (float x, int row) = (0f, 0);
        foreach (string name in names)
        {
            float width = font.MeasureText(name) + 58;
            if (x > 0 && x + width > room) { (x, row) = (0, row + 1); }
            placed.Add((name, x, row));
            x += width;
        }
        return placed;
    }
}
