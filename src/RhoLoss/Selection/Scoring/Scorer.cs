using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// Where measurements of candidates come from, and so what selection costs. Any <see cref="SelectionFunction"/> works with any scorer that
/// knows what it asks: the function says what is worth training on, the scorer says how that is estimated. A scorer never changes the
/// target's parameters, nor its BatchNorm buffers unless <see cref="RunningStatistics.Update"/> asks for it. What layers such as dropout
/// draw while a model scores is a function of <see cref="Candidates.ScoringSeed"/>, and so of the step: it moves no random stream of
/// training.
/// </summary>
public abstract class Scorer : IDisposable
{
    /// <summary>
    /// Name in recipes, summaries and benchmarks: <c>target</c>, <c>replica</c>, <c>proxy</c>, <c>last-seen</c>, <c>cascade</c>.
    /// </summary>
    public abstract string Name { get; }

    /// <summary>
    /// Whether measurements are the target's with its current parameters, up to rounding; if not, they
    /// say nothing of what the target has learnt.
    /// </summary>
    public virtual bool SpeaksForTarget => false;

    /// <summary>Whether <see cref="Observe"/> takes a training step of its own, and so costs as much as one.</summary>
    public virtual bool LearnsFromSteps => false;

    /// <summary>
    /// Whether its scores are wrong by now for want of <see cref="Observe"/>; asked after many selections in a row without it. One that
    /// has its own way to observe needs it.
    /// </summary>
    internal virtual bool MissedSteps =>
        LearnsFromSteps || GetType().GetMethod(nameof(Observe), [typeof(TrainedBatch)])!.DeclaringType != typeof(Scorer);

    /// <summary>
    /// Measures the candidates, without gradient: at least what is wanted, if it can; what it leaves out is refused where it is asked for.
    /// A scorer that runs a model on some of them says so with <see cref="Candidates.CountForwarded"/>, and takes the measurements of its
    /// outputs with <see cref="Candidates.MeasurementsOf"/>.
    /// </summary>
    /// <param name="candidates">B_t, or a part of it.</param>
    /// <param name="wanted">What the selection function asks for.</param>
    public abstract Measurements Measure(Candidates candidates, Measures wanted);

    /// <summary>
    /// Log-probabilities of <paramref name="passes"/> Monte-Carlo dropout passes over the candidates, float32, shape [K, n, C], without
    /// gradient. For scorers that have the target's model.
    /// </summary>
    /// <exception cref="InvalidInputException">The scorer has no such model, or the model has no dropout.</exception>
    public virtual Tensor DropoutLogProbabilities(Candidates candidates, int passes) =>
        throw new InvalidInputException(
            $"Monte-Carlo dropout needs the target's own layers, but the scorer {Name} has none. "
            + "Use the scorer target or replica, or another method.");

    /// <summary>
    /// Positions (int64, shape [m], m ≥ <paramref name="atLeast"/>) of the candidates worth scoring; null for all of them. The others
    /// cannot be selected.
    /// </summary>
    public virtual Tensor? Shortlist(Candidates candidates, SelectionFunction score, int atLeast) => null;

    /// <summary>Told of every training step, after the update.</summary>
    public virtual void Observe(TrainedBatch trained) { }

    /// <summary>
    /// Adds to <paramref name="state"/> what a later run needs to continue bit for bit. May refer to
    /// live tensors: write them before the next step.
    /// </summary>
    public virtual void Capture(IDictionary<string, Tensor> state) { }

    /// <summary>Continues from a captured state; <paramref name="state"/> finds a tensor by name or fails.</summary>
    public virtual void Restore(Func<string, Tensor> state) { }

    /// <summary>Frees what the scorer owns; not the target.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the scorer owns.</summary>
    protected virtual void Dispose(bool disposing) { }
}
