using RhoLoss.Accelerators;
using static TorchSharp.torch;

namespace RhoLoss.Randomness;

/// <summary>
/// Dropout whose mask is a function of the seed of the pass: equal in another process, on another thread and in another number format.
/// Outside a pass of this library (<c>Trainer</c>, <c>BatchSelector</c>, <c>HoldoutTraining</c>) it draws as
/// <c>torch.nn.functional.dropout</c> does, from the generator of the process.
/// </summary>
/// <example>
/// <code>
/// sealed class Net : nn.Module&lt;Tensor, Tensor>
/// {
///     private readonly nn.Module&lt;Tensor, Tensor> _hidden = nn.Linear(784, 256), _head = nn.Linear(256, 10);
///     private readonly SeededDropout _dropout = new(0.5);
///
///     public Net() : base(nameof(Net)) => RegisterComponents();
///
///     public override Tensor forward(Tensor inputs) => _head.call(_dropout.call(_hidden.call(inputs).relu()));
/// }
/// </code>
/// </example>
public sealed class SeededDropout : nn.Module<Tensor, Tensor>
{
    /// <summary>Creates the layer.</summary>
    /// <param name="rate">Probability that an element becomes zero, at least 0 and below 1; the others are divided by 1 − rate.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is outside [0, 1).</exception>
    public SeededDropout(double rate) : base(nameof(SeededDropout))
    {
        RequireRate(rate);
        Rate = rate;
    }

    /// <summary>Probability that an element becomes zero.</summary>
    public double Rate { get; }

    /// <summary>Refuses what is no rate.</summary>
    internal static void RequireRate(double rate)
    {
        if (!(rate >= 0 && rate < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "A dropout rate must be at least 0 and below 1.");
        }
    }

    /// <summary>Inputs of any shape and floating-point type; in eval mode as they are.</summary>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!training || Rate == 0) { return input.alias(); }
        if (LayerRandom.Current is not { } generator) { return nn.functional.dropout(input, Rate, training: true); }
        using DisposeScope scope = NewDisposeScope();
        // In the order of the elements, not of memory, so that the mask is the same in channels-last. On the host for every device:
        // TorchSharp's generators are the processor's, whatever device they are made for.
        Tensor mask = empty(input.shape, dtype: input.dtype).bernoulli_(1 - Rate, generator).div_(Scalars.Of(1 - Rate));
        return scope.MoveToOuter(input * Transfer.To(mask, input.device));
    }
}
