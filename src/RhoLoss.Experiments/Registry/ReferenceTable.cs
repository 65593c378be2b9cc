using RhoLoss.Accelerators;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>Everything that L[y|x; D_ho] can come from.</summary>
public static class ReferenceTable
{
    /// <summary>As in the paper.</summary>
    public static ReferenceKind Holdout { get; } = new("holdout", "a model trained on the holdout", TrainOnHoldout)
    {
        NeedsHoldout = true,
        KeepsModel = true,
    };

    /// <summary>Without a holdout (Section 4.2).</summary>
    public static ReferenceKind CrossFit { get; } = new(
        "cross-fit", "two models on halves of the training set, each for the examples of the other's half",
        (parts, cancellation) => Training.CrossFit.Run(
            parts.NewModel, parts.Training, parts.Options, (part, epoch) => parts.OnEpoch(part, epoch), cancellation));

    /// <summary>The selection function before Approximation 2 (App. D).</summary>
    public static ReferenceKind StillLearning { get; } = Holdout with
    {
        Name = "still-learning",
        Meaning = "the model trained on the holdout, which goes on learning from what is selected",
        Open = parts => new LearningReference(parts.LoadModel(), parts.Optimizer, parts.Seed, parts.Temperature),
    };

    /// <summary>Nothing is trained: last month's model, for example.</summary>
    public static ReferenceKind PreviousRun { get; } = new(
        "previous-run", "a model that an earlier run trained on other data, read from its weights", Measure)
    {
        Trains = false,
    };

    /// <summary>The rows, in the order in which documents list them.</summary>
    public static IReadOnlyList<ReferenceKind> All { get; } = [Holdout, CrossFit, StillLearning, PreviousRun];

    /// <summary>Kind of losses that somebody else computed.</summary>
    public const string File = "file";

    /// <summary>Where losses come from, as a summary names it.</summary>
    public static string KindOf(IrreducibleLossFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return All.Any(kind => kind.Name == facts.Source) ? facts.Source : File;
    }

    /// <summary>Where the losses of a recipe come from.</summary>
    /// <param name="crossFit">Whether two models are trained on halves of the training set.</param>
    /// <param name="readsWeights">Whether a model is read that was trained before.</param>
    public static ReferenceKind Of(bool crossFit, bool readsWeights) => readsWeights ? PreviousRun : crossFit ? CrossFit : Holdout;

    /// <summary>What an arm reads, where the losses of its recipe come from there.</summary>
    public static ReferenceKind For(SelectionMethod method, ReferenceKind losses)
    {
        ArgumentNullException.ThrowIfNull(method);
        return method.Uses == ReferenceUse.Learning ? StillLearning : losses;
    }

    /// <summary>One pass over D, and a second one where a temperature softens the losses.</summary>
    private static IrreducibleLosses Measure(ReferenceParts parts, CancellationToken cancellation)
    {
        using IDisposable scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> model = parts.NewModel(0);
        HoldoutTrainingOptions options = parts.Options;
        TimeProvider clock = DeviceClock.For(parts.Training.Ids.device);
        long started = clock.GetTimestamp();
        cancellation.ThrowIfCancellationRequested();   // not after the pass: what it took minutes to compute is kept
        (Tensor losses, Tensor? correct) = Evaluator.PerExample(model, parts.Training, options.Objective);
        var facts = new IrreducibleLossFacts(
            options.Architecture ?? model.GetName(), PreviousRun.Name, Seed: 0, Epoch: 0, losses.to(float64).mean().item<double>(),
            correct?.to(float64).mean().item<double>() ?? double.NaN, Seconds: 0, Temperature: options.Temperature,
            Settings: options.Settings);
        if (options.Temperature != 1)
        {
            cancellation.ThrowIfCancellationRequested();
            using IrreducibleLosses softened =
                HoldoutTraining.AtTemperature(model, parts.Training, facts, options.Temperature, options.Objective);
            losses = softened.Of(parts.Training.Ids);
        }
        return IrreducibleLosses.From(losses, parts.Training, facts with { Seconds = clock.GetElapsedTime(started).TotalSeconds });
    }

    private static IrreducibleLosses TrainOnHoldout(ReferenceParts parts, CancellationToken cancellation)
    {
        using nn.Module<Tensor, Tensor> model = parts.NewModel(0);
        IrreducibleLosses losses = HoldoutTraining.Run(
            model, parts.Holdout!, parts.Training, parts.Options, epoch => parts.OnEpoch(null, epoch), cancellation);
        try
        {
            parts.Keep(model, losses);
            return losses;
        }
        catch
        {
            losses.Dispose();
            throw;
        }
    }
}
