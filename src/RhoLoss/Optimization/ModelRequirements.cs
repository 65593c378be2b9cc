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
    public static void Check(nn.Module model, ComputeFormat format)
    {
        RequireFloat32(model);
        if (format.Precision == Precision.BFloat16) { MixedPrecision.Require(model); }
    }

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
