using Tomlyn.Model;

namespace RhoLoss.Experiments.Recipes;

/// <summary>The values given for a recipe so far, each with where it came from; later ones replace earlier ones.</summary>
/// <param name="folder">Folder of the recipe's file, which paths in it are relative to; the working directory where it has none.</param>
internal sealed class RecipeSettings(string folder)
{
    private readonly Dictionary<string, (object Value, string Origin, string Where)> _given = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);   // that keys were given by
    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);   // that the paths given so far are relative to

    /// <summary>The value of a key, its origin, and the place to name in an error.</summary>
    public (object Value, string Origin, string Where) this[RecipeKey key] =>
        _given.TryGetValue(key.Name, out (object Value, string Origin, string Where) given) ? given : (key.Default, "default", "default");

    /// <summary>
    /// What was given under the name of an earlier version, in sentences; a default that an earlier version wrote is nobody's mistake.
    /// </summary>
    public IReadOnlyList<string> Renamed =>
    [
        .. RecipeKeys.All.Where(key => _names.GetValueOrDefault(key.Name, key.Name) != key.Name)
            .Where(key => !this[key].Value.Equals(key.Default))
            .Select(key => $"{this[key].Where}: {_names[key.Name]} is called {key.Name} now, and was read as that. Rename it."),
    ];

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
            if (key.IsWord(path)) { continue; }
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
            if (RecipeKeys.IsSection(name))
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
        if (Find(name)?.Kind is RecipeValueKind.Text && value is not string) { value = text; }
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
            string name = $"{section}.{leaf}";
            if (RecipeKeys.IsSection(name))
            {
                AddSection(name, value, origin, lines);
                continue;
            }
            Add(name, value, origin, Place(origin, name, lines), folder);
        }
    }

    private void Add(string name, object? value, string origin, string where, string relativeTo)
    {
        RecipeKey key = Find(name) ?? throw Unknown(name, value, where);
        if (_given.TryGetValue(key.Name, out var before) && before.Origin == origin && _names[key.Name] != name)
        {
            throw new InvalidInputException(
                $"{where}: {key.Former} is the former name of {key.Name}, and both are given. Remove {key.Former}.");
        }
        _given[key.Name] = (RecipeValue.Read(key, value, where), origin, where);
        _names[key.Name] = name;
        _folders[key.Name] = relativeTo;
    }

    private static RecipeKey? Find(string name) => RecipeKeys.Find(name) ?? RecipeKeys.FindFormer(name);

    private static InvalidInputException Unknown(string name, object? value, string where)
    {
        bool inSection = name.Contains('.', StringComparison.Ordinal);
        bool inSectionOfSections = inSection && RecipeKeys.Sections.Any(
            section => section.StartsWith(name[..(name.IndexOf('.', StringComparison.Ordinal) + 1)], StringComparison.Ordinal));
        if (value is TomlTable or TomlTableArray && (!inSection || inSectionOfSections))
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
