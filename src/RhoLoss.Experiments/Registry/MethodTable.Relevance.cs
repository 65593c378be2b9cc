using RhoLoss.Selection;
using static RhoLoss.Selection.Scoring.Measures;

namespace RhoLoss.Experiments.Registry;

/// <content>Methods that ask what is like the holdout, and those that stand beside a claim about them.</content>
public static partial class MethodTable
{
    // Parameters are made here: between two files of a class it is not said whose fields are there first.
    private static SelectionMethod[] OfRelevance()
    {
        NGramParameters online = NGramParameters.OfEveryStep(), gated = NGramParameters.OfEveryStep();
        NGramParameters staged = NGramParameters.OfEveryStep(), offline = NGramParameters.OfOneChoice();
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
                NGrams = online,
                Parameters = online.All,
            },

            new("auto-relevance", "moore-lewis, or uniform where most of the pool is like the holdout: estimated first", None,
                ReferenceUse.Relevance, "#994455", _ => SelectionFunctions.Relevance)
            {
                NeedsHoldout = true,
                TakesScorer = false,
                NGrams = gated,
                UniformFrom = clean,
                Parameters = [.. gated.All, clean],
            },

            new("two-stage", "L[y|x; D_t] − L[y|x] by n-grams of the holdout, of the share most relevant by those of holdout and pool",
                Loss, ReferenceUse.RelevanceAndLosses, "#BB5566", _ => SelectionFunctions.ReducibleHoldoutLoss)
            {
                NeedsHoldout = true,
                NGrams = staged,
                KeptShare = kept,
                Parameters = [.. staged.All, kept],
            },

            new("offline-filter", "the most relevant share by the same n-grams, chosen once", None, ReferenceUse.Relevance, "#225555",
                _ => SelectionFunctions.Uniform)
            {
                Choice = Choices.MostRelevant,
                NeedsHoldout = true,
                BatchesOffered = 1,
                TakesScorer = false,
                NGrams = offline,
                Parameters = offline.All,
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
}
