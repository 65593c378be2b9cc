using System.Globalization;

namespace RhoLoss.Tests.Support;

/// <summary>
/// Until it is disposed, numbers are written as in de-DE, with a comma for the point, and negative ones as in sv-SE, with U+2212. It is
/// made here, because processes with invariant globalization know no other culture.
/// </summary>
internal sealed class CommaCulture : IDisposable
{
    private readonly CultureInfo _before = CultureInfo.CurrentCulture;

    public CommaCulture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NumberGroupSeparator = ".";
        culture.NumberFormat.NegativeSign = "\u2212";
        CultureInfo.CurrentCulture = culture;
    }

    public void Dispose() => CultureInfo.CurrentCulture = _before;
}
