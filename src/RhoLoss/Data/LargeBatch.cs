using RhoLoss.Accelerators;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>B_t as a sampler hands it out: which examples are the candidates of a step.</summary>
/// <param name="Step">Number of the step, from 1. Augmentation, dropout while scoring and random selection are functions of it.</param>
/// <param name="Ids">Stable example ids, int64, shape [|B_t|].</param>
/// <param name="Weights">Factor of each example's loss, float32, shape [|B_t|]; null when all are 1.</param>
/// <remarks>The dispose scope in which it was handed out owns the tensors.</remarks>
public sealed record LargeBatch(long Step, Tensor Ids, Tensor? Weights = null)
{
    /// <summary>|B_t|.</summary>
    public int Count => (int)Ids.shape[0];

    /// <summary>Rows of the ids, where the sampler knows them; null: to be looked up.</summary>
    internal FoundRows? Rows { get; init; }

    /// <summary>Refuses weights that are not one for each candidate.</summary>
    /// <exception cref="ArgumentException">The sampler gave others.</exception>
    internal void RequireWeights()
    {
        if (Weights is null || (Weights.dim() == 1 && Weights.shape[0] == Count)) { return; }
        throw new ArgumentException(
            $"A sampler's weights must be one for each id, shape [{Count}], but have shape [{string.Join(", ", Weights.shape)}].");
    }

    /// <summary>The same on the device of the data: a sampler of a user's may hand out ids on the host.</summary>
    internal LargeBatch On(Device device) => Transfer.IsOn(Ids, device) ? this
        : this with { Ids = Transfer.To(Ids, device), Weights = Weights is { } weights ? Transfer.To(weights, device) : null };

    /// <summary>The candidates at these positions (int64, shape [k]), in that order.</summary>
    public LargeBatch At(Tensor positions)
    {
        Tensor ids = Ids.index_select(0, positions);
        return new LargeBatch(Step, ids, Weights?.index_select(0, positions)) { Rows = Rows?.At(positions, ids) };
    }
}
