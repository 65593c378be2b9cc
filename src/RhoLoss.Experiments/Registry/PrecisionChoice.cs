using System.Diagnostics.CodeAnalysis;

namespace RhoLoss.Experiments.Registry;

/// <summary>What a small network computes in that only ranks: <c>scoring.proxy-precision</c>, <c>irreducible-loss.precision</c>.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "These are the types.")]
public enum PrecisionChoice
{
    /// <summary>bfloat16 and channels-last for a network that gains from it, else float32.</summary>
    Auto,

    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16 and channels-last.</summary>
    BFloat16,
}
