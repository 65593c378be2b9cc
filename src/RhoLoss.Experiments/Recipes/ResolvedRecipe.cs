using System.Globalization;
using System.Text;

namespace RhoLoss.Experiments.Recipes;

/// <summary>One value of a resolved recipe.</summary>
/// <param name="Key">Full name, <c>section.key</c>.</param>
/// <param name="Value">The value as TOML text.</param>
/// <param name="Origin"><c>default</c>, <c>recipe NAME</c>, <c>file PATH</c> or <c>--set</c>.</param>
/// <param name="Documentation">One line on what the key means.</param>
public sealed record ResolvedValue(string Key, string Value, string Origin, string Documentation);

/// <summary>A recipe after defaults and overrides, with the origin of every value.</summary>
/// <param name="Recipe">The typed recipe.</param>
/// <param name="Values">Every key in the order of <see cref="RecipeKeys.All"/>, defaults included.</param>
public sealed record ResolvedRecipe(Recipe Recipe, IReadOnlyList<ResolvedValue> Values)
{
    /// <summary>What was given by a name of an earlier version, with another value than the default: each with its present name.</summary>
    public IReadOnlyList<string> Renamed { get; init; } = [];

    /// <summary>A complete recipe file that loads back to an equal recipe; each line ends with its value's origin as a comment.</summary>
    public string ToToml()
    {
        var toml = new StringBuilder("# The resolved recipe: every key with its value and where the value came from.\n");
        string section = "";
        int width = Values.Max(value => Assignment(value).Length);
        foreach (ResolvedValue value in Values)
        {
            int dot = value.Key.LastIndexOf('.');
            if (dot > 0 && !string.Equals(value.Key[..dot], section, StringComparison.Ordinal))
            {
                section = value.Key[..dot];
                toml.Append(CultureInfo.InvariantCulture, $"\n[{section}]\n");
            }
            // A path may hold a line break, which would end the comment.
            string origin = VisibleText.Of(value.Origin);
            toml.Append(CultureInfo.InvariantCulture, $"{Assignment(value).PadRight(Math.Min(width, 60))}  # {origin}\n");
        }
        return toml.ToString();
    }

    private static string Assignment(ResolvedValue value) =>
        $"{value.Key[(value.Key.LastIndexOf('.') + 1)..]} = {value.Value}";
}
