using Tomlyn.Model;

namespace RhoLoss.Experiments.Recipes;

/// <summary>Turns what a TOML reader returned into the value of a key, or says what is wrong with it.</summary>
internal static class RecipeValue
{
    /// <summary>The checked value as <see cref="RecipeKey.Default"/> describes it.</summary>
    /// <exception cref="InvalidInputException">Wrong kind, or against the key's rule.</exception>
    public static object Read(RecipeKey key, object? raw, string where)
    {
        object value = ToKind(key.Kind, raw)
            ?? throw new InvalidInputException(
                $"{where}: {key.Name} must be {RecipeKeys.KindInWords(key.Kind)}, but is {Shown(raw)}. "
                + $"Write {key.Leaf} = {key.DefaultToml}, for example.{ShellHint(key, where)}");
        if (!key.Rule.Accepts(value))
        {
            throw new InvalidInputException(
                $"{where}: {key.Name} must be {key.Rule.Requirement}, "
                + $"but is {TomlText.Format(value)}.{Suggestion(key, value)} Set {key.Name}; the default is {key.DefaultToml}.");
        }
        return value;
    }

    private static object? ToKind(RecipeValueKind kind, object? raw) => (kind, raw) switch
    {
        (RecipeValueKind.Text, string text) => text,
        (RecipeValueKind.WholeNumber, long number) => number,
        (RecipeValueKind.Real, double number) => number,
        (RecipeValueKind.Real, long number) => (double)number,
        (RecipeValueKind.Switch, bool flag) => flag,
        (RecipeValueKind.TextList, TomlArray array) when array.All(item => item is string) => (ValueList<string>)[.. array.Cast<string>()],
        (RecipeValueKind.WholeNumberList, TomlArray array) when array.All(item => item is long) => (ValueList<long>)[.. array.Cast<long>()],
        _ => null,
    };

    private static string Shown(object? raw) => raw switch
    {
        null => "nothing",
        string text => $"the text {TomlText.Format(text)}",
        _ => TomlText.Format(raw),
    };

    private static string Suggestion(RecipeKey key, object value)
    {
        if (key.Rule.Choices.Count == 0) { return ""; }
        string? wrong = value switch
        {
            string text => text,
            ValueList<string> texts => texts.FirstOrDefault(text => !key.Rule.Choices.Contains(text, StringComparer.Ordinal)),
            _ => null,
        };
        return string.IsNullOrEmpty(wrong)
            ? ""
            : $" The nearest to {TomlText.Format(wrong)} is {TomlText.Format(NearestName.Of(wrong, key.Rule.Choices))}.";
    }

    // A shell eats the inner quotes of ["a"], and what is left is no TOML list any more.
    private static string ShellHint(RecipeKey key, string where) =>
        key.Kind is RecipeValueKind.TextList && where.StartsWith(RecipeLoader.SetOrigin, StringComparison.Ordinal)
            ? $" Quote the whole setting for the shell: --set '{key.Name}={key.DefaultToml}'."
            : "";
}
