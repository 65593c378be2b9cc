using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// What can be learnt from held-out data: the loss L[y|x; D_ho] of each candidate by a model that stands for it (Eq. 8's second term). A
/// table of losses computed once (<see cref="IrreducibleLosses"/>), or a model that goes on learning
/// (<see cref="Training.LearningReference"/>).
/// </summary>
public abstract class Reference : IDisposable
{
    /// <summary>
    /// Reference losses of the candidates, float32, shape [n], without gradient. A reference that runs a model on some of them says so with
    /// <see cref="Candidates.CountForwarded"/>.
    /// </summary>
    public abstract Tensor Loss(Candidates candidates);

    /// <summary>
    /// How relevant each candidate is to what the reference stands for, float32, shape [n]: higher is more; in nats a token by n-grams.
    /// </summary>
    /// <exception cref="InvalidInputException">The reference does not tell.</exception>
    public virtual Tensor Relevance(Candidates candidates) => throw new InvalidInputException(
        $"This selection needs to know how relevant candidates are, which {GetType().Name} does not tell. Use MooreLewisReference.");

    /// <summary>Whether <see cref="Observe"/> takes a training step of its own, and so costs as much as one.</summary>
    public virtual bool LearnsFromSteps => false;

    /// <summary>Refuses data that it is not a reference for.</summary>
    /// <exception cref="InvalidInputException">The message says what differs.</exception>
    public virtual void RequireSameData(LabeledDataset data) { }

    /// <summary>Told of every training step, after the update.</summary>
    public virtual void Observe(TrainedBatch trained) { }

    /// <summary>
    /// Adds to <paramref name="state"/> what a later run needs to continue bit for bit. May refer to live tensors: write them before the
    /// next step.
    /// </summary>
    public virtual void Capture(IDictionary<string, Tensor> state) { }

    /// <summary>Continues from a captured state; <paramref name="state"/> finds a tensor by name or fails.</summary>
    public virtual void Restore(Func<string, Tensor> state) { }

    /// <summary>Frees what the reference owns.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the reference owns.</summary>
    protected virtual void Dispose(bool disposing) { }
}
