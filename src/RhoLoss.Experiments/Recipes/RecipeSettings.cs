using Tomlyn.Model;

namespace RhoLoss.Experiments.Recipes;

/// <summary>The values given for a recipe so far, each with where it came from; later ones replace earlier ones.</summary>
/// <param name="folder">Folder of the recipe's file, which paths in it are relative to; the working directory where it has none.</param>
internal sealed class RecipeSettings(string folder)
{
    private readonly Dictionary<string, (object Value, string Origin, string Where)> _given = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);   // that the paths given so far are relative to

    /// <summary>The value of a key, its origin, and the place to name in an error.</summary>
    public (object Value, string Origin, string Where) this[RecipeKey key] =>
        _given.TryGetValue(key.Name, out (object Value, string Origin, string Where) given) ? given : (key.Default, "default", "default");

    /// <summary>Replaces one value without further checks; for a name taken from a file's name.</summary>
    public void Put(RecipeKey key, object value, string origin) => _given[key.Name] = (value, origin, origin);

    /// <summary>Makes every path absolute, once it is known which folder those are below that are relative to another key's.</summary>
    /// <exception cref="InvalidInputException">A value cannot be a path; the message names its key and place.</exception>
    public void ResolvePaths()
    {
        foreach (RecipeKey key in RecipeKeys.All.Where(key => key.IsPath).OrderBy(key => key.Below.Length))
        {
            if (!_given.TryGetValue(key.Name, out (object Value, string Origin, string Where) given)
                || given.Value is not string { Length: > 0 } path)
            {
                continue;
            }
            if (key.Words.Contains(path)) { continue; }
            string other = key.Below.Length == 0 ? "" : (string)this[RecipeKeys.Find(key.Below)!].Value;
            string below = other.Length > 0 ? other : _folders[key.Name];
            _given[key.Name] = given with { Value = RecipePath.Absolute(key, path, below, given.Where) };
        }
    }

    /// <summary>Takes over every value of a TOML document.</summary>
    public void AddDocument(string toml, string origin)
    {
        (TomlTable table, IReadOnlyDictionary<string, int> lines) = TomlText.Parse(toml, origin);
        foreach ((string name, object value) in table)
        {
            if (RecipeKeys.Sections.Contains(name, StringComparer.Ordinal))
            {
                AddSection(name, value, origin, lines);
            }
            else
            {
                Add(name, value, origin, Place(origin, name, lines), folder);
            }
        }
    }

    /// <summary>Takes over one <c>section.key=value</c> of the command line.</summary>
    public void AddOverride(string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new InvalidInputException(
                $"--set {setting}: a setting must have the form section.key=value. Write --set training.epochs=10, for example.");
        }
        string name = setting[..equals].Trim();
        string text = setting[(equals + 1)..].Trim();
        object value = TomlText.ParseValue(text) ?? text;
        // "--set data.directory=2024" means the text, not the number.
        if (RecipeKeys.Find(name)?.Kind is RecipeValueKind.Text && value is not string) { value = text; }
        Add(name, value, RecipeLoader.SetOrigin, $"{RecipeLoader.SetOrigin} {setting}", Environment.CurrentDirectory);
    }

    private void AddSection(string section, object? content, string origin, IReadOnlyDictionary<string, int> lines)
    {
        if (content is not TomlTable table)
        {
            throw new InvalidInputException(
                $"{Place(origin, section, lines)}: {section} must be a section, but is {TomlText.Format(content ?? "")}. "
                + $"Write [{section}] and its keys on the lines below.");
        }
        foreach ((string leaf, object value) in table)
        {
            Add($"{section}.{leaf}", value, origin, Place(origin, $"{section}.{leaf}", lines), folder);
        }
    }

    private void Add(string name, object? value, string origin, string where, string relativeTo)
    {
        RecipeKey key = RecipeKeys.Find(name) ?? throw Unknown(name, value, where);
        _given[name] = (RecipeValue.Read(key, value, where), origin, where);
        _folders[name] = relativeTo;
    }

    private static InvalidInputException Unknown(string name, object? value, string where)
    {
        if (value is TomlTable or TomlTableArray && !name.Contains('.', StringComparison.Ordinal))
        {
            return new InvalidInputException(
                $"{where}: there is no section [{name}]. The nearest is [{NearestName.Of(name, RecipeKeys.Sections)}]; "
                + $"the sections are {string.Join(", ", RecipeKeys.Sections)}.");
        }
        return new InvalidInputException(
            $"{where}: there is no key {name}. The nearest is {RecipeKeys.Nearest(name)}; `rho config show` lists every key. "
            + "Correct or remove it.");
    }

    private static string Place(string origin, string name, IReadOnlyDictionary<string, int> lines) =>
        lines.TryGetValue(name, out var line) ? $"{origin}, line {line}" : origin;
}
