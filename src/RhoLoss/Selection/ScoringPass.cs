using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>Runs the model on candidates without leaving a trace: no gradient, mode restored, BatchNorm buffers as the policy says.</summary>
internal sealed class ScoringPass : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly ScoringMode _mode;
    private readonly (Tensor Buffer, Tensor Saved)[] _preserved;

    public ScoringPass(nn.Module<Tensor, Tensor> model, ScoringMode mode, RunningStatistics policy)
    {
        _model = model;
        _mode = mode;
        bool moves = mode == ScoringMode.Train && policy == RunningStatistics.Preserve;
        _preserved = moves ? [.. RunningBuffers(model).Select(b => (b, empty_like(b).DetachFromDisposeScope()))] : [];
    }

    /// <summary>Logits of the inputs; only they outlive the call.</summary>
    public Tensor Forward(Tensor inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        bool training = _model.training;
        SetMode(_mode == ScoringMode.Train);
        foreach ((Tensor buffer, Tensor saved) in _preserved) { saved.copy_(buffer); }
        try
        {
            return scope.MoveToOuter(_model.forward(inputs));
        }
        finally
        {
            foreach ((Tensor buffer, Tensor saved) in _preserved) { buffer.copy_(saved); }
            SetMode(training);
        }
    }

    private void SetMode(bool training)
    {
        if (_model.training != training) { _model.train(training); }
    }

    private static IEnumerable<Tensor> RunningBuffers(nn.Module model) =>
        model.named_modules().Select(m => m.module).Append(model)
            .Where(m => m is TorchSharp.Modules.NormBase).Distinct()
            .SelectMany(m => m.named_buffers(recurse: false)).Select(b => b.buffer);

    public void Dispose()
    {
        foreach ((_, Tensor saved) in _preserved) { saved.Dispose(); }
    }
}
