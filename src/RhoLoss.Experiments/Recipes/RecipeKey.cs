using System.Globalization;
using RhoLoss.Experiments.Registry;

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

/// <summary>
/// What the value of a key decides; each includes those before it, because losses decide selections and selections decide the
/// run.
/// </summary>
public enum Decides
{
    /// <summary>Nothing that is computed: a place, a speed, what is kept or reported. It may change while a run is continued.</summary>
    Nothing,

    /// <summary>What a run trains, and how.</summary>
    Run,

    /// <summary>Which examples a plan chooses, too.</summary>
    Plan,

    /// <summary>Irreducible losses, too.</summary>
    Losses,
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
    /// <summary>What the value decides; where the table does not say, the most that a key of its section does.</summary>
    public Decides Decides { get; init; } = MostOf(Name);

    /// <summary>
    /// Whether the value is the path of a file or folder: relative to the recipe's file if it is given there, to the working
    /// directory if it is given on the command line, and absolute once the recipe is resolved.
    /// </summary>
    public bool IsPath { get; init; }

    /// <summary>Whether that path is of a folder.</summary>
    public bool IsFolder { get; init; }

    /// <summary>The key that names the folder, if that is set, which a relative path is below instead; empty for none.</summary>
    public string Below { get; init; } = "";

    /// <summary>Whether a value is a word and no path, although the key takes one.</summary>
    public Func<string, bool> IsWord { get; init; } = _ => false;

    /// <summary>The parameter of a method or scorer that it is; null for all others.</summary>
    public ArmParameter? Parameter { get; init; }

    /// <summary>Full name in earlier versions, which is still read; null where it was always the same.</summary>
    public string? Former { get; init; }

    /// <summary>The name under which files remember the value: the first that it had, so that a new one loses no file.</summary>
    internal string NameInFiles => Former ?? Name;

    /// <summary>The part before the last dot; empty for a key above the sections.</summary>
    public string Section => Name.Contains('.', StringComparison.Ordinal) ? Name[..Name.LastIndexOf('.')] : "";

    /// <summary>The part after the last dot.</summary>
    public string Leaf => Name[(Name.LastIndexOf('.') + 1)..];

    /// <summary>What a word of a recipe is in code: a number, or the value of an enum that is spelled so without hyphens.</summary>
    internal static object ValueOf(string word, Type type) => type.IsEnum
        ? Enum.Parse(type, word.Replace("-", "", StringComparison.Ordinal), ignoreCase: true)
        : int.Parse(word, CultureInfo.InvariantCulture);

    /// <summary>The word of a recipe for a value.</summary>
    internal string WordFor(object value) => Rule.Choices.Single(word => ValueOf(word, value.GetType()).Equals(value));

    /// <summary>The default as it would be written in a recipe.</summary>
    public string DefaultToml => TomlText.Format(Default);

    /// <summary>The key of a parameter of one method or scorer.</summary>
    internal static RecipeKey Of(string section, ArmParameter parameter) => new(
        $"{section}.{parameter.Name}",
        parameter.DefaultValue switch
        {
            long => RecipeValueKind.WholeNumber,
            double => RecipeValueKind.Real,
            _ => RecipeValueKind.Switch,
        },
        parameter.DefaultValue,
        parameter.DefaultValue is bool ? RecipeRule.Anything : new RecipeRule(parameter.Requirement, parameter.Accepts, []),
        parameter.Documentation)
    {
        Parameter = parameter,
        Former = parameter.FormerKey,
        Decides = parameter.DecidesPlan ? Decides.Plan : Decides.Run,
    };

    private static Decides MostOf(string name) => name.Split('.')[0] switch
    {
        "data" or "noise" or "irreducible-loss" => Decides.Losses,
        "scoring" => Decides.Plan,
        "model" or "training" or "optimizer" => Decides.Run,
        "name" or "checkpoints" or "report" or "headline" or "machine" => Decides.Nothing,
        // A section that is not known here: a cache made anew costs time, one that should have been costs a wrong result.
        _ => Decides.Losses,
    };
}
