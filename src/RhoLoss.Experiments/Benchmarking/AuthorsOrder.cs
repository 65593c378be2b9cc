using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>
/// A step in the order of the authors' PyTorch code, written in TorchSharp: everything in float32, a train-mode forward pass over n_B that
/// moves BatchNorm's statistics, a full sort, scores and indices copied to the host in every step, and TorchSharp's own AdamW.
/// </summary>
internal sealed class AuthorsOrder : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly BenchmarkData _data;
    private readonly ShuffledSampler _sampler;
    private readonly optim.Optimizer _optimizer;
    private readonly int _batch;

    /// <param name="model">Owned from now on.</param>
    /// <param name="data">What is trained on.</param>
    /// <param name="options">Batch sizes.</param>
    public AuthorsOrder(nn.Module<Tensor, Tensor> model, BenchmarkData data, BenchmarkOptions options)
    {
        _model = model;
        _data = data;
        _batch = options.Batch;
        _sampler = new ShuffledSampler(data.Training.Ids, options.LargeBatch, seed: 1);
        _optimizer = optim.AdamW(model.parameters(), 1e-3, 0.9, 0.999, 1e-8, 0.01);
        model.train();
    }

    /// <summary>One step; its loss in nats.</summary>
    public float Step()
    {
        using IDisposable scope = NewDisposeScope();
        Batch candidates = _data.Training.Gather(_sampler.Next());
        long[] chosen;
        using (no_grad())
        {
            Tensor loss = nn.functional.cross_entropy(_model.forward(candidates.Inputs), candidates.Labels, reduction: nn.Reduction.None);
            (Tensor sorted, Tensor order) = sort(loss - _data.IrreducibleLosses.Of(candidates.Indices), descending: true);
            _ = sorted.cpu().data<float>().ToArray();   // for the log
            chosen = order.cpu().data<long>().ToArray()[.._batch];
        }
        Tensor positions = tensor(chosen);
        _optimizer.zero_grad();
        Tensor mean = nn.functional.cross_entropy(
            _model.forward(candidates.Inputs.index_select(0, positions)), candidates.Labels.index_select(0, positions));
        mean.backward();
        _optimizer.step();
        return mean.item<float>();
    }

    /// <summary>The plain forward pass of that step: n_B candidates in float32, train mode, no gradient.</summary>
    public void Forward()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _ = _model.forward(_data.Training.Gather(_sampler.Next()).Inputs);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _sampler.Dispose();
        _model.Dispose();
    }
}
