using RhoLoss.Optimization;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// Runs the model on candidates without leaving a trace: no gradient, mode restored, BatchNorm buffers as the policy says.
/// </summary>
internal sealed class ScoringPass : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly ScoringMode _mode;
    private readonly LayerRandom _random;
    private readonly (Tensor Buffer, Tensor Saved)[] _preserved;

    public ScoringPass(nn.Module<Tensor, Tensor> model, ScoringMode mode, RunningStatistics policy)
    {
        ModelRequirements.RequireSafeConvolutions(model);
        _model = model;
        _mode = mode;
        _random = new LayerRandom(model);
        bool moves = mode == ScoringMode.Train && policy == RunningStatistics.Preserve;
        _preserved = moves ? [.. RunningBuffers(model).Select(b => (b, empty_like(b).DetachFromDisposeScope()))] : [];
    }

    /// <summary>Logits of the inputs; only they outlive the call.</summary>
    /// <param name="inputs">Of the candidates.</param>
    /// <param name="seed">Of what layers draw.</param>
    public Tensor Forward(Tensor inputs, long seed)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (nn.Module Module, bool Training)[] modes = _model.training == (_mode == ScoringMode.Train)
            ? []
            : [.. Modules(_model).Select(m => (m, m.training))];
        foreach ((Tensor buffer, Tensor saved) in _preserved) { saved.copy_(buffer); }
        try
        {
            if (modes.Length > 0) { _model.train(_mode == ScoringMode.Train); }
            using IDisposable? alone = BatchStatistics.For(_model, inputs.shape[0]);
            return scope.MoveToOuter(_random.Run(_model, inputs, seed));
        }
        finally
        {
            foreach ((Tensor buffer, Tensor saved) in _preserved) { buffer.copy_(saved); }
            Restore(modes);
        }
    }

    /// <summary>
    /// Log-probabilities of that many Monte-Carlo dropout passes, float32, shape [K, n, C] or [K, n, T, V], in one pass over
    /// K copies of the inputs. Only dropout is in train mode: BatchNorm uses running statistics, since those of
    /// copies would say nothing, and leaves them alone.
    /// </summary>
    /// <exception cref="InvalidInputException">The model has no dropout.</exception>
    public Tensor Dropout(Tensor inputs, int passes, long seed)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (nn.Module Module, bool Training)[] modes = [.. Modules(_model).Select(m => (m, m.training))];
        nn.Module[] dropout =
        [
            .. modes.Select(m => m.Module).Where(m => m is SeededDropout { Rate: > 0 } or TorchSharp.Modules.Dropout { p: > 0 }),
        ];
        if (dropout.Length == 0)
        {
            if (modes.Any(m => m.Module is jit.ScriptModule))
            {
                throw new InvalidInputException(
                    $"Monte-Carlo dropout needs to know which layers are dropout, but {_model.GetName()} is TorchScript or has parts that "
                    + "are, whose layers are not seen. Write the network in TorchSharp, or choose another selection function.");
            }
            throw new InvalidInputException(
                $"Monte-Carlo dropout needs a model with dropout, but {_model.GetName()} has no such layer with a rate above 0. "
                + "Give it one (the paper's MLP has a rate of 0.5, its CNN 0.05), or choose another selection function.");
        }
        try
        {
            _model.eval();
            foreach (nn.Module layer in dropout) { layer.train(); }
            long n = inputs.shape[0];
            Tensor copies = inputs.expand([passes, .. inputs.shape]).reshape([passes * n, .. inputs.shape[1..]]);
            Tensor logits = _random.Run(_model, copies, seed);
            return scope.MoveToOuter(nn.functional.log_softmax(logits, -1).reshape([passes, n, .. logits.shape[1..]]));
        }
        finally
        {
            Restore(modes);
        }
    }

    /// <summary>
    /// Each layer by itself, because a user may keep some of a training model in eval mode. Parents come first: train() reaches down.
    /// </summary>
    private static void Restore((nn.Module Module, bool Training)[] modes)
    {
        foreach ((nn.Module module, bool training) in modes)
        {
            if (module.training != training) { module.train(training); }
        }
    }

    private static IEnumerable<nn.Module> Modules(nn.Module model) => model.named_modules().Select(m => m.module).Prepend(model).Distinct();

    /// <summary>Of every layer, because one of a user's own, or of TorchScript, may move its buffers too.</summary>
    private static IEnumerable<Tensor> RunningBuffers(nn.Module model) => model.buffers();

    public void Dispose()
    {
        foreach ((_, Tensor saved) in _preserved) { saved.Dispose(); }
    }
}
