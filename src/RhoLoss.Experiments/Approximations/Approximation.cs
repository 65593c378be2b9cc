using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Approximations;

/// <summary>One way to compute the selection function L[y|x; D_t] − L[y|x; D_ho, D_t] and to train on what it selects.</summary>
internal sealed class Approximation(
    string name, Ensemble target, Ensemble irreducible, LadderData data, LadderOptions options) : IDisposable
{
    private readonly List<long> _acquired = [];

    public string Name { get; } = name;

    /// <summary>Trains to convergence on all that was acquired, instead of one gradient step on each small batch.</summary>
    public bool Converges { get; init; }

    /// <summary>Trains the IL model on what is acquired, too.</summary>
    public bool UpdatesIrreducibleLoss { get; init; }

    /// <summary>Scores of a large batch, shape [n_B].</summary>
    public Tensor Score(Batch largeBatch) => target.Losses(largeBatch) - irreducible.Losses(largeBatch);

    /// <summary>
    /// Takes the points with the highest scores and trains; without convergence also on the additional large
    /// batches, each scored when its turn comes.
    /// </summary>
    public void Acquire(Batch largeBatch, Tensor scores, IReadOnlyList<Batch> additional, Generator generator)
    {
        using IDisposable scope = NewDisposeScope();
        Batch selected = Highest(largeBatch, scores);
        if (!Converges)
        {
            Step(selected.Indices);
            foreach (Batch batch in additional) { Step(Highest(batch, Score(batch)).Indices); }
            return;
        }
        _acquired.AddRange(selected.Indices.cpu().data<long>());
        target.Fit(
            new TrainingPool([], _acquired),
            options.ConvergenceEpochs, options.BatchSize, options.ConvergenceTolerance, generator);
        if (UpdatesIrreducibleLoss)
        {
            irreducible.Fit(
                new TrainingPool(data.HoldoutIds, _acquired),
                options.ConvergenceEpochs, options.BatchSize, options.ConvergenceTolerance, generator);
        }
    }

    private void Step(Tensor ids)
    {
        target.Step(ids);
        if (UpdatesIrreducibleLoss) { irreducible.Step(ids); }
    }

    private Batch Highest(Batch batch, Tensor scores)
    {
        long count = Math.Max(1, (long)(options.Share * batch.Count));
        return batch.At(sort(scores, descending: true, stable: true).indices.slice(0, 0, count, 1));
    }

    public void Dispose()
    {
        target.Dispose();
        irreducible.Dispose();
    }
}
