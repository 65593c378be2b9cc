using System.Reflection;
using ScottPlot;
using SkiaSharp;

namespace RhoLoss.Experiments.Plots;

/// <summary>
/// Open Sans from this assembly, so that a plot looks the same on a machine without fonts, where ScottPlot would fall back
/// to a serif face or to none.
/// </summary>
public static class PlotFonts
{
    /// <summary>The family to name in a plot after <see cref="Register"/>.</summary>
    public const string Family = "Open Sans";

    private static readonly Lazy<bool> Registered = new(() =>
    {
        // First, so that an Open Sans of the system (another version) does not win.
        ScottPlot.Fonts.FontResolvers.Insert(0, new EmbeddedFontResolver());
        return true;
    });

    /// <summary>Makes the fonts known to ScottPlot; further calls do nothing.</summary>
    public static void Register() => _ = Registered.Value;

    private sealed class EmbeddedFontResolver : IFontResolver
    {
        private readonly SKTypeface _regular = Load("OpenSans-Regular.ttf");
        private readonly SKTypeface _bold = Load("OpenSans-Bold.ttf");

        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            CreateTypeface(fontName, weight >= FontWeight.SemiBold, slant != FontSlant.Upright);

        // There is no italic face among the two; Skia slants nothing by itself, so italic text comes out upright.
        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
            !string.Equals(fontName, Family, StringComparison.Ordinal) ? null : bold ? _bold : _regular;

        private static SKTypeface Load(string file)
        {
            using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"fonts/{file}")
                ?? throw new InvalidOperationException($"The font {file} is missing from the assembly.");
            using SKData data = SKData.Create(stream);
            return SKTypeface.FromData(data) ?? throw new InvalidOperationException($"The font {file} in the assembly cannot be read.");
        }
    }
}
