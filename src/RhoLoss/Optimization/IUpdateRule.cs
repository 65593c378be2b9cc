using System.Runtime.Intrinsics;

namespace RhoLoss.Optimization;

/// <summary>How an optimizer computes the next weights; a struct, so that the pass is compiled for each rule and calls nothing.</summary>
internal interface IUpdateRule
{
    /// <summary>Next values of 16 weights; reads and writes the moments at the same place.</summary>
    /// <param name="at">Index of the first in <see cref="FlatParameters.Values"/>.</param>
    /// <param name="weight">Their values, float32.</param>
    /// <param name="gradient">Their gradients.</param>
    Vector512<float> Next(nint at, Vector512<float> weight, Vector512<float> gradient);
}
