using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// A random stream of its own for a model. Layers such as dropout draw from the process-wide generator; without this, equal seeds would not
/// give equal runs, and a replica that scores would change the masks the target trains with. Covers the processor's generator, not CUDA's.
/// </summary>
internal sealed class RandomStream : IDisposable
{
    private const string StreamItself = "the stream of a model's layers";
    private readonly Tensor _state;

    public RandomStream(long seed)
    {
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Create(seed, Seeding.Scoring);
        _state = GeneratorState.Of(generator).clone().DetachFromDisposeScope();
    }

    /// <summary>Runs a forward pass on this stream and leaves the process-wide one as it was.</summary>
    public Tensor Run(Func<Tensor> forward)
    {
        using DisposeScope scope = NewDisposeScope();
        using (Enter()) { return scope.MoveToOuter(forward()); }
    }

    /// <summary>Until the result is disposed, layers draw from this stream; afterwards the process-wide one is as it was.</summary>
    public Entered Enter() => new(this);

    /// <summary>The time in which a stream is in force.</summary>
    public readonly struct Entered : IDisposable
    {
        private readonly RandomStream _stream;
        private readonly Tensor _outer;

        internal Entered(RandomStream stream)
        {
            _stream = stream;
            GeneratorState.Require(stream._state, StreamItself);   // a captured state is the live tensor, which its holder may have changed
            _outer = random.get_rng_state().DetachFromDisposeScope();
            GeneratorState.RestoreProcessWide(stream._state, StreamItself);
        }

        /// <summary>Puts the process-wide stream back.</summary>
        public void Dispose()
        {
            using (Tensor reached = random.get_rng_state()) { _stream._state.copy_(reached); }
            GeneratorState.RestoreProcessWide(_outer, "the process-wide stream");
            _outer.Dispose();
        }
    }

    public Tensor State => _state;

    /// <summary>Continues from a captured state, whose name in its checkpoint is <paramref name="entry"/>.</summary>
    /// <exception cref="InvalidInputException">It is no state of a random stream; this one stays as it was.</exception>
    public void Restore(Tensor state, string entry)
    {
        GeneratorState.Require(state, entry);
        _state.copy_(state);
    }

    public void Dispose() => _state.Dispose();
}
