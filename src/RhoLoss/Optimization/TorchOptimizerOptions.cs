using TorchSharp.Modules;

namespace RhoLoss.Optimization;

/// <summary>
/// Any optimizer of TorchSharp, with the schedule, checkpoints and exact resume of the trainer. In float32 alone; slower than the
/// library's own, which update each number in one pass.
/// </summary>
/// <param name="Create">
/// Makes it for parameters: <c>p => torch.optim.RMSProp(p, lr: 1e-3)</c>. Its own learning rate is the one that a schedule multiplies;
/// <see cref="OptimizerOptions.LearningRate"/> is not read.
/// </param>
/// <example>
/// <code>
/// var options = new TrainerOptions { Optimizer = new TorchOptimizerOptions(p => torch.optim.RMSProp(p, lr: 1e-3)) };
/// </code>
/// </example>
public sealed record TorchOptimizerOptions(Func<IEnumerable<Parameter>, OptimizerHelper> Create) : OptimizerOptions
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The parameters do not compute in float32.</exception>
    public override Optimizer CreateFor(FlatParameters parameters, int threads = 1) => new TorchOptimizer(parameters, Create);
}
