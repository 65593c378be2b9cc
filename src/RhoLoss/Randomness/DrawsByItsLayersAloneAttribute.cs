namespace RhoLoss.Randomness;

/// <summary>
/// Says of an assembly that its networks draw random numbers by their layers alone, and call nothing else that draws. Where it is, a
/// test holds the networks against it.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class DrawsByItsLayersAloneAttribute : Attribute;
