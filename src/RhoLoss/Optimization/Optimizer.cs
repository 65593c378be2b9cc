using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// Updates flat parameters from their gradients: made by <see cref="OptimizerOptions.CreateFor"/>, of the library
/// (<see cref="AdamWOptions"/>, <see cref="SgdOptions"/>) or of TorchSharp (<see cref="TorchOptimizerOptions"/>).
/// </summary>
public abstract class Optimizer : IDisposable
{
    private const string StepKey = "step";

    private protected Optimizer(FlatParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!parameters.Trained.Any())
        {
            throw new ArgumentException(
                "There is nothing to train: the parameters have no gradients. "
                + "Lay them out with training: true, and do not freeze them all.", nameof(parameters));
        }
        Parameters = parameters;
    }

    /// <summary>What it trains. Not owned.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>Steps taken.</summary>
    public long StepsTaken { get; private set; }

    /// <summary>Sets all gradients to 0.</summary>
    public void ZeroGradients() => Parameters.ZeroGradients();

    /// <summary>Updates the parameters from their gradients.</summary>
    /// <param name="learningRateFactor">Multiplies the learning rate in this step; for schedules. At least 0.</param>
    public void Step(double learningRateFactor = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(learningRateFactor);
        Parameters.RequireAttachedGradients();
        StepsTaken++;
        Update(learningRateFactor);
    }

    /// <summary>
    /// Step count and what else a run needs to continue. May be views of live tensors; the caller's dispose scope owns what was made.
    /// </summary>
    public Dictionary<string, Tensor> CaptureState()
    {
        Dictionary<string, Tensor> state = Capture();
        state[StepKey] = tensor(StepsTaken, dtype: int64);
        return state;
    }

    /// <summary>Continues from a captured state of an optimizer of the same kind, for the same model.</summary>
    /// <param name="state">Tensors by name; others are ignored.</param>
    /// <param name="prefix">What the names start with there.</param>
    /// <exception cref="InvalidInputException">A tensor is missing or is another optimizer's; nothing was changed.</exception>
    public void RestoreState(IReadOnlyDictionary<string, Tensor> state, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(state);
        using IDisposable scope = NewDisposeScope();
        Tensor step = Find(state, prefix + StepKey);
        if (step.dim() != 0)
        {
            throw new InvalidInputException(
                $"The optimizer's state is of another optimizer: '{prefix}{StepKey}' is one number, but has shape "
                + $"[{string.Join(", ", step.shape)}].");
        }
        long steps = step.to(int64).cpu().item<long>();
        Restore(name => Find(state, prefix + name));
        StepsTaken = steps;
    }

    private protected abstract void Update(double learningRateFactor);

    private protected abstract Dictionary<string, Tensor> Capture();

    private protected abstract void Restore(Func<string, Tensor> state);

    private static Tensor Find(IReadOnlyDictionary<string, Tensor> state, string name) =>
        state.TryGetValue(name, out Tensor? found)
            ? found
            : throw new InvalidInputException(
                $"The optimizer's state has no tensor '{name}'; it was written by another version, or for another optimizer or model.");

    /// <summary>Frees what it keeps; not the parameters.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what it keeps.</summary>
    protected abstract void Dispose(bool disposing);
}
