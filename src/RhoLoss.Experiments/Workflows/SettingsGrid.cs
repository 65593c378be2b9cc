using System.Security.Cryptography;
using System.Text;
using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.Workflows;

/// <summary>A key of a recipe and the values it takes in a grid.</summary>
/// <param name="Key">Full name, <c>section.key</c>.</param>
/// <param name="Values">Its values as TOML, or as a text without quotes.</param>
public sealed record SweptKey(string Key, IReadOnlyList<string> Values)
{
    /// <summary>
    /// Reads <c>key=a,b,c</c>; a comma inside brackets or quotes belongs to a value: <c>model.hidden=[64],[128, 128]</c>.
    /// </summary>
    /// <exception cref="InvalidInputException">
    /// The text has another form, there is no such key or it decides nothing that is measured, or a value stands twice.
    /// </exception>
    public static SweptKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string key = equals > 0 ? text[..equals].Trim() : "";
        string[] values = equals > 0 ? [.. Split(text[(equals + 1)..])] : [];
        if (values.Length == 0 || values.Any(value => value.Length == 0))
        {
            throw new InvalidInputException(
                $"--over {text}: a key to sweep must have the form section.key=a,b,c, without an empty value. "
                + "Write --over optimizer.learning-rate=0.0001,0.001,0.01, for example.");
        }
        RecipeKey known = RecipeKeys.Find(key) ?? throw new InvalidInputException(
            $"--over {text}: there is no key {key}. "
            + $"The nearest is {RecipeKeys.Nearest(key)}; `rho config keys` lists every key. Correct it.");
        if (known.Section is "" or "checkpoints" or "report" or "headline")
        {
            throw new InvalidInputException(
                $"--over {text}: a sweep must be over keys that decide what is trained or how fast, but {key} does not: "
                + "every point would be the same. Leave it out, or give one value with --set.");
        }
        if (values.GroupBy(value => value, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InvalidInputException(
                $"--over {text}: each value may stand once, but {twice.Key} stands {twice.Count()} times. Remove it.");
        }
        return new SweptKey(key, values);
    }

    /// <summary>Checks that no swept key was given a value of its own besides, which every point would replace.</summary>
    /// <param name="over">The keys to sweep.</param>
    /// <param name="settings">The settings of every point, <c>section.key=value</c>.</param>
    /// <exception cref="InvalidInputException">One was.</exception>
    public static void RequireNotSet(IEnumerable<SweptKey> over, IEnumerable<string> settings)
    {
        string[] given = [.. settings];
        foreach (SweptKey swept in over)
        {
            string? twice = given.FirstOrDefault(setting => setting.Split('=', 2)[0].Trim() == swept.Key);
            if (twice is null) { continue; }
            throw new InvalidInputException(
                $"--over {swept.Key}: a key that is swept must not have another value besides, but has {twice}, which every point "
                + "would replace. Remove one of the two.");
        }
    }

    private static IEnumerable<string> Split(string text)
    {
        var value = new StringBuilder();
        int depth = 0;
        bool quoted = false;
        foreach (char c in text)
        {
            if (c is '"') { quoted = !quoted; }
            if (!quoted) { depth += c switch { '[' => 1, ']' => -1, _ => 0 }; }
            if (c is ',' && depth <= 0 && !quoted)
            {
                yield return value.ToString().Trim();
                value.Clear();
                continue;
            }
            value.Append(c);
        }
        yield return value.ToString().Trim();
    }
}

/// <summary>A grid of settings: every combination of the values of some keys.</summary>
public static class SettingsGrid
{
    /// <summary>
    /// The combinations, each as settings <c>section.key=value</c> in the order of the keys; the last key varies fastest.
    /// </summary>
    /// <exception cref="InvalidInputException">A key stands twice.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Expand(IReadOnlyList<SweptKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.GroupBy(key => key.Key, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InvalidInputException(
                $"--over: each key may stand once, but {twice.Key} stands {twice.Count()} times. "
                + $"Put its values together: {twice.Key}={string.Join(",", twice.SelectMany(key => key.Values).Distinct())}.");
        }
        IEnumerable<IReadOnlyList<string>> points = [[]];
        foreach (SweptKey key in keys)
        {
            points = points.SelectMany(point => key.Values.Select(value => (IReadOnlyList<string>)[.. point, $"{key.Key}={value}"]));
        }
        return [.. points];
    }

    /// <summary>
    /// Name of a combination's folder: the settings, and a hash where a character of theirs cannot stand in a folder's name.
    /// </summary>
    public static string FolderNameOf(IReadOnlyList<string> settings)
    {
        string full = string.Join('_', settings);
        string name = string.Concat(full.Select(c => c is '=' || RecipeRule.IsNameCharacter(c) ? c : '-'));
        return name == full ? name : $"{name}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))[..6]}";
    }
}
