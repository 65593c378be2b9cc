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

    /// <summary>Creates the network; <paramref name="seed"/> determines its parameters.</summary>
    /// <param name="inputs">Numbers in one input.</param>
    /// <param name="hidden">Width of each hidden layer.</param>
    /// <param name="classes">C.</param>
    /// <param name="seed">Seed of the initialisation.</param>
    public Mlp(long inputs, IReadOnlyList<long> hidden, int classes, long seed) : base(nameof(Mlp))
    {
        ArgumentNullException.ThrowIfNull(hidden);
        long[] widths = [inputs, .. hidden, classes];
        _layers = [.. widths.Zip(widths.Skip(1), (from, to) => nn.Linear(from, to))];
        for (int i = 0; i < _layers.Length; i++) { register_module($"fc{i + 1}", _layers[i]); }
        Initialization.Reset(this, seed);
    }

    /// <summary>Inputs [n, …] to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Tensor x = input.flatten(1);
        foreach (Linear layer in _layers.AsSpan(0, _layers.Length - 1)) { x = layer.forward(x).relu_(); }
        return _layers[^1].forward(x);
    }
}
