using System.Buffers.Binary;
using RhoLoss.Experiments.Plots;
using RhoLoss.Experiments.Registry;
using RhoLoss.Training;
using SkiaSharp;

namespace RhoLoss.Experiments.Tests.Plots;

public sealed class MetricPlotTests
{
    private static readonly Metric Accuracy = Metric.Named(Metric.Accuracy);
    private const string XLabel = "epoch (every point scored once, 10 % trained on)";

    [Fact]
    public void The_picture_is_a_PNG_of_the_promised_size_with_every_methods_colour()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("accuracy.png");

        MetricPlot.Save(path, "Quickstart", Accuracy,
            [Series("uniform", .80), Series("rho-loss", .84), Series("train-loss", .6)], XLabel, "3 seeds");

        var png = File.ReadAllBytes(path);
        // PNG specification, 5.2: signature; 11.2.2: width and height at bytes 16 and 20.
        png.AsSpan(0, 8).ToArray().ShouldBe([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
        BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)).ShouldBe(1200);
        BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)).ShouldBe(700);
        Pixels(path, MethodColors.Hex("uniform")).ShouldBeGreaterThan(500);
        Pixels(path, MethodColors.Hex("rho-loss")).ShouldBeGreaterThan(500);
        Pixels(path, MethodColors.Hex("train-loss")).ShouldBeGreaterThan(500);
        Pixels(path, MethodColors.Hex("negative-il")).ShouldBe(0, "it was not plotted");
    }

    [Theory]
    [InlineData(7)]
    [InlineData(160)]
    public void Nothing_touches_the_edge_of_the_picture(int titleLength)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("accuracy.png");

        MetricPlot.Save(path, new string('W', titleLength / 3).PadRight(titleLength, 'n'),
            Accuracy,
            [Series("gradient-norm-is", .8)], XLabel, "one line below");

        using var picture = SkiaSharp.SKBitmap.Decode(path);
        IEnumerable<SKColor> edge = Enumerable.Range(0, 1200).SelectMany(x => new[] { picture.GetPixel(x, 2), picture.GetPixel(x, 697) })
            .Concat(Enumerable.Range(0, 700).SelectMany(y => new[] { picture.GetPixel(2, y), picture.GetPixel(1197, y) }));
        edge.Where(color => color != SkiaSharp.SKColors.White).ShouldBeEmpty();
    }

    [Fact]
    public void One_seed_and_one_epoch_are_enough()
    {
        using var folder = new TemporaryFolder();
        MetricPlot.Save(folder.File("a.png"), "One", Accuracy, [new MetricSeries("rho-loss", [[0.5]])], XLabel, "");

        Pixels(folder.File("a.png"), MethodColors.Hex("rho-loss")).ShouldBeGreaterThan(20);
    }

    [Fact]
    public void What_cannot_be_drawn_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.png");

        Should.Throw<ArgumentException>(() => MetricPlot.Save(path, "", Accuracy, [], XLabel, ""));
        Should.Throw<ArgumentException>(() => MetricPlot.Save(path, "", Accuracy, [new MetricSeries("uniform", [])], XLabel, ""));
        Should.Throw<ArgumentException>(() => MetricPlot.Save(path, "", Accuracy, [new MetricSeries("uniform", [[]])], XLabel, ""));
        Should.Throw<ArgumentException>(() =>
            MetricPlot.Save(path, "", Accuracy, [new MetricSeries("uniform", [[double.NaN]])], XLabel, ""));
        Should.Throw<ArgumentException>(() => MetricPlot.Save(path, "", Accuracy, [new MetricSeries("uniform", [[85.0]])], XLabel, ""));
        File.Exists(path).ShouldBeFalse();
    }

    [Fact]
    public void Values_that_are_no_shares_are_drawn_as_they_are()
    {
        var bits = Metric.Named(Metric.BitsPerByte);
        MetricPlot.Curve curve = MetricPlot.Summarize(new MetricSeries("uniform", [[8, 2.5], [6, 1.5]]), bits);
        curve.Mean.ShouldBe([7, 2]);
        curve.Low.ShouldBe([6, 1.5]);
        curve.High.ShouldBe([8, 2.5]);
        MetricPlot.Summarize(new MetricSeries("uniform", [[0.25]]), Accuracy).Mean.ShouldBe([25], "per cent");

        using var folder = new TemporaryFolder();
        MetricPlot.Save(folder.File("a.png"), "Bits", bits, [new MetricSeries("rho-loss", [[8, 2.5], [6, 1.5]])], XLabel, "");
        Pixels(folder.File("a.png"), MethodColors.Hex("rho-loss")).ShouldBeGreaterThan(200);
        Should.Throw<ArgumentException>(() => MetricPlot.Summarize(new MetricSeries("uniform", [[double.NaN]]), bits));
    }

    [Fact]
    public void The_shipped_font_is_the_one_that_draws()
    {
        PlotFonts.Register();

        ScottPlot.Fonts.GetTypeface(PlotFonts.Family, bold: false, italic: false).FamilyName.ShouldBe("Open Sans");
        SKTypeface bold = ScottPlot.Fonts.GetTypeface(PlotFonts.Family, bold: true, italic: false);
        bold.FamilyName.ShouldBe("Open Sans");
        bold.IsBold.ShouldBeTrue();
    }

    [Fact]
    public void Known_methods_have_different_colours_and_others_keep_theirs()
    {
        MethodTable.Names.Select(MethodColors.Hex).Distinct(StringComparer.Ordinal).Count().ShouldBe(MethodTable.Names.Count);
        // 'm' + 'y' = 109 + 121 = 230 = 38 · 6 + 2: the third of the six.
        MethodColors.Hex("my").ShouldBe("#009E73");
    }

    [Fact]
    public void Arms_of_one_method_share_its_colour_and_differ_in_their_strokes()
    {
        MethodColors.Hex("rho-loss+proxy@0.5~0.5").ShouldBe(MethodColors.Hex("rho-loss"));

        ScottPlot.LinePattern[] patterns =
        [
            .. MethodColors.Patterns(["uniform", "rho-loss", "rho-loss@0.5", "uniform~0.5", "rho-loss+proxy"]),
        ];

        patterns[0].ShouldBe(ScottPlot.LinePattern.Solid);
        patterns[1].ShouldBe(ScottPlot.LinePattern.Solid);
        patterns[3].ShouldNotBe(patterns[0]);
        new[] { patterns[1], patterns[2], patterns[4] }.Distinct().Count().ShouldBe(3);
    }

    private static MetricSeries Series(string method, double top) =>
        new(method, [.. Enumerable.Range(0, 3)
            .Select(seed => (IReadOnlyList<double>)[.. Enumerable.Range(1, 20).Select(epoch => top - (.3 / epoch) + (.01 * seed))])]);

    private static int Pixels(string path, string hex)
    {
        using var picture = SkiaSharp.SKBitmap.Decode(path);
        var color = SkiaSharp.SKColor.Parse(hex);
        return picture.Pixels.Count(pixel => pixel == color);
    }
}
