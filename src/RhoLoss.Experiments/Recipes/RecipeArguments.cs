namespace RhoLoss.Experiments.Recipes;

/// <summary>
/// The words by which a command is given a recipe, <c>quickstart --set noise.fraction=0.2</c>, so that advice can name a command
/// that works for it. Two recipes are the same whatever they were given by, so all values of this type are equal.
/// </summary>
public sealed class RecipeArguments : IEquatable<RecipeArguments>
{
    private readonly IReadOnlyList<string> _words;

    private RecipeArguments(IReadOnlyList<string> words) => _words = words;

    /// <summary>A recipe that no command can be given, because it was made in code or out of several parts.</summary>
    public static RecipeArguments None { get; } = new([]);

    /// <summary>A recipe of this name or path with these settings, <c>section.key=value</c>.</summary>
    public static RecipeArguments Of(string nameOrPath, IEnumerable<string> settings) =>
        new([nameOrPath, .. settings.SelectMany(setting => new[] { "--set", setting })]);

    /// <summary>The command of that name for this recipe, ready for a shell; null where there is none.</summary>
    public string? Command(string name, params IEnumerable<string> options) =>
        _words.Count == 0 ? null : string.Join(' ', ["rho", name, .. _words.Concat(options).Select(Quote)]);

    /// <inheritdoc/>
    public bool Equals(RecipeArguments? other) => other is not null;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RecipeArguments);

    /// <inheritdoc/>
    public override int GetHashCode() => 0;

    private static string Quote(string word) =>
        word.Length > 0 && word.All(IsPlain) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || "_-./:=,+@%~".Contains(c, StringComparison.Ordinal);
}
