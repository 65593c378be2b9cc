using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// An optimizer that reads and writes each number once a step: weights, gradients and moments of flat parameters in one pass, with vector
/// instructions, instead of a handful of tensor operations a parameter. Where layers compute in bfloat16 the same pass reads their
/// gradients, updates the float32 masters and writes the rounded weights.
/// </summary>
/// <remarks>
/// On the CPU; on another device the same formulas run as tensor operations on the flat tensors.
/// That way is tested on the CPU, but not on CUDA.
/// </remarks>
public abstract class FusedOptimizer : IDisposable
{
    private const string StepKey = "step";
    private readonly Dictionary<string, Tensor> _moments = new(StringComparer.Ordinal);
    private readonly double _learningRate;

    private protected FusedOptimizer(FlatParameters parameters, double learningRate, int threads)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        RequirePositive(learningRate);
        if (!parameters.Trained.Any())
        {
            throw new ArgumentException(
                "There is nothing to train: the parameters have no gradients. "
                + "Lay them out with training: true, and do not freeze them all.", nameof(parameters));
        }
        Parameters = parameters;
        Threads = threads;
        _learningRate = learningRate;
        UsesTensorOperations = parameters.Values.device_type != DeviceType.CPU;
    }

    /// <summary>What it trains.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>Steps taken.</summary>
    public long StepsTaken { get; private set; }

    private protected int Threads { get; }

    /// <summary>Tensor operations instead of the vector pass; set by tests, to compare the two.</summary>
    internal bool UsesTensorOperations { get; set; }

    /// <summary>Sets all gradients to 0.</summary>
    public void ZeroGradients() => Parameters.ZeroGradients();

    /// <summary>Updates the parameters from their gradients.</summary>
    /// <param name="learningRateFactor">Multiplies the learning rate in this step; for schedules. At least 0.</param>
    public void Step(double learningRateFactor = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(learningRateFactor);
        Parameters.RequireAttachedGradients();
        StepsTaken++;
        double learningRate = _learningRate * learningRateFactor;
        if (!UsesTensorOperations)
        {
            foreach (FlatRange range in Parameters.Trained) { StepInOnePass(range, learningRate); }
            return;
        }
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        foreach (FlatRange range in Parameters.Trained) { StepWithTensors(range, range.Gradients!.to(float32), learningRate); }
        Parameters.RoundMasters();
    }

    /// <summary>
    /// Step count and moments, by moment and parameter name and in the shapes of the parameters, so that a run can continue in another
    /// format. Views of the live moments; the caller's dispose scope owns them.
    /// </summary>
    public Dictionary<string, Tensor> CaptureState()
    {
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal) { [StepKey] = tensor(StepsTaken, dtype: int64) };
        foreach ((string name, Tensor view) in MomentViews()) { state[name] = view; }
        return state;
    }

    /// <summary>Continues from a captured state of an optimizer of the same kind, for the same model.</summary>
    /// <param name="state">Tensors by name; others are ignored.</param>
    /// <param name="prefix">What the names start with there.</param>
    /// <exception cref="InvalidInputException">A tensor is missing or has another shape; nothing was changed.</exception>
    public void RestoreState(IReadOnlyDictionary<string, Tensor> state, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(state);
        using IDisposable scope = NewDisposeScope();
        Tensor step = Find(StepKey, []);
        (Tensor Own, Tensor Given)[] moments = [.. MomentViews().Select(m => (m.View, Find(m.Name, m.View.shape)))];
        foreach ((Tensor own, Tensor given) in moments) { own.copy_(given); }
        StepsTaken = step.to(int64).cpu().item<long>();

        Tensor Find(string name, long[] shape)
        {
            if (!state.TryGetValue(prefix + name, out Tensor? found))
            {
                throw new InvalidInputException(
                    $"The optimizer's state has no tensor '{prefix}{name}'; it was written by another version, "
                    + "or for another optimizer or model.");
            }
            if (!found.shape.AsSpan().SequenceEqual(shape))
            {
                throw new InvalidInputException(
                    $"The optimizer's state is of another model: '{prefix}{name}' has shape [{string.Join(", ", found.shape)}] "
                    + $"for [{string.Join(", ", shape)}].");
            }
            return found;
        }
    }

    /// <summary>Frees the moments; not the parameters.</summary>
    public void Dispose()
    {
        foreach (Tensor moment in _moments.Values) { moment.Dispose(); }
        GC.SuppressFinalize(this);
    }

    /// <summary>Zeros, one for each number of <see cref="FlatParameters.Values"/>; part of the state.</summary>
    private protected Tensor CreateMoment(string name) => _moments[name] = zeros_like(Parameters.Values).DetachFromDisposeScope();

    private protected abstract void StepInOnePass(FlatRange range, double learningRate);

    /// <summary>Updates <see cref="FlatRange.Masters"/> from gradients in float32.</summary>
    private protected abstract void StepWithTensors(FlatRange range, Tensor gradients, double learningRate);

    private protected static void RequirePositive(
        double value, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value > 0 && double.IsFinite(value)))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be positive and finite, but was {value}.");
        }
    }

    private IEnumerable<(string Name, Tensor View)> MomentViews() =>
        _moments.SelectMany(m => Parameters.Trained.SelectMany(r => r.Entries).Select(e => ($"{m.Key}.{e.Name}", e.ViewOf(m.Value))));
}
