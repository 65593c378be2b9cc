using System.Globalization;

namespace RhoLoss.Datasets.Names;

/// <summary>
/// Finds classes that a reader takes for one: their names differ in case, in blanks, in quotes around them, in the form of their accents,
/// or in how one number is written.
/// </summary>
internal static class ClassSpellings
{
    private const int MostShown = 3;

    /// <summary>Digits that a double keeps: longer numbers are compared as text.</summary>
    private const int MostDigits = 15;

    /// <summary>What the user should know about such classes, with how often each is there; null where there are none.</summary>
    /// <param name="counts">Each name and how many examples have it.</param>
    /// <param name="place">Where they come from.</param>
    /// <param name="unit">What is counted, for one and for many.</param>
    /// <param name="fix">How the user makes them one class.</param>
    public static string? Notice(IReadOnlyDictionary<string, int> counts, string place, (string One, string Many) unit, string fix)
    {
        string[] groups =
        [
            .. counts.GroupBy(label => Key(label.Key), StringComparer.Ordinal).Where(group => group.Count() > 1)
                .Select(group => Described([.. group.OrderBy(label => label.Key, StringComparer.Ordinal)])),
        ];
        return groups.Length == 0 ? null
            : $"{place}: some of the {counts.Count} classes differ only in case, in blanks, in quotes around them, in accents put together "
                + $"or apart, or in how a number is written: {Listed(groups)}. They are classes of their own. "
                + $"{fix} if they are meant to be one.";

        string Described(KeyValuePair<string, int>[] group)
        {
            string[] names = [.. group.Select(label => label.Key)];
            string all = string.Join(", ", group.Select(label =>
                $"{Visible.Shown(label.Key)} {Counted.Of(label.Value, unit.One, unit.Many)}"));
            string? twin = names.FirstOrDefault(name => NameDifference.TwinOf(name, names) is not null);
            return twin is null ? all : $"{all} ({NameDifference.InForms(twin, NameDifference.TwinOf(twin, names)!)})";
        }
    }

    /// <summary>Another of some names that a reader takes for the same; null where none is.</summary>
    public static string? TwinOf(string name, IEnumerable<string> names)
    {
        string key = Key(name);
        return names.FirstOrDefault(other => other != name && Key(other) == key);
    }

    /// <summary>The first of some parts of a message.</summary>
    internal static string Listed(string[] parts) => string.Join("; ", parts.Take(MostShown)) + (parts.Length > MostShown ? "; …" : "");

    /// <summary>
    /// Equal for names that look alike: numbers by value, words without blanks, quotes around them, marks that do not show, and case.
    /// </summary>
    private static string Key(string name)
    {
        name = Unquoted(name);
        if (name.Length <= MostDigits && double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number))
        {
            return (number + 0.0).ToString("R", CultureInfo.InvariantCulture);   // −0 + 0 is 0
        }
        // Lower case has a form of its own: that of İ is two characters.
        return CanonicalForm.Of(Visible.Stripped(CanonicalForm.Of(name)).ToLowerInvariant());
    }

    /// <summary>Quotes of one kind around a name, however often, are no part of it.</summary>
    internal static string Unquoted(string name)
    {
        string inside = name.Trim();
        while (inside.Length > 2 && inside[0] is '"' or '\'' or '`' && inside[^1] == inside[0]) { inside = inside[1..^1].Trim(); }
        return inside;
    }
}
