using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Arms;

/// <summary>
/// Gives each example that was chosen the weight r^k in the mean of the batch's losses, where k is how often it was trained on before. The
/// weights of a batch are scaled to a mean of 1, so that the learning rate keeps its meaning.
/// </summary>
internal sealed class RepeatWeights : IBatchSelector
{
    private const string TimesEntry = "times-trained", SelectorPart = "weighted";
    private readonly IBatchSelector _selector;
    private readonly Tensor _factor, _ids, _times;

    /// <summary>Nothing was trained on.</summary>
    /// <param name="selector">Chooses. Owned.</param>
    /// <param name="data">What it chooses from. Not owned.</param>
    /// <param name="factor">r, above 0 and at most 1.</param>
    public RepeatWeights(IBatchSelector selector, LabeledDataset data, double factor)
    {
        _selector = selector;
        using IDisposable scope = NewDisposeScope();
        Device device = data.Ids.device;
        _factor = tensor(factor, dtype: float64, device: device).DetachFromDisposeScope();
        _ids = data.Ids.sort().Values.DetachFromDisposeScope();
        _times = zeros(data.Count, dtype: int64, device: device).DetachFromDisposeScope();   // in the order of the sorted ids
    }

    public int LargeBatchSize => _selector.LargeBatchSize;

    public SelectedBatch Select(LabeledDataset data, LargeBatch largeBatch, Augmentation? augmentation = null)
    {
        SelectedBatch selected = _selector.Select(data, largeBatch, augmentation);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor times = _times.index_select(0, searchsorted(_ids, selected.Indices));
        // Scaled all the same, and where all were trained on often none of them comes to 0.
        Tensor weights = _factor.pow((times - times.min()).to(float64));
        if (selected.Weights is { } given) { weights = weights * given; }
        return selected with { Weights = scope.MoveToOuter((weights / weights.mean()).to(float32)) };
    }

    public void Observe(TrainedBatch trained)
    {
        _selector.Observe(trained);
        using IDisposable scope = NewDisposeScope();
        Tensor rows = searchsorted(_ids, trained.Batch.Indices);
        _times.index_add_(0, rows, ones_like(rows), Scalars.One);
    }

    public void Capture(IDictionary<string, Tensor> state)
    {
        state[TimesEntry] = _times;
        var own = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        _selector.Capture(own);
        foreach ((string name, Tensor value) in own) { state[$"{SelectorPart}.{name}"] = value; }
    }

    public void Restore(Func<string, Tensor> state)
    {
        _selector.Restore(name => state($"{SelectorPart}.{name}"));
        _times.copy_(state(TimesEntry));
    }

    public void Dispose()
    {
        _selector.Dispose();
        _factor.Dispose();
        _ids.Dispose();
        _times.Dispose();
    }
}
