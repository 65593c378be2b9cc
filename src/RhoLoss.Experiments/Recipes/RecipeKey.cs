namespace RhoLoss.Experiments.Recipes;

/// <summary>The shape of a value in a recipe.</summary>
public enum RecipeValueKind
{
    /// <summary>A text, in quotes.</summary>
    Text,

    /// <summary>A whole number.</summary>
    WholeNumber,

    /// <summary>A number; a whole one is read as such.</summary>
    Real,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Switch,

    /// <summary>A list of texts.</summary>
    TextList,

    /// <summary>A list of whole numbers.</summary>
    WholeNumberList,
}

/// <summary>One key of a recipe: all that parsing, validation, <c>config show</c> and the documentation know about it.</summary>
/// <param name="Name">Full name, <c>section.key</c>; <c>name</c> alone stands above the sections.</param>
/// <param name="Kind">Shape of the value.</param>
/// <param name="Default">
/// The value when the recipe is silent, as <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>
/// or a <see cref="ValueList{T}"/> of <see cref="string"/> or <see cref="long"/>.
/// </param>
/// <param name="Rule">What the value must be, beyond its kind.</param>
/// <param name="Documentation">One line for the reader of a configuration.</param>
public sealed record RecipeKey(string Name, RecipeValueKind Kind, object Default, RecipeRule Rule, string Documentation)
{
    /// <summary>The part before the dot; empty for a key above the sections.</summary>
    public string Section => Name.Contains('.', StringComparison.Ordinal) ? Name[..Name.IndexOf('.', StringComparison.Ordinal)] : "";

    /// <summary>The part after the dot.</summary>
    public string Leaf => Name[(Name.IndexOf('.', StringComparison.Ordinal) + 1)..];

    /// <summary>The default as it would be written in a recipe.</summary>
    public string DefaultToml => TomlText.Format(Default);
}
