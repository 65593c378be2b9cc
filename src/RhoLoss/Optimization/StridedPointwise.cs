using System.Runtime.Intrinsics.X86;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// Refuses convolutions that write out of bounds on processors without AVX-512: with a kernel of one, a stride above one and a number of
/// input channels that 8 does not divide, oneDNN 3.7's code for AVX2 does (measured: <c>docs/decisions/0012-hidden-caches.md</c>). None of
/// this library's networks has one; the shortcuts of a ResNet do not, whose channels are multiples of 64.
/// </summary>
internal static class StridedPointwise
{
    private const string InstructionSets = "ONEDNN_MAX_CPU_ISA";

    /// <summary>Channels that one register of AVX2 holds.</summary>
    private const int Lanes = 8;

    /// <summary>Refuses a model with such a layer, where this process computes convolutions by AVX2.</summary>
    /// <exception cref="InvalidOperationException">The message names the layer and what to do.</exception>
    public static void Require(nn.Module model)
    {
        if (IsByAvx2) { RequireNone(model); }
    }

    /// <summary>Refuses a model with such a layer.</summary>
    internal static void RequireNone(nn.Module model)
    {
        foreach ((string name, nn.Module layer) in model.named_modules().Prepend(("", model)))
        {
            if (layer is not Convolution convolution || !Overruns(convolution)) { continue; }
            string which = name.Length == 0 ? "the model itself" : name;
            throw new InvalidOperationException(
                $"{model.GetName()} has a convolution with a kernel of 1, stride {string.Join("×", convolution.stride)} and "
                + $"{convolution.in_channels} input channels ({which}), which LibTorch computes wrongly on processors without AVX-512 "
                + $"unless {Lanes} divides the channels. Take every second input instead and a stride of 1, or other channels.");
        }
    }

    /// <summary>
    /// Refuses a network whose layers cannot be asked for their strides, where this process computes convolutions by AVX2.
    /// </summary>
    /// <param name="model">For the message.</param>
    /// <param name="strides">Whether one of its convolutions may have a stride above one.</param>
    /// <param name="weights">Shapes of its parameters.</param>
    /// <exception cref="InvalidOperationException">One of them may be such a layer.</exception>
    public static void Require(string model, bool strides, IEnumerable<long[]> weights)
    {
        if (IsByAvx2 && strides) { RequireNone(model, weights); }
    }

    /// <summary>Refuses shapes of kernels of 1 and channels that <see cref="Lanes"/> does not divide.</summary>
    internal static void RequireNone(string model, IEnumerable<long[]> weights)
    {
        if (weights.FirstOrDefault(s => s.Length > 2 && s[2..].All(side => side == 1) && s[1] % Lanes != 0) is not { } shape) { return; }
        throw new InvalidOperationException(
            $"{model} has convolutions with strides, and one with a kernel of 1 and {shape[1]} input channels. If that is the same one, "
            + $"LibTorch computes it wrongly on processors without AVX-512 unless {Lanes} divides the channels. "
            + "Take every second input instead and a stride of 1, or other channels.");
    }

    private static bool Overruns(Convolution convolution) =>
        convolution.kernel_size.All(side => side == 1) && convolution.stride.Any(step => step > 1) && convolution.in_channels % Lanes != 0;

    /// <summary>On x64, neither AVX-512, which has code of its own, nor held to SSE 4.1, whose code is right.</summary>
    private static bool IsByAvx2 =>
        X86Base.X64.IsSupported && NativeConvolutions.Path != ConvolutionPath.OneDnnSse41
        && (!(Avx512BW.IsSupported && Avx512DQ.IsSupported) || IsHeldToAvx2(Environment.GetEnvironmentVariable(InstructionSets)));

    /// <summary>Names of oneDNN's limits below AVX-512: <c>AVX</c>, <c>AVX2</c>, <c>AVX2_VNNI</c>, <c>AVX2_VNNI_2</c>.</summary>
    internal static bool IsHeldToAvx2(string? limit) =>
        limit is not null && limit.StartsWith("AVX", StringComparison.OrdinalIgnoreCase)
        && !limit.StartsWith("AVX512", StringComparison.OrdinalIgnoreCase)
        && !limit.StartsWith("AVX10", StringComparison.OrdinalIgnoreCase);
}
