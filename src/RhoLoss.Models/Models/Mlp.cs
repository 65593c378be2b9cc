using RhoLoss.Randomness;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// Fully connected network with ReLU between layers; inputs are flattened. The paper's QMNIST target is 784-512-512-512-10 with
/// 932,362 parameters (it says "3 layer"; the authors' code has three hidden layers), its small IL model has width 256: 335,114.
/// </summary>
public sealed class Mlp : nn.Module<Tensor, Tensor>
{
    private readonly Linear[] _layers;
    private readonly SeededDropout[] _dropout = [];   // one after each hidden layer, or none

    /// <summary>Creates the network; <paramref name="seed"/> determines its parameters.</summary>
    /// <param name="inputs">Numbers in one input.</param>
    /// <param name="hidden">Width of each hidden layer.</param>
    /// <param name="classes">C.</param>
    /// <param name="seed">Seed of the initialisation.</param>
    /// <param name="dropout">Rate of dropout after each hidden layer, at least 0 and below 1; 0: none.</param>
    public Mlp(long inputs, IReadOnlyList<long> hidden, int classes, long seed, double dropout = 0) : base(nameof(Mlp))
    {
        ArgumentNullException.ThrowIfNull(hidden);
        SeededDropout.RequireRate(dropout);
        long[] widths = [inputs, .. hidden, classes];
        _layers = [.. widths.Zip(widths.Skip(1), (from, to) => nn.Linear(from, to))];
        for (int i = 0; i < _layers.Length; i++) { register_module($"fc{i + 1}", _layers[i]); }
        if (dropout > 0) { _dropout = [.. hidden.Select(_ => new SeededDropout(dropout))]; }
        for (int i = 0; i < _dropout.Length; i++) { register_module($"dropout{i + 1}", _dropout[i]); }
        Initialization.Reset(this, seed);
    }

    /// <summary>Inputs [n, …] to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Tensor x = input.flatten(1);
        for (int i = 0; i < _layers.Length - 1; i++)
        {
            x = _layers[i].forward(x).relu_();
            if (_dropout.Length > 0) { x = _dropout[i].forward(x); }
        }
        return _layers[^1].forward(x);
    }
}
