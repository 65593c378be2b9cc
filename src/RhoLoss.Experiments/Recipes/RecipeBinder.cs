using System.Reflection;
using System.Text;
using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Recipes;

/// <summary>
/// Builds the typed records from settings. A constructor parameter takes the key of its name in kebab-case, so that the
/// table of keys needs no second list of assignments that could disagree with it.
/// </summary>
internal static class RecipeBinder
{
    /// <summary>The recipe made of these settings.</summary>
    public static Recipe Bind(RecipeSettings settings)
    {
        IEnumerable<object> arguments = Constructor(typeof(Recipe)).GetParameters().Select(parameter =>
            parameter.ParameterType == typeof(string)
                ? Value(settings, KebabCase(parameter.Name!), parameter.ParameterType)
                : Section(settings, KebabCase(parameter.Name!), parameter.ParameterType));
        return (Recipe)Constructor(typeof(Recipe)).Invoke([.. arguments]);
    }

    /// <summary>The full names of all keys that the records ask for; a test holds them against the table.</summary>
    public static IEnumerable<string> BoundNames() =>
        Constructor(typeof(Recipe)).GetParameters().SelectMany(parameter => parameter.ParameterType == typeof(string)
            ? [KebabCase(parameter.Name!)]
            : Constructor(parameter.ParameterType).GetParameters().SelectMany(leaf => leaf.ParameterType == typeof(ArmParameters)
                ? KeysOfArms.Select(key => key.Name)
                : [$"{KebabCase(parameter.Name!)}.{KebabCase(leaf.Name!)}"]));

    /// <summary>
    /// Every key with the value that a recipe has, as TOML: what <see cref="Bind"/> was made of, whatever was changed since.
    /// </summary>
    public static IEnumerable<(RecipeKey Key, string Toml)> ValuesOf(Recipe recipe)
    {
        foreach (ParameterInfo parameter in Constructor(typeof(Recipe)).GetParameters())
        {
            object part = Property(recipe, parameter);
            string name = KebabCase(parameter.Name!);
            if (parameter.ParameterType == typeof(string))
            {
                yield return Written(name, part);
                continue;
            }
            foreach (ParameterInfo leaf in Constructor(parameter.ParameterType).GetParameters())
            {
                object value = Property(part, leaf);
                if (value is not ArmParameters parameters)
                {
                    yield return Written($"{name}.{KebabCase(leaf.Name!)}", value);
                    continue;
                }
                foreach (RecipeKey key in KeysOfArms) { yield return Written(key.Name, parameters.Of(key.Parameter!)); }
            }
        }
    }

    private static IEnumerable<RecipeKey> KeysOfArms => RecipeKeys.All.Where(key => key.Parameter is not null);

    private static object Property(object record, ParameterInfo parameter) =>
        record.GetType().GetProperty(parameter.Name!)!.GetValue(record)!;

    private static (RecipeKey Key, string Toml) Written(string name, object value)
    {
        RecipeKey key = RecipeKeys.Find(name)!;
        return (key, TomlText.Format(value switch
        {
            not string when key.Kind is RecipeValueKind.Text => key.WordFor(value),
            int number => (long)number,
            ValueList<int> numbers => (ValueList<long>)[.. numbers.Select(number => (long)number)],
            _ => value,
        }));
    }

    private static object Section(RecipeSettings settings, string name, Type type)
    {
        ConstructorInfo constructor = Constructor(type);
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => parameter.ParameterType == typeof(ArmParameters)
            ? new ArmParameters(KeysOfArms.ToDictionary(key => key.Parameter!, key => settings[key].Value))
            : Value(settings, $"{name}.{KebabCase(parameter.Name!)}", parameter.ParameterType))]);
    }

    private static object Value(RecipeSettings settings, string name, Type type)
    {
        RecipeKey key = RecipeKeys.Find(name) ?? throw new InvalidOperationException($"The table of recipe keys has no entry {name}.");
        return (settings[key].Value, type) switch
        {
            (long number, _) when type == typeof(int) => checked((int)number),
            (ValueList<long> numbers, _) when type == typeof(ValueList<int>) =>
                (ValueList<int>)[.. numbers.Select(number => checked((int)number))],
            (string word, _) when type != typeof(string) => RecipeKey.ValueOf(word, type),
            var (value, _) => value,
        };
    }

    // A record has a second, private constructor that copies; the public one is the one with the properties.
    private static ConstructorInfo Constructor(Type record) => record.GetConstructors().Single();

    private static string KebabCase(string name)
    {
        var kebab = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && kebab.Length > 0) { kebab.Append('-'); }
            kebab.Append(char.ToLowerInvariant(c));
        }
        return kebab.ToString();
    }
}
