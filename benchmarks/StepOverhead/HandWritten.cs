using static TorchSharp.torch;

namespace StepOverhead;

/// <summary>
/// What somebody would write against LibTorch alone: the same gather, passes, choice and update as Trainer.Step, without a type of the
/// library, and without its checks (ids known, scores and loss finite) and records.
/// Its AdamW is TorchSharp's, so a fused step counts for the library.
/// </summary>
internal sealed class HandWritten : IDisposable
{
    private const float Mean = 0.5f, Std = 0.25f;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly Tensor _bytes, _labels, _scale, _shift;
    private readonly Tensor? _irreducibleLosses;
    private readonly int _batch, _largeBatch;
    private readonly optim.Optimizer _optimizer;
    private readonly Generator _order = new(1, CPU), _choice = new(2, CPU);
    private readonly (Tensor Buffer, Tensor Saved)[] _statistics;
    private Tensor? _permutation;
    private long _position;

    /// <param name="model">In training mode; owned by the caller, as the data are.</param>
    /// <param name="bytes">uint8 [N, channels, height, width].</param>
    /// <param name="labels">int64 [N].</param>
    /// <param name="irreducibleLosses">float32 [N] for RHO-LOSS, null for uniform selection.</param>
    /// <param name="batch">n_b.</param>
    /// <param name="largeBatch">n_B.</param>
    public HandWritten(nn.Module<Tensor, Tensor> model, Tensor bytes, Tensor labels, Tensor? irreducibleLosses, int batch, int largeBatch)
    {
        _model = model;
        _bytes = bytes;
        _labels = labels;
        _irreducibleLosses = irreducibleLosses;
        _batch = batch;
        _largeBatch = largeBatch;
        _scale = tensor(1f / (255f * Std));
        _shift = tensor(-Mean / Std);
        _optimizer = optim.AdamW(model.parameters(), 1e-3, 0.9, 0.999, 1e-8, 0.01);
        // Scoring must not move BatchNorm's running statistics (algorithm.md): the library saves and restores them, and so must this.
        _statistics = irreducibleLosses is null ? []
            : [.. model.named_modules().Where(m => m.module is TorchSharp.Modules.BatchNorm2d)
                .SelectMany(m => m.module.named_buffers()).Select(b => (b.buffer, empty_like(b.buffer)))];
        model.train();
    }

    public float Step()
    {
        using DisposeScope scope = NewDisposeScope();
        if (_permutation is null || _position + _largeBatch > _labels.shape[0])
        {
            _permutation?.Dispose();
            _permutation = randperm(_labels.shape[0], dtype: int64, generator: _order).DetachFromDisposeScope();
            _position = 0;
        }
        Tensor candidates = _permutation.slice(0, _position, _position + _largeBatch, 1);
        _position += _largeBatch;
        (Tensor inputs, Tensor labels) = _irreducibleLosses is null ? Uniform(candidates) : Rho(candidates, _irreducibleLosses);

        _optimizer.zero_grad();
        Tensor loss = nn.functional.cross_entropy(_model.forward(inputs), labels);
        loss.backward();
        _optimizer.step();
        return loss.item<float>();
    }

    private (Tensor Inputs, Tensor Labels) Uniform(Tensor candidates)
    {
        Tensor chosen = candidates.index_select(0, rand(_largeBatch, generator: _choice).topk(_batch).indexes);
        return (Normalize(_bytes.index_select(0, chosen)), _labels.index_select(0, chosen));
    }

    private (Tensor Inputs, Tensor Labels) Rho(Tensor candidates, Tensor irreducibleLosses)
    {
        Tensor inputs = Normalize(_bytes.index_select(0, candidates)), labels = _labels.index_select(0, candidates);
        Tensor best;
        using (no_grad())
        {
            foreach ((Tensor buffer, Tensor saved) in _statistics) { saved.copy_(buffer); }
            Tensor loss = nn.functional.cross_entropy(_model.forward(inputs), labels, reduction: nn.Reduction.None);
            foreach ((Tensor buffer, Tensor saved) in _statistics) { buffer.copy_(saved); }
            best = (loss - irreducibleLosses.index_select(0, candidates)).topk(_batch).indexes;
        }
        return (inputs.index_select(0, best), labels.index_select(0, best));
    }

    private Tensor Normalize(Tensor bytes) => bytes.to(float32).mul_(_scale).add_(_shift);

    public void Dispose()
    {
        _optimizer.Dispose();
        _order.Dispose();
        _choice.Dispose();
        _permutation?.Dispose();
        _scale.Dispose();
        _shift.Dispose();
        foreach ((_, Tensor saved) in _statistics) { saved.Dispose(); }
    }
}
