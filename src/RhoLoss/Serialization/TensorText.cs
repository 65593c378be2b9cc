using System.Text;

namespace RhoLoss.Serialization;

/// <summary>Names and shapes as messages show them. They come from files, so they may hold anything and be of any length.</summary>
internal static class TensorText
{
    private const int LongestName = 100;

    /// <summary>A name on one line, cut where it is long.</summary>
    public static string Name(string name)
    {
        string start = name.Length <= LongestName ? name : name[..LongestName] + "…";
        if (!start.Any(char.IsControl)) { return start; }
        var shown = new StringBuilder(start.Length);
        foreach (char c in start) { shown.Append(char.IsControl(c) ? ' ' : c); }
        return shown.ToString();
    }

    /// <summary>A shape: <c>[32, 784]</c>.</summary>
    public static string Shape(long[] shape) => $"[{string.Join(", ", shape)}]";
}
