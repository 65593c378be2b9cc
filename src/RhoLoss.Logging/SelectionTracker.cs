using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Logging;

/// <summary>
/// What kind of points a method selects (Section 4.3, Fig. 3): shares over all selected points, counting each time a point is selected.
/// Counts stay in one tensor, so observing a step never waits for the device.
/// </summary>
/// <remarks>
/// "Already correct" asks whether the largest logit of the scoring pass is the label's. A method that scores without the model (uniform,
/// a proxy, remembered losses) has no such pass; there the training pass on b_t answers, with the same parameters.
/// </remarks>
public sealed class SelectionTracker : IDisposable
{
    private readonly LabeledDataset _data;
    private readonly Tensor _counts;   // int64 [4]: selected, corrupted, low relevance, already correct
    private readonly bool _corrupted;
    private readonly bool _lowRelevance;

    /// <summary>Tracks selections from <paramref name="data"/>, which carries the flags. Not owned.</summary>
    public SelectionTracker(LabeledDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        _data = data;
        _corrupted = data.Flag(ExampleFlags.Corrupted) is not null;
        _lowRelevance = data.Flag(ExampleFlags.LowRelevance) is not null;
        _counts = zeros(4, dtype: int64, device: data.Ids.device).DetachFromDisposeScope();
    }

    /// <summary>Counts the points selected by a step.</summary>
    public void Observe(TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Batch batch = step.Selected.Batch;
        Tensor none = zeros(1, dtype: int64, device: _counts.device);
        Tensor Count(Tensor? flags) => flags is null ? none : flags.sum(ScalarType.Int64).reshape(1);
        ScoredCandidates scored = step.Selected.Candidates;
        Objective objective = step.Trained.Objective;
        Tensor? correct = scored is { Logits: { } targets, SpeaksForTarget: true }
            ? objective.Correct(targets.index_select(0, step.Selected.Positions), batch.Labels)
            : objective.Correct(step.Trained.Logits, batch.Labels);
        _counts.add_(cat(
        [
            full(1, Scalars.Of(batch.Count), dtype: int64, device: _counts.device),
            Count(_corrupted ? _data.FlagOf(ExampleFlags.Corrupted, batch.Indices) : null),
            Count(_lowRelevance ? _data.FlagOf(ExampleFlags.LowRelevance, batch.Indices) : null),
            Count(correct?.eq(Scalars.One)),
        ]), Scalars.One);
    }

    /// <summary>Shares so far.</summary>
    public SelectionShares Shares => SelectionShares.Of([.. _counts.cpu().data<long>()], _corrupted, _lowRelevance);

    /// <summary>Forgets everything observed.</summary>
    public void Reset() => _counts.zero_();

    /// <summary>Counts so far, for checkpoints: int64, shape [4]. Owned by the tracker.</summary>
    public Tensor State => _counts;

    /// <summary>Continues from counts that <see cref="State"/> returned.</summary>
    public void Restore(Tensor state) => _counts.copy_(state);

    /// <summary>
    /// Quantiles 0.1, 0.5 and 0.9 of loss, IL and their difference, of the selected and the rejected candidates of one step.
    /// </summary>
    public static IReadOnlyDictionary<string, SelectionQuantiles> Quantiles(TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        using IDisposable scope = NewDisposeScope();
        var result = new Dictionary<string, SelectionQuantiles>(StringComparer.Ordinal);
        ScoredCandidates c = step.Selected.Candidates;
        Tensor selected = zeros(c.Indices.shape[0], dtype: @bool, device: c.Indices.device);
        selected.index_fill_(0, step.Selected.Positions, Scalars.Of(true));
        Add("loss", c.Loss);
        Add("irreducibleLoss", c.IrreducibleLoss);
        if (c.Loss is not null && c.IrreducibleLoss is not null) { Add("reducibleLoss", c.Loss - c.IrreducibleLoss); }
        return result;

        void Add(string name, Tensor? values)
        {
            if (values is null) { return; }
            result[name] = new SelectionQuantiles(Of(values.masked_select(selected)), Of(values.masked_select(selected.logical_not())));
        }

        static double[]? Of(Tensor values) => values.numel() == 0 ? null
            : [.. values.to(float64).quantile(tensor([0.1, 0.5, 0.9], dtype: float64, device: values.device)).cpu().data<double>()];
    }

    /// <summary>Frees the counts.</summary>
    public void Dispose() => _counts.Dispose();
}

/// <summary>Shares of selected points, 0 to 1; null where the data have no such flag.</summary>
/// <param name="Selected">Points selected, with repetition.</param>
/// <param name="Corrupted">Share with a corrupted label.</param>
/// <param name="LowRelevance">Share of classes that are rare at test time.</param>
/// <param name="AlreadyCorrect">Share that the model classified correctly before training on them.</param>
public sealed record SelectionShares(long Selected, double? Corrupted, double? LowRelevance, double? AlreadyCorrect)
{
    /// <summary>The number and the shares as metrics of a group <c>selected</c>.</summary>
    public IEnumerable<KeyValuePair<string, double?>> Metrics =>
    [
        new("selected.selected", Selected), new("selected.corrupted", Corrupted),
        new("selected.lowRelevance", LowRelevance), new("selected.alreadyCorrect", AlreadyCorrect),
    ];

    internal static SelectionShares Of(long[] counts, bool corrupted, bool lowRelevance)
    {
        double? Share(long n, bool known) => known && counts[0] > 0 ? (double)n / counts[0] : null;
        return new SelectionShares(counts[0], Share(counts[1], corrupted), Share(counts[2], lowRelevance), Share(counts[3], true));
    }
}

/// <summary>Quantiles 0.1, 0.5, 0.9 on both sides of a selection; null where a side is empty.</summary>
/// <param name="Selected">Of the selected candidates.</param>
/// <param name="Rejected">Of the rejected ones.</param>
public sealed record SelectionQuantiles(IReadOnlyList<double>? Selected, IReadOnlyList<double>? Rejected);
