using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// A random change of inputs that keeps their labels, applied to stored inputs before they are normalised. What is drawn for an example is
/// a function of (seed, step, id) alone: equal whatever else is in the batch, for every selection method and in every process.
/// </summary>
public abstract class Augmentation
{
    private readonly long _seed;

    /// <summary>Creates the augmentation.</summary>
    /// <param name="seed">Of all that it draws.</param>
    protected Augmentation(long seed) => _seed = seed;

    /// <summary>Changed copies of the inputs, same type. The caller's dispose scope owns them.</summary>
    /// <param name="inputs">Stored inputs, shape [n, …].</param>
    /// <param name="ids">Ids of the examples, int64, shape [n].</param>
    /// <param name="step">Number of the step that they are for, from 1.</param>
    public Tensor Apply(Tensor inputs, Tensor ids, long step)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(ids);
        using DisposeScope scope = NewDisposeScope();
        long ofStep = Seeding.Of(_seed, Purpose.Augmentation, step);
        long[] each = ids.cpu().data<long>().ToArray();
        return scope.MoveToOuter(Apply(inputs, Array.ConvertAll(each, id => new ExampleRandom(Seeding.Mix(ofStep, id)))));
    }

    /// <summary>Changed copies of the inputs.</summary>
    /// <param name="inputs">Stored inputs, shape [n, …].</param>
    /// <param name="random">What to draw from for each of them, length n.</param>
    protected abstract Tensor Apply(Tensor inputs, Span<ExampleRandom> random);
}
