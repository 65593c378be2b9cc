using RhoLoss.Optimization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>AdamW on a model's parameters with random gradients, by this library and by TorchSharp.</summary>
internal sealed class OptimizerSteps : IDisposable
{
    private const int CompilingSteps = 40;   // until the passes are compiled with full optimisation
    private readonly nn.Module<Tensor, Tensor> _own, _other;
    private readonly FlatParameters _parameters;
    private readonly Optimizer _flat;
    private readonly optim.Optimizer _torchSharp;

    /// <param name="own">Owned from now on.</param>
    /// <param name="other">The same model again; owned from now on.</param>
    /// <param name="threads">Threads of the flat one; TorchSharp's has those of the process.</param>
    public OptimizerSteps(nn.Module<Tensor, Tensor> own, nn.Module<Tensor, Tensor> other, int threads)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (_own, _other) = (own, other);
        _parameters = new FlatParameters(own);
        _flat = new AdamWOptions().CreateFor(_parameters, threads);
        _torchSharp = optim.AdamW(other.parameters(), 1e-3, 0.9, 0.999, 1e-8, 0.01);
        foreach (Tensor gradients in _parameters.Gradients) { gradients.normal_(0, 0.01); }
        foreach (Parameter parameter in other.parameters()) { parameter.grad = randn_like(parameter).mul_(Scalars.Of(0.01)); }
        for (int i = 0; i < CompilingSteps; i++) { _flat.Step(); }
    }

    public void Flat() => _flat.Step();

    public void TorchSharp() => _torchSharp.step();

    public void Dispose()
    {
        _flat.Dispose();
        _parameters.Dispose();
        _torchSharp.Dispose();
        _own.Dispose();
        _other.Dispose();
    }
}
