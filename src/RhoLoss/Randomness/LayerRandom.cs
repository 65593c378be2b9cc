using static TorchSharp.torch;

namespace RhoLoss.Randomness;

/// <summary>
/// Runs forward passes of a model so that what its layers draw is a function of a seed, on any thread. This library's layers
/// (<see cref="SeededDropout"/>) ask for the generator of the pass that their thread is in. Layers of others draw from the
/// generator of the process: for a model that may have such, it is seeded for the pass and put back afterwards, under one lock, so
/// that passes of two threads wait for each other.
/// </summary>
internal sealed class LayerRandom(nn.Module model)
{
    private static readonly Lock ProcessWide = new();
    [ThreadStatic] private static Stream? _current;
    private readonly bool _drawsFromProcess = ProcessWideDraws.Possible(model);

    /// <summary>What layers of the pass that this thread is in draw from; null outside a pass.</summary>
    public static Generator? Current => _current?.Generator;

    /// <summary>Runs a forward pass whose layers draw from the stream of this seed.</summary>
    /// <param name="forward">The model.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="seed">Of the pass.</param>
    public Tensor Run(nn.Module<Tensor, Tensor> forward, Tensor inputs, long seed)
    {
        Stream? outer = _current;
        using var stream = new Stream(seed);
        _current = stream;
        try
        {
            return _drawsFromProcess ? RunSeeded(forward, inputs, seed) : forward.forward(inputs);
        }
        finally
        {
            _current = outer;
        }
    }

    private static Tensor RunSeeded(nn.Module<Tensor, Tensor> forward, Tensor inputs, long seed)
    {
        lock (ProcessWide)
        {
            using Tensor before = random.get_rng_state();
            try
            {
                manual_seed(seed).Dispose();   // TorchSharp seeds the processor's generator alone, and no other can be put back
                if (inputs.device_type == DeviceType.CUDA) { cuda.manual_seed_all(seed); }
                return forward.forward(inputs);
            }
            finally
            {
                random.set_rng_state(before);
            }
        }
    }

    private sealed class Stream(long seed) : IDisposable
    {
        private Generator? _generator;

        public Generator Generator => _generator ??= new Generator((ulong)seed, CPU);

        public void Dispose() => _generator?.Dispose();
    }
}
