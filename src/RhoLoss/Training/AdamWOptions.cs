using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>AdamW with every hyperparameter explicit; the defaults are PyTorch's, which the paper uses for vision (App. B).</summary>
/// <remarks>TorchSharp's own default weight decay is 0, PyTorch's 0.01.</remarks>
public sealed record AdamWOptions
{
    /// <summary>Step size; positive.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Decay of the first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment; positive.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay on all parameters; at least 0.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>An optimizer for the model's parameters. Build it after the model is on its device: moving parameters later breaks it.</summary>
    public optim.Optimizer CreateFor(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return optim.AdamW(model.parameters(), LearningRate, Beta1, Beta2, Epsilon, WeightDecay, amsgrad: false, maximize: false);
    }
}
