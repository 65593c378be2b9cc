using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>What a model must be to be taken over. Asked before anything of it is changed.</summary>
internal static class ModelRequirements
{
    /// <summary>Refuses a model that cannot compute in the format.</summary>
    /// <exception cref="ArgumentException">
    /// There are no parameters, one is not float32, or a layer cannot compute in the format.
    /// </exception>
    /// <exception cref="InvalidOperationException">As for <see cref="RequireSafeConvolutions"/>.</exception>
    public static void Check(nn.Module model, ComputeFormat format, bool training)
    {
        RequireSafeConvolutions(model);
        RequireFloat32(model);
        if (format.Precision != Precision.BFloat16) { return; }
        if (training) { RequireExactGradients(model); }
        MixedPrecision.Require(model);
    }

    /// <summary>
    /// Held to SSE 4.1, LibTorch adds up gradients by weights in bfloat16: of 10,000 shapes a few are off by more than 3 %, up to all of it
    /// (<c>docs/decisions/0012-hidden-caches.md</c>). Forward passes are right.
    /// </summary>
    /// <exception cref="InvalidInputException">The model has convolutions and they are held to SSE 4.1.</exception>
    private static void RequireExactGradients(nn.Module model)
    {
        if (NativeConvolutions.Path != ConvolutionPath.OneDnnSse41 || !IsOnProcessor(model)) { return; }
        if (FirstConvolution(model) is not { } which) { return; }
        throw new InvalidInputException(
            $"{model.GetName()} has convolutions ({which}), and on this machine they are held to SSE 4.1, where their gradients in "
            + "BFloat16 are not exact enough to train on. Train in Float32, which is faster there, too.");
    }

    /// <summary>Refuses convolutions where they would be wrong; a TorchScript module can hold some.</summary>
    /// <exception cref="InvalidOperationException">
    /// The processor hides its caches and nothing was done about it, or it computes one of the layers out of bounds.
    /// </exception>
    public static void RequireSafeConvolutions(nn.Module model)
    {
        if (!IsOnProcessor(model)) { return; }
        StridedPointwise.Require(model);
        if (NativeConvolutions.Path != ConvolutionPath.Unsafe) { return; }
        if (FirstConvolution(model) is not { } which) { return; }
        throw new InvalidOperationException(
            $"{model.GetName()} has convolutions ({which}), and on this machine they would be wrong: "
            + "the processor does not report its caches, and LibTorch computes with nonsense in their place. "
            + "Call NativeConvolutions.Prepare() once, before the first tensor of the program.");
    }

    /// <summary>What is said of the processor's convolutions is not said of another device's.</summary>
    private static bool IsOnProcessor(nn.Module model) =>
        model.parameters().FirstOrDefault() is not { } first || first.device_type == DeviceType.CPU;

    private static string? FirstConvolution(nn.Module model)
    {
        (string name, nn.Module layer) = model.named_modules().Prepend(("", model)).FirstOrDefault(m => MayConvolve(m.Item2));
        return layer is null ? null : name.Length == 0 ? "the model itself" : name;
    }

    private static bool MayConvolve(nn.Module layer) =>
        layer is Convolution || layer.GetType().Name.StartsWith("ScriptModule", StringComparison.Ordinal);

    private static void RequireFloat32(nn.Module model)
    {
        (string Name, Parameter Parameter)[] parameters = [.. model.named_parameters()];
        if (parameters.Length == 0) { throw new ArgumentException($"{model.GetName()} has no parameters."); }
        foreach ((string name, Parameter parameter) in parameters.Where(p => p.Parameter.dtype != float32))
        {
            throw new ArgumentException(
                $"Parameters must be Float32, but {name} of {model.GetName()} is {parameter.dtype}. "
                + "Convert the model with model.to(ScalarType.Float32), and choose the format it computes in here.");
        }
    }
}
