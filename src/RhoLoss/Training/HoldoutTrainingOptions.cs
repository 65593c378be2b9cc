using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Optimization;

namespace RhoLoss.Training;

/// <summary>How the IL model trains. The defaults are the paper's optimizer on full batches of n_B.</summary>
public sealed record HoldoutTrainingOptions
{
    /// <summary>Most epochs over D_ho.</summary>
    public int Epochs { get; init; } = 20;

    /// <summary>Epochs without a lower loss on D after which to stop; 0 never stops early.</summary>
    public int Patience { get; init; }

    /// <summary>
    /// Examples between two looks at the loss on D, at most; 0: all of D_ho. On a large or duplicated set the best checkpoint of a small
    /// model comes long before the end of the first pass, and early stopping can only find it where it looks.
    /// </summary>
    public int EpochExamples { get; init; }

    /// <summary>How many examples of D, drawn at random, judge a checkpoint; 0: all of them.</summary>
    public int ValidationExamples { get; init; }

    /// <summary>Examples of one gradient step: n_B.</summary>
    public int BatchSize { get; init; } = 320;

    /// <summary>What the model is trained for, as the target is. Default: cross-entropy.</summary>
    public Objective Objective { get; init; } = Objective.CrossEntropy;

    /// <summary>The optimizer.</summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamWOptions();

    /// <summary>Threads that share the optimizer's step; results are the same for any number.</summary>
    public int OptimizerThreads { get; init; } = 1;

    /// <summary>
    /// What the model computes in while it trains and is validated; afterwards it is float32, and so are the losses of D.
    /// </summary>
    public ComputeFormat Format { get; init; } = ComputeFormat.Default;

    /// <summary>Makes the augmentation from a seed; null for none. The losses themselves are of un-augmented points.</summary>
    public Func<long, Augmentation>? Augmentation { get; init; }

    /// <summary>
    /// τ of logit adjustment (Menon et al., ICLR 2021): the loss is taken of logits + τ · log π, π being the class shares of the
    /// holdout, so that the logits themselves, and with them the irreducible losses, do not favour frequent classes. 0 is the
    /// paper's plain training, 1 for balanced classes.
    /// </summary>
    public double LogitAdjustment { get; init; }

    /// <summary>
    /// T of the softened irreducible losses CE(z_i / T, y_i), z being the IL model's logits; above 0. 1 is the paper's. A
    /// strong IL model is sure of almost every point, so that its losses tell apart only what it gets wrong, and a target far
    /// behind it is led to the hardest of the other points first. At T above 1 its losses grade those too, and the points it is
    /// surest of are preferred; but the losses of wrong labels come closer to those of right ones. Training, checkpoint and the
    /// facts' accuracy and mean loss are those of T = 1.
    /// </summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Seed of the order of examples, the augmentation and, for a cross-fit, the split.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// File in which the training is kept after every epoch, so that another call with the same arguments goes on from there after a stop;
    /// it is deleted at the end. Null: nothing is kept. A cross-fit adds <c>.0</c> and <c>.1</c> for its halves.
    /// </summary>
    public string? StatePath { get; init; }

    /// <summary>Name of the architecture in the file; null takes the module's name.</summary>
    public string? Architecture { get; init; }

    /// <summary>
    /// What decides the losses, in words of yours; kept with them (<see cref="Selection.IrreducibleLossFacts.Settings"/>), to hold another
    /// wish against it. Null: nothing is kept.
    /// </summary>
    public string? Settings { get; init; }
}
