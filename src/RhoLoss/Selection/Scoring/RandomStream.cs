using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// A random stream of its own for a model that is not the target. Layers such as dropout draw from the process-wide generator; without
/// this, a replica that scores would change the masks the target trains with. Covers the processor's generator, not CUDA's.
/// </summary>
internal sealed class RandomStream : IDisposable
{
    private readonly Tensor _state;

    public RandomStream(long seed)
    {
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Create(seed, Seeding.Scoring);
        _state = generator.get_state().clone().DetachFromDisposeScope();
    }

    /// <summary>Runs a forward pass on this stream and leaves the process-wide one as it was.</summary>
    public Tensor Run(Func<Tensor> forward)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor outer = random.get_rng_state();
        random.set_rng_state(_state);
        try
        {
            return scope.MoveToOuter(forward());
        }
        finally
        {
            _state.copy_(random.get_rng_state());
            random.set_rng_state(outer);
        }
    }

    public Tensor State => _state;

    public void Restore(Tensor state) => _state.copy_(state);

    public void Dispose() => _state.Dispose();
}
