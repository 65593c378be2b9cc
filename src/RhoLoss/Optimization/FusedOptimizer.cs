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
internal abstract class FusedOptimizer : Optimizer
{
    private readonly Dictionary<string, Tensor> _moments = new(StringComparer.Ordinal);
    private readonly double _learningRate;

    private protected FusedOptimizer(FlatParameters parameters, double learningRate, int threads) : base(parameters)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        RequirePositive(learningRate);
        Threads = threads;
        _learningRate = learningRate;
        UsesTensorOperations = parameters.Values.device_type != DeviceType.CPU;
    }

    private protected int Threads { get; }

    /// <summary>Tensor operations instead of the vector pass; set by tests, to compare the two.</summary>
    internal bool UsesTensorOperations { get; set; }

    private protected override void Update(double learningRateFactor)
    {
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
    /// Moments, by moment and parameter name and in the shapes of the parameters, so that a run can continue in another format: views of
    /// the live ones.
    /// </summary>
    private protected override Dictionary<string, Tensor> Capture() => MomentViews().ToDictionary(StringComparer.Ordinal);

    private protected override void Restore(Func<string, Tensor> state)
    {
        (Tensor Own, Tensor Given)[] moments = [.. MomentViews().Select(m => (m.View, LikeIt(state(m.Name), m.Name, m.View.shape)))];
        foreach ((Tensor own, Tensor given) in moments) { own.copy_(given); }
    }

    private static Tensor LikeIt(Tensor found, string name, long[] shape) =>
        found.shape.AsSpan().SequenceEqual(shape)
            ? found
            : throw new InvalidInputException(
                $"The optimizer's state is of another model: '{name}' has shape [{string.Join(", ", found.shape)}] "
                + $"for [{string.Join(", ", shape)}].");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) { return; }
        foreach (Tensor moment in _moments.Values) { moment.Dispose(); }
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
            throw new ArgumentOutOfRangeException(
                name, value, FormattableString.Invariant($"{name} must be positive and finite, but was {value}."));
        }
    }

    private IEnumerable<(string Name, Tensor View)> MomentViews() =>
        _moments.SelectMany(m => Parameters.Trained.SelectMany(r => r.Entries).Select(e => ($"{m.Key}.{e.Name}", e.ViewOf(m.Value))));
}
