namespace RhoLoss.Experiments.Registry;

/// <summary>
/// A parameter of one method or scorer. The row that lists it gives it its place in a recipe: section <c>methods.NAME</c> or
/// <c>scorers.NAME</c>.
/// </summary>
/// <param name="name">The key in that section.</param>
/// <param name="documentation">One line for the reader of a configuration.</param>
/// <param name="requirement">What a value must be, in words that finish "it must be …".</param>
public abstract class ArmParameter(string name, string documentation, string requirement)
{
    /// <summary>The key in its section.</summary>
    public string Name => name;

    /// <summary>One line for the reader of a configuration.</summary>
    public string Documentation => documentation;

    /// <summary>What a value must be, in words.</summary>
    public string Requirement => requirement;

    /// <summary>The value where a recipe is silent: a <see cref="long"/>, <see cref="double"/> or <see cref="bool"/>.</summary>
    public abstract object DefaultValue { get; }

    /// <summary>Full name of its key in earlier versions, which is still read; null where it was always here.</summary>
    public string? FormerKey { get; init; }

    /// <summary>Whether a plan would choose other examples with another value; if not, only a run does.</summary>
    public bool DecidesPlan { get; init; } = true;

    /// <summary>Whether a value of its type may be given.</summary>
    public abstract bool Accepts(object value);
}

/// <summary>A parameter whose value is of a type.</summary>
/// <param name="name">As of the base.</param>
/// <param name="defaultValue">The value where a recipe is silent.</param>
/// <param name="requirement">As of the base.</param>
/// <param name="accepts">Whether a value may be given.</param>
/// <param name="documentation">As of the base.</param>
/// <typeparam name="T"><see cref="long"/>, <see cref="double"/> or <see cref="bool"/>.</typeparam>
public sealed class ArmParameter<T>(string name, T defaultValue, string requirement, Func<T, bool> accepts, string documentation)
    : ArmParameter(name, documentation, requirement)
    where T : struct
{
    /// <summary>The value where a recipe is silent.</summary>
    public T Default => defaultValue;

    /// <inheritdoc/>
    public override object DefaultValue => defaultValue;

    /// <inheritdoc/>
    public override bool Accepts(object value) => accepts((T)value);
}
