namespace RhoLoss.Optimization;

/// <summary>
/// Marks a module whose own forward pass brings numbers of different precision together, so that it computes in bfloat16 whatever layers
/// and parameters it holds.
/// </summary>
/// <remarks>
/// In <see cref="Precision.BFloat16"/> floating-point inputs and the parameters of convolution and linear layers are bfloat16, all other
/// parameters and buffers float32: <c>x * scale.to(x.dtype)</c>, <c>linear.forward(embedded.to(linear.weight!.dtype))</c>. A model with
/// such layers that is not marked is refused, because LibTorch stops at numbers of two types, in some operations by ending the process.
/// </remarks>
[AttributeUsage(AttributeTargets.Class)]
public sealed class MixedPrecisionAttribute : Attribute;
