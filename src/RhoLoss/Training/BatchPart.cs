using RhoLoss.Data;
using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// A stretch of a batch whose gradient is computed by itself. The losses of all parts add up to the mean loss of the batch, and so their
/// gradients add up to its gradient, of whatever size the parts are.
/// </summary>
internal sealed class BatchPart
{
    private readonly int _batchCount;
    private readonly Tensor? _counted;

    private BatchPart(Batch batch, Tensor? weights, Tensor? counted, int number, int start, int count)
    {
        bool isWhole = count == batch.Count;
        Tensor Slice(Tensor all) => isWhole ? all : all.narrow(0, start, count);
        (Number, Count, _batchCount, _counted) = (number, count, batch.Count, counted);
        (Inputs, Labels, Weights) = (Slice(batch.Inputs), Slice(batch.Labels), weights is null ? null : Slice(weights));
    }

    /// <summary>Which it is, from 0.</summary>
    public int Number { get; }

    /// <summary>Number of its examples.</summary>
    public int Count { get; }

    /// <summary>Theirs, as the batch has them.</summary>
    public Tensor Inputs { get; }

    /// <summary>Theirs, as the batch has them.</summary>
    public Tensor Labels { get; }

    /// <summary>Factor of each example's loss, shape [count], or null for all 1.</summary>
    public Tensor? Weights { get; }

    /// <summary>Parts that differ by one example at most, none of them empty, in the order of the batch.</summary>
    /// <param name="batch">The batch, of one example at least.</param>
    /// <param name="weights">Factors of its examples; null for all 1.</param>
    /// <param name="objective">Which elements count.</param>
    /// <param name="parts">How many, where the batch has as many examples.</param>
    public static IReadOnlyList<BatchPart> Of(Batch batch, Tensor? weights, Objective objective, int parts)
    {
        int count = Math.Clamp(batch.Count, 1, parts);
        Tensor? counted = count == 1 ? null : objective.Counted(batch.Labels)?.sum();
        int Start(int number) => (int)((long)batch.Count * number / count);
        return
        [
            .. Enumerable.Range(0, count)
                .Select(number => new BatchPart(batch, weights, counted, number, Start(number), Start(number + 1) - Start(number))),
        ];
    }

    /// <summary>What its elements add to the mean loss of the batch: of a part that is all of it, that mean.</summary>
    /// <param name="elements">Their losses, as the objective gave them.</param>
    /// <param name="counted">Which of them count; null when all do.</param>
    public Tensor ShareOfMean(Tensor elements, Tensor? counted)
    {
        Tensor mean = Objective.Mean(elements, counted, Weights, _counted);
        // Without elements that do not count, every example has as many: a mean over a part weighs as the part does.
        return _counted is not null || Count == _batchCount ? mean : mean.mul(Scalars.Of((double)Count / _batchCount));
    }
}
