using RhoLoss.Data;
using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// Factors of a step's losses that are known only after its forward pass: selection inside b_t, of tokens for example (RHO-1, Lin et al.,
/// 2024), at no further forward pass. The step is taken on Σ w·ℓ / Σ w over all elements of the batch that count.
/// </summary>
/// <example>
/// <code>
/// // The half of each batch's tokens with the largest loss.
/// var hardest = new LossWeighting((losses, batch) => losses.ge(losses.median()).to(float32));
/// var options = new TrainerOptions { Objective = new TokenCrossEntropy(), Weighting = hardest };
/// </code>
/// </example>
/// <param name="weights">
/// Given the loss of each element, without gradient and of the shape of <see cref="Objective.PerElement"/>, and the batch, returns factors
/// of that shape or one an example, shape [k]; none negative, one at least above 0.
/// </param>
public sealed class LossWeighting(Func<Tensor, Batch, Tensor> weights)
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
                + "Correct LossWeighting.");
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
