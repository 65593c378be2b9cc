using RhoLoss.Selection;
using static RhoLoss.Selection.Scoring.Measures;

namespace RhoLoss.Experiments.Registry;

/// <content>Methods that ask what is like the holdout, and those that stand beside a claim about them.</content>
public static partial class MethodTable
{
    // Parameters are made here: between two files of a class it is not said whose fields are there first.
    private static SelectionMethod[] OfRelevance()
    {
        ArmParameter<long> online = NGramOrder(), offline = NGramOrder(), gated = NGramOrder(), staged = NGramOrder();
        ArmParameter<long> onlinePool = PoolTokens(), offlinePool = PoolTokens(), gatedPool = PoolTokens(), stagedPool = PoolTokens();
        ArmParameter<long> onlineRepeats = Repeats(), gatedRepeats = Repeats(), stagedRepeats = Repeats();
        ArmParameter<double> clean = new(
            "clean-from", 0.6, "above 0 and at most 1", share => share is > 0 and <= 1,
            "estimated share of the pool that is like the holdout, from which on it draws uniformly");
        ArmParameter<double> kept = new(
            "keep", 0.3, "above 0 and at most 1", share => share is > 0 and <= 1,
            "share of the candidates that relevance leaves to the scorer, at least that of those trained on");
        ArmParameter<double> held = new(
            "share", 0.25, "above 0 and below 1", share => share is > 0 and < 1, "share of every batch that is drawn from the holdout");
        return
        [
            new("moore-lewis", "mean log p_sample − log p_pool, the relevance of a text by n-grams of holdout and pool", None,
                ReferenceUse.Relevance, "#CCBB44", _ => SelectionFunctions.Relevance)
            {
                NeedsHoldout = true,
                TakesScorer = false,
                NGramOrder = online,
                PoolTokens = onlinePool,
                Repeats = onlineRepeats,
                Parameters = [online, onlinePool, onlineRepeats],
            },

            new("auto-relevance", "moore-lewis, or uniform where most of the pool is like the holdout: estimated first", None,
                ReferenceUse.Relevance, "#994455", _ => SelectionFunctions.Relevance)
            {
                NeedsHoldout = true,
                TakesScorer = false,
                NGramOrder = gated,
                PoolTokens = gatedPool,
                Repeats = gatedRepeats,
                UniformFrom = clean,
                Parameters = [gated, gatedPool, gatedRepeats, clean],
            },

            new("two-stage", "L[y|x; D_t] − L[y|x] by n-grams of the holdout, of the share most relevant by those of holdout and pool",
                Loss, ReferenceUse.RelevanceAndLosses, "#BB5566", _ => SelectionFunctions.ReducibleHoldoutLoss)
            {
                NeedsHoldout = true,
                NGramOrder = staged,
                PoolTokens = stagedPool,
                Repeats = stagedRepeats,
                KeptShare = kept,
                Parameters = [staged, stagedPool, stagedRepeats, kept],
            },

            new("offline-filter", "the most relevant share by the same n-grams, chosen once", None, ReferenceUse.Relevance, "#225555",
                _ => SelectionFunctions.Uniform)
            {
                Choice = Choices.MostRelevant,
                NeedsHoldout = true,
                BatchesOffered = 1,
                TakesScorer = false,
                NGramOrder = offline,
                PoolTokens = offlinePool,
                Parameters = [offline, offlinePool],
            },

            new("random-share", "a random share, chosen once", None, ReferenceUse.None, "#555555", _ => SelectionFunctions.Uniform)
            {
                Choice = Choices.AtRandom,
                BatchesOffered = 1,
                TakesScorer = false,
            },

            new("holdout-only", "a random draw from the holdout alone", None, ReferenceUse.None, "#663333", _ => SelectionFunctions.Uniform)
            {
                Choice = Choices.OnlyHoldout,
                TrainsOnHoldout = true,
                NeedsHoldout = true,
                TakesScorer = false,
                TakesShare = false,
            },

            new("uniform-with-holdout", "a random draw, of which a stated share is of the holdout: the sample mixed in", None,
                ReferenceUse.None, "#997700", _ => SelectionFunctions.Uniform)
            {
                Choice = Choices.WithHoldout,
                Sampler = parts => new HoldoutMixSampler(parts, parts.Scoring.Of(held)),
                SamplerChooses = true,
                TrainsOnHoldout = true,
                HoldoutShare = held,
                NeedsHoldout = true,
                TakesScorer = false,
                TakesShare = false,
                Parameters = [held],
            },

            new("oracle", "a random draw from what is known to be clean and relevant: the bound of selection", None, ReferenceUse.None,
                "#666633", _ => SelectionFunctions.Uniform)
            {
                Choice = Choices.KnownGood,
                NeedsProvenance = true,
                TakesScorer = false,
                TakesShare = false,
            },
        ];
    }

    // Up to four times, repeated text is nearly as good as new (Muennighoff et al., NeurIPS 2023).
    private static ArmParameter<long> Repeats() => new(
        "repeats", 4, "at least 1", repeats => repeats >= 1,
        "how often an example may be trained on in training.steps; large batches are made smaller so that it is not more often");

    private static ArmParameter<long> PoolTokens() => new(
        "pool-tokens", 4_000_000, "at least 0", tokens => tokens >= 0,
        "most tokens of the pool whose n-grams are counted, spread evenly over it; 0: all");

    private static ArmParameter<long> NGramOrder() => new(
        "order", 3, "at least 1 and at most 6", order => order is >= 1 and <= 6, "the longest n-gram that is counted, in bytes");
}
