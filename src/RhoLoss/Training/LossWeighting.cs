using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>The mean loss of a step with factors that depend on its losses.</summary>
/// <param name="weights">See <see cref="TrainerOptions.Weighting"/>.</param>
internal sealed class LossWeighting(Func<Tensor, Batch, Tensor> weights)
{
    /// <summary>The weighted mean, with a gradient to the elements.</summary>
    internal Tensor Mean(Tensor elements, Tensor? counted, Tensor? perExample, Batch batch)
    {
        Tensor factors = Spread(Given(elements, batch), elements);
        if (counted is not null) { factors = factors * counted; }
        if (perExample is not null) { factors = factors * Spread(perExample, elements); }
        Tensor sum = factors.sum();
        double total = Scalars.ToDouble(sum);
        if (!(total > 0 && double.IsFinite(total)) || factors.lt(Scalars.Zero).any().item<bool>())
        {
            throw new InvalidOperationException(
                FormattableString.Invariant($"Weights of losses must not be negative and must not all be 0, but their sum is {total}. ")
                + "Correct TrainerOptions.Weighting.");
        }
        return (elements * factors).sum() / sum;
    }

    private Tensor Given(Tensor elements, Batch batch)
    {
        using IDisposable noGradient = no_grad();
        Tensor given = weights(elements.detach(), batch).detach();
        long[] shape = given.shape;
        if (shape.AsSpan().SequenceEqual(elements.shape) || (shape.Length == 1 && shape[0] == elements.shape[0])) { return given; }
        throw new InvalidOperationException(
            $"Weights must be one for each loss, shape [{string.Join(", ", elements.shape)}], or one for each example, "
            + $"shape [{elements.shape[0]}], but have shape [{string.Join(", ", shape)}].");
    }

    private static Tensor Spread(Tensor factors, Tensor elements) =>
        factors.dim() == elements.dim()
            ? factors
            : factors.reshape([factors.shape[0], .. Enumerable.Repeat(1L, (int)elements.dim() - 1)]).expand_as(elements);
}
