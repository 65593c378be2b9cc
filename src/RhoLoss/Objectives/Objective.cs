using static TorchSharp.torch;

namespace RhoLoss.Objectives;

/// <summary>
/// What a model is trained for: the loss of each example, and whether a prediction is right. Training, scoring, irreducible losses and
/// evaluation all ask the same one. <see cref="CrossEntropy"/> is that of the paper; derive from this class for a loss of your own.
/// </summary>
/// <remarks>
/// An example may have several elements with a loss each: the tokens of a text, the labels of a picture with several. The loss of an
/// example is the mean over its elements that count (<see cref="Counted"/>), the loss of a batch the mean over all of its elements that
/// count.
/// </remarks>
/// <example>
/// <code>
/// sealed class AbsoluteError : Objective
/// {
///     public override Tensor PerElement(Tensor outputs, Tensor labels) => (outputs - labels).abs();
/// }
///
/// using var trainer = new Trainer(model, data, new TrainerOptions { Objective = new AbsoluteError() });
/// </code>
/// </example>
public abstract class Objective
{
    /// <summary>Cross-entropy of one class an example: outputs are logits [n, C], labels int64 [n].</summary>
    public static Objective CrossEntropy { get; } = new ClassCrossEntropy();

    /// <summary>
    /// Loss of each element, float32, shape [n] or [n, …], with a gradient where the outputs have one. What does not count is ignored.
    /// </summary>
    /// <param name="outputs">What the model gave for n inputs, float32, shape [n, …].</param>
    /// <param name="labels">What it should give, as the data set has it, shape [n, …].</param>
    public abstract Tensor PerElement(Tensor outputs, Tensor labels);

    /// <summary>
    /// Which elements count, of the shape of <see cref="PerElement"/>, 1 or 0, float32; null when all do. Padding does not.
    /// </summary>
    /// <param name="labels">As of <see cref="PerElement"/>.</param>
    public virtual Tensor? Counted(Tensor labels) => null;

    /// <summary>
    /// Whether outputs are logits, so that a temperature can soften them; if not, another temperature than 1 is refused.
    /// </summary>
    public virtual bool OutputsAreLogits => false;

    /// <summary>
    /// Whether outputs are logits of classes along their last axis, of which one is right, so that a softmax of them is a prediction and
    /// has an entropy; if not, scores that need one are refused.
    /// </summary>
    public virtual bool OutputsAreClassLogits => false;

    /// <summary>
    /// Share of each example's elements that are predicted right, float32, shape [n]; null where no prediction is right or wrong, as in a
    /// regression.
    /// </summary>
    /// <param name="outputs">As of <see cref="PerElement"/>.</param>
    /// <param name="labels">As of <see cref="PerElement"/>.</param>
    public virtual Tensor? Correct(Tensor outputs, Tensor labels) => null;

    /// <summary>
    /// Norm of the gradient of each example's loss with respect to the outputs, shape [n]: an upper bound of the whole gradient's up to a
    /// constant (Katharopoulos and Fleuret, 2018).
    /// </summary>
    /// <param name="outputs">As of <see cref="PerElement"/>.</param>
    /// <param name="labels">As of <see cref="PerElement"/>.</param>
    public virtual Tensor GradientNorm(Tensor outputs, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = enable_grad();
        Tensor leaf = outputs.detach().requires_grad_(true);
        Tensor total = PerExample(leaf, labels).sum();
        Tensor gradient = autograd.grad([total], [leaf])[0];
        return scope.MoveToOuter(gradient.reshape(gradient.shape[0], -1).norm(1).detach());
    }

    /// <summary>Loss of each example: the mean over its elements that count, shape [n]; 0 where none does.</summary>
    /// <param name="outputs">As of <see cref="PerElement"/>.</param>
    /// <param name="labels">As of <see cref="PerElement"/>.</param>
    public Tensor PerExample(Tensor outputs, Tensor labels) => MeanOfEach(PerElement(outputs, labels), Counted(labels));

    /// <summary>The same of losses that are there already.</summary>
    internal static Tensor MeanOfEach(Tensor elements, Tensor? counted)
    {
        if (elements.dim() == 1) { return elements; }
        Tensor rows = elements.reshape(elements.shape[0], -1);
        if (counted is null) { return rows.mean([1]); }
        Tensor counts = counted.reshape(rows.shape[0], -1);
        return (rows * counts).sum(1) / counts.sum(1).clamp(min: Scalars.One);
    }

    /// <summary>
    /// Mean loss of a batch over the elements that count, with a factor for each example or element: what a step is taken on.
    /// </summary>
    /// <param name="elements">As <see cref="PerElement"/> gave them.</param>
    /// <param name="counted">As <see cref="Counted"/> gave them.</param>
    /// <param name="weights">Shape [n]; null when all are 1.</param>
    /// <param name="total">
    /// Of a part of a batch, how many elements of the whole batch count; null where these are all of it, or all count.
    /// </param>
    internal static Tensor Mean(Tensor elements, Tensor? counted, Tensor? weights, Tensor? total = null)
    {
        Tensor weighted = elements;
        if (weights is not null)
        {
            long[] perExample = [weights.shape[0], .. Enumerable.Repeat(1L, (int)elements.dim() - 1)];
            weighted = elements * weights.reshape(perExample);
        }
        return counted is null ? weighted.mean() : (weighted * counted).sum() / (total ?? counted.sum()).clamp(min: Scalars.One);
    }

    /// <summary>Refuses a temperature that is none, or that outputs of this objective cannot be divided by.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not a number above 0, or not 1 where outputs are no logits.</exception>
    internal void RequireTemperature(double temperature)
    {
        if (!(temperature > 0 && double.IsFinite(temperature)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(temperature), temperature, "The temperature of irreducible losses must be a number above 0.");
        }
        if (temperature != 1 && !OutputsAreLogits)
        {
            throw new ArgumentOutOfRangeException(
                nameof(temperature), temperature,
                $"A temperature softens logits, which the outputs of {GetType().Name} are not: it must be 1.");
        }
    }

    /// <summary>Refuses outputs that cannot be those of this many examples, by their shape alone.</summary>
    /// <param name="outputs">What the model gave.</param>
    /// <param name="count">Examples that it was given.</param>
    /// <param name="largest">The largest label of the data set that they are from; asked for where labels are classes.</param>
    /// <exception cref="InvalidInputException">The message says what does not fit.</exception>
    internal virtual void Require(Tensor outputs, long count, Func<LargestLabel> largest)
    {
        if (outputs.dim() >= 1 && outputs.shape[0] == count) { return; }
        throw new InvalidInputException(
            $"A model must give outputs for each example, shape [{count}, …], but gave [{string.Join(", ", outputs.shape)}].");
    }

    /// <summary>
    /// Loss and gradient norm by a model that knows nothing, as a memory takes those of an example to be that it never saw; null where that
    /// depends on the example.
    /// </summary>
    /// <param name="classes">Number of classes of the data set; 0 where labels are no classes.</param>
    internal virtual (double Loss, double GradientNorm)? Untrained(int classes) => null;
}
