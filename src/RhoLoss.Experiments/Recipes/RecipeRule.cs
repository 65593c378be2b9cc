using System.Globalization;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Recipes;

/// <summary>What a value must be, in words that finish the sentence "training.batch-size must be …", and the check itself.</summary>
/// <param name="Requirement">The rule in words.</param>
/// <param name="Accepts">True when the value keeps the rule; sees only values of the key's kind.</param>
/// <param name="Choices">The allowed texts where they are few, so that an error can name the nearest one; empty otherwise.</param>
public sealed record RecipeRule(string Requirement, Func<object, bool> Accepts, ValueList<string> Choices)
{
    internal static RecipeRule Anything { get; } = new("anything", _ => true, []);

    internal static RecipeRule NotEmpty { get; } = new("a text that is not empty", value => ((string)value).Length > 0, []);

    internal static RecipeRule Seed { get; } = new("at least 0", value => (long)value >= 0, []);

    internal static RecipeRule Seeds { get; } = new("a non-empty list of different seeds, each at least 0",
        value => value is ValueList<long> seeds && IsSet(seeds) && seeds.All(seed => seed >= 0), []);

    internal static RecipeRule Widths { get; } = new($"a non-empty list of layer widths, each at least 1 and at most {int.MaxValue}",
        value => value is ValueList<long> { Count: > 0 } widths && widths.All(width => width is >= 1 and <= int.MaxValue), []);

    internal static RecipeRule Positive { get; } =
        new("a number above 0", value => (double)value > 0 && double.IsFinite((double)value), []);

    internal static RecipeRule NotNegative { get; } =
        new("a number of at least 0", value => (double)value >= 0 && double.IsFinite((double)value), []);

    internal static RecipeRule Share { get; } = new("a share between 0 and 1", value => (double)value is >= 0 and <= 1, []);

    internal static RecipeRule PositiveShare { get; } = new("above 0 and at most 1", value => (double)value is > 0 and <= 1, []);

    internal static RecipeRule ShareBelowOne { get; } = new("at least 0 and less than 1", value => (double)value is >= 0 and < 1, []);

    internal static RecipeRule Ratio { get; } =
        new("a number of at least 1", value => (double)value >= 1 && double.IsFinite((double)value), []);

    /// <summary>A recipe's name becomes a folder's, so it must be one on every file system.</summary>
    internal static RecipeRule FolderName { get; } = new("made of letters, digits, '-', '_' and '.', and begin with a letter or digit",
        value => (string)value is var name && (name.Length == 0 || (char.IsAsciiLetterOrDigit(name[0]) && name.All(IsNameCharacter))), []);

    internal static RecipeRule Device { get; } = new("cpu, cuda or cuda:N",
        value => (string)value is "cpu" or "cuda" || ((string)value).StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(((string)value).AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _), ["cpu", "cuda"]);

    internal static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';

    internal static RecipeRule Between(long minimum, long maximum) => new(
        string.Create(CultureInfo.InvariantCulture, $"at least {minimum} and at most {maximum}"),
        value => (long)value >= minimum && (long)value <= maximum, []);

    internal static RecipeRule AtLeast(long minimum) => Between(minimum, int.MaxValue);

    /// <summary>Bounded, because LibTorch starts every thread it is told to, and thousands of them stop the machine.</summary>
    internal static RecipeRule Threads { get; } = new("at least 0 and at most 256", value => (long)value is >= 0 and <= 256, []);

    internal static RecipeRule SequenceLength { get; } = new(
        $"at least {TextOptions.ShortestLength} and at most {TextOptions.LongestLength}",
        value => (long)value is >= TextOptions.ShortestLength and <= TextOptions.LongestLength,
        []);

    internal static RecipeRule OneOf(params string[] choices) => new($"one of {string.Join(", ", choices)}",
        value => choices.Contains((string)value, StringComparer.Ordinal), [.. choices]);

    internal static RecipeRule Arm { get; } =
        new(RecipeArm.Requirement, value => RecipeArm.TryParse((string)value, out _), MethodTable.Names);

    internal static RecipeRule OptionalArm { get; } = new($"empty or {RecipeArm.Requirement}",
        value => value is "" || RecipeArm.TryParse((string)value, out _), MethodTable.Names);

    internal static RecipeRule Arms { get; } = new($"a non-empty list of different arms, each {RecipeArm.Requirement}",
        value => value is ValueList<string> names && IsSet(names) && names.All(name => RecipeArm.TryParse(name, out _)),
        MethodTable.Names);

    private static bool IsSet<T>(ValueList<T> values) => values.Count > 0 && values.Distinct().Count() == values.Count;
}
