using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>The parts of a trainer that a checkpoint holds, none of them owned.</summary>
/// <param name="model">Name of the model, for messages.</param>
/// <param name="parameters">Of the model.</param>
/// <param name="optimizer">Of the parameters.</param>
/// <param name="selector">Chooses batches.</param>
/// <param name="sampler">Its place in the data.</param>
/// <param name="setUp">What decides the steps.</param>
/// <param name="accumulatedSteps">Steps whose gradients are added up for one update.</param>
internal sealed class TrainerState(
    string model, FlatParameters parameters, Optimizer optimizer, IBatchSelector selector, IExampleSampler sampler, SetUp setUp,
    int accumulatedSteps)
{
    /// <summary>Copies, which the caller's dispose scope owns.</summary>
    public Checkpoint Capture(long steps, double seconds)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Checkpoint live = Live(steps, seconds);
        foreach (string name in live.Tensors.Keys.ToArray()) { live.Tensors[name] = scope.MoveToOuter(live.Tensors[name].clone()); }
        return live;
    }

    /// <summary>Continues from a captured state of a trainer that was built the same way.</summary>
    /// <param name="checkpoint">What was captured.</param>
    /// <param name="steps">Steps and seconds of the trainer as it is now.</param>
    /// <param name="seconds">See <paramref name="steps"/>.</param>
    /// <returns>Steps and seconds of the checkpoint.</returns>
    /// <exception cref="InvalidInputException">It is of another trainer, or damaged; the message says what differs.</exception>
    public (long Steps, double Seconds) Restore(Checkpoint checkpoint, long steps, double seconds)
    {
        setUp.Require(checkpoint);
        using (NewDisposeScope()) { checkpoint.RequireLike(Live(steps, seconds)); }
        ModelState.Restore(model, parameters, checkpoint.Tensors, Checkpoint.ModelPrefix);
        optimizer.RestoreState(checkpoint.Tensors, Checkpoint.OptimizerPrefix);
        selector.Restore(StateScope.Of(Checkpoint.SelectorPart, checkpoint.Tensor));
        sampler.Restore(StateScope.Of(Checkpoint.SamplerPart, checkpoint.Tensor));
        (long Steps, double Seconds) restored = (checkpoint.GetLong("steps"), checkpoint.GetDouble("seconds"));
        if (IsAccumulating(restored.Steps)) { RestoreGradients(checkpoint); }
        return restored;
    }

    private Checkpoint Live(long steps, double seconds)
    {
        var checkpoint = new Checkpoint();
        foreach ((string name, Tensor value) in parameters.StateDict()) { checkpoint.Tensors[Checkpoint.ModelPrefix + name] = value; }
        foreach ((string name, Tensor value) in optimizer.CaptureState()) { checkpoint.Tensors[Checkpoint.OptimizerPrefix + name] = value; }
        StateScope.Capture(Checkpoint.SelectorPart, selector.Capture, checkpoint.Tensors);
        StateScope.Capture(Checkpoint.SamplerPart, sampler.Capture, checkpoint.Tensors);
        checkpoint.Set("steps", steps);
        checkpoint.Set("seconds", seconds);
        if (IsAccumulating(steps))
        {
            foreach ((string name, Tensor gradients) in Gradients) { checkpoint.Tensors[name] = gradients; }
        }
        setUp.Capture(checkpoint);
        return checkpoint;
    }

    private void RestoreGradients(Checkpoint checkpoint)
    {
        using IDisposable noGradient = no_grad();
        optimizer.ZeroGradients();
        foreach ((string name, Tensor gradients) in Gradients)
        {
            SavedTensor.RequireLike("The checkpoint", name, checkpoint.Tensor(name), gradients);
            gradients.copy_(checkpoint.Tensor(name));
        }
    }

    /// <summary>Whether the step after so many adds to gradients that are there.</summary>
    private bool IsAccumulating(long steps) => steps % accumulatedSteps != 0;

    private IEnumerable<(string Name, Tensor Gradients)> Gradients =>
        parameters.Trained.Select((range, i) => (FormattableString.Invariant($"gradients.{i}"), range.Gradients!));
}
