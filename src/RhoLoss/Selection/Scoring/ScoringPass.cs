using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

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
        (nn.Module Module, bool Training)[] modes = _model.training == (_mode == ScoringMode.Train) ? [] : [.. Modules(_model).Select(m => (m, m.training))];
        foreach ((Tensor buffer, Tensor saved) in _preserved) { saved.copy_(buffer); }
        try
        {
            if (modes.Length > 0) { _model.train(_mode == ScoringMode.Train); }
            return scope.MoveToOuter(_model.forward(inputs));
        }
        finally
        {
            foreach ((Tensor buffer, Tensor saved) in _preserved) { buffer.copy_(saved); }
            Restore(modes);
        }
    }

    /// <summary>Each layer by itself, because a user may keep some of a training model in eval mode. Parents come first: train() reaches down.</summary>
    private static void Restore((nn.Module Module, bool Training)[] modes)
    {
        foreach ((nn.Module module, bool training) in modes)
        {
            if (module.training != training) { module.train(training); }
        }
    }

    private static IEnumerable<nn.Module> Modules(nn.Module model) => model.named_modules().Select(m => m.module).Prepend(model).Distinct();

    private static IEnumerable<Tensor> RunningBuffers(nn.Module model) =>
        Modules(model).Where(m => m is TorchSharp.Modules.NormBase)
            .SelectMany(m => m.named_buffers(recurse: false)).Select(b => b.buffer);

    public void Dispose()
    {
        foreach ((_, Tensor saved) in _preserved) { saved.Dispose(); }
    }
}
