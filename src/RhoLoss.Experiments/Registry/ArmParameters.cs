namespace RhoLoss.Experiments.Registry;

/// <summary>Values of the parameters of methods and scorers; those that were not given have their defaults.</summary>
public sealed class ArmParameters : IEquatable<ArmParameters>
{
    private readonly IReadOnlyDictionary<ArmParameter, object> _values;

    /// <summary>These values.</summary>
    public ArmParameters(IReadOnlyDictionary<ArmParameter, object> values) => _values = values;

    /// <summary>All parameters with their defaults.</summary>
    public static ArmParameters Defaults { get; } = new(new Dictionary<ArmParameter, object>());

    /// <summary>The value of a parameter.</summary>
    public T Of<T>(ArmParameter<T> parameter)
        where T : struct => (T)Of((ArmParameter)parameter);

    /// <summary>The value of a parameter.</summary>
    public object Of(ArmParameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return _values.GetValueOrDefault(parameter, parameter.DefaultValue);
    }

    /// <inheritdoc/>
    public bool Equals(ArmParameters? other) =>
        other is not null && _values.Keys.Union(other._values.Keys).All(parameter => Of(parameter).Equals(other.Of(parameter)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ArmParameters);

    /// <summary>The same for all, because a default that was given equals one that was not.</summary>
    public override int GetHashCode() => 0;
}
