using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

// The active-learning baselines of the paper (App. G), on K Monte-Carlo dropout passes p_m, m = 1..K, of the target; mean over m.
// Entropies in nats, of a language model the mean over an example's tokens. They need dropout in the target and no irreducible losses.
public static partial class SelectionFunctions
{
    /// <summary>
    /// BALD: H[mean p_m] − mean H[p_m], the information about the parameters that the label would give (Houlsby
    /// et al., 2011). Never negative but for rounding.
    /// </summary>
    public static SelectionFunction Bald(int passes) => candidates => EntropyOfMean(candidates, passes) - MeanEntropy(candidates, passes);

    /// <summary>Conditional entropy mean H[p_m]: the part of the uncertainty that more data would not remove.</summary>
    public static SelectionFunction ConditionalEntropy(int passes) => candidates => MeanEntropy(candidates, passes);

    /// <summary>Predictive entropy H[mean p_m]: BALD plus conditional entropy.</summary>
    public static SelectionFunction PredictiveEntropy(int passes) => candidates => EntropyOfMean(candidates, passes);

    /// <summary>
    /// mean CE_m − mean H[p_m]: the training loss less the part that the model itself expects; it knows the label, as RHO-LOSS does.
    /// </summary>
    public static SelectionFunction LossMinusConditionalEntropy(int passes) =>
        candidates => MeanLoss(candidates, passes) - MeanEntropy(candidates, passes);

    private static Tensor EntropyOfMean(Candidates candidates, int passes) =>
        OfExamples(candidates, Entropy(candidates.DropoutLogProbabilities(passes).logsumexp(0).sub_(Scalars.Of(Math.Log(passes)))));

    private static Tensor MeanEntropy(Candidates candidates, int passes) =>
        OfExamples(candidates, Entropy(candidates.DropoutLogProbabilities(passes)).mean([0]));

    // Labels of what does not count may be below 0; what is looked up for them is left out again.
    private static Tensor MeanLoss(Candidates candidates, int passes) => OfExamples(candidates,
        -candidates.DropoutLogProbabilities(passes).mean([0])
            .gather(-1, candidates.Labels.clamp(min: Scalars.Zero).unsqueeze(-1)).squeeze(-1));

    /// <summary>The mean over an example's elements that count, of a number each, [n] or [n, T].</summary>
    private static Tensor OfExamples(Candidates candidates, Tensor elements) =>
        elements.dim() == 1 ? elements : Objective.MeanOfEach(elements, candidates.Objective.Counted(candidates.Labels));

    /// <summary>−Σ p log p over the last axis, of log-probabilities.</summary>
    private static Tensor Entropy(Tensor logProbabilities) => -(logProbabilities.exp() * logProbabilities).sum(-1);
}
