using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Randomness;
using RhoLoss.Selection.Scoring;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <content>Candidates without data or model.</content>
public sealed partial class Candidates
{
    /// <summary>
    /// Candidates made of numbers, without data or model: what a unit test gives to a selection function. They have no
    /// <see cref="Inputs"/>.
    /// </summary>
    /// <param name="labels">Labels, int64, shape [n]; or as the objective has them.</param>
    /// <param name="logits">Outputs of a model, float32, shape [n, C]; or as the objective has them.</param>
    /// <param name="irreducibleLosses">Irreducible losses in nats, shape [n]; null for a function that does not ask for them.</param>
    /// <param name="ids">Stable example ids, int64, shape [n]; null for 0..n−1.</param>
    /// <param name="step">Number of the step; with <paramref name="seed"/> it decides what <see cref="Random"/> gives.</param>
    /// <param name="seed">See <paramref name="step"/>.</param>
    /// <param name="objective">What the model is trained for; null for <see cref="Objective.CrossEntropy"/>.</param>
    /// <example>
    /// <code>
    /// Candidates two = Candidates.Of(tensor([0L, 1L]), zeros(2, 10), irreducibleLosses: tensor([0.1f, 2f]));
    /// Tensor scores = SelectionFunctions.ReducibleHoldoutLoss(two);   // ln 10 − 0.1 and ln 10 − 2
    /// </code>
    /// </example>
    public static Candidates Of(
        Tensor labels, Tensor logits, Tensor? irreducibleLosses = null, Tensor? ids = null, long step = 1, long seed = 0,
        Objective? objective = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(logits);
        long n = labels.shape[0];
        if (irreducibleLosses is not null && (irreducibleLosses.dim() != 1 || irreducibleLosses.shape[0] != n))
        {
            throw new ArgumentException(
                $"Irreducible losses must be one for each label, shape [{n}], but have shape "
                + $"[{string.Join(", ", irreducibleLosses.shape)}].", nameof(irreducibleLosses));
        }
        ids ??= Scalars.Range(n, int64, labels.device);
        var batch = new Batch(ids, empty([labels.shape[0], 0], device: labels.device), labels);
        return new Candidates(batch, new GivenLogits(logits), null, objective ?? Objective.CrossEntropy, new StepRandom(seed, step))
        {
            IrreducibleLossIfComputed = irreducibleLosses,
        };
    }

    private sealed class GivenLogits(Tensor logits) : Scorer
    {
        public override string Name => "numbers";

        public override Measurements Measure(Candidates candidates, Measures wanted) => candidates.MeasurementsOf(logits, wanted);
    }
}
