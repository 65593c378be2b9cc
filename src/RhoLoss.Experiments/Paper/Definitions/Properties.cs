using static RhoLoss.Experiments.Paper.Definitions.Settings;

namespace RhoLoss.Experiments.Paper.Definitions;

/// <summary>Experiments that look at which points are selected: Figure 3.</summary>
internal static class Properties
{
    private static readonly string Arms = Methods("uniform", "rho-loss", "train-loss", "gradient-norm", "negative-il", "svp");

    /// <summary>Figure 3.</summary>
    public static ComparisonExperiment Fig3 { get; } = new(
        "fig3",
        "Figure 3: properties of selected points",
        "How many of the points that each method selects are noisy, less relevant, or already learnt?",
        scale =>
        [
            new("noisy", "CIFAR-10, 10 % label noise", "CIFAR-10", PaperData.Cifar10(scale), [Arms, .. UniformNoise(.1)], []),
            new(
                "noisy-small-il",
                "CIFAR-10, 10 % label noise, small IL model",
                "CIFAR-10",
                WithSmallIrreducibleLossModel(PaperData.Cifar10(scale)),
                [Arms, .. UniformNoise(.1)], []),
            // Compared in epochs below the weakest method's final accuracy: at the quick scale that leaves none, on CIFAR-10 for the
            // high-loss methods, on the substitute for the last two.
            scale == PaperScale.Quick
                ? new(
                    "redundant", "CIFAR-10", "CIFAR-10", PaperData.Substitute,
                    [Methods("uniform", "rho-loss", "train-loss", "gradient-norm")],
                    [])
                : new("redundant", "CIFAR-10", "CIFAR-10", PaperData.Cifar10(scale), [Arms], []),
            new("relevance", "CIFAR-100 Relevance", "CIFAR-100", Relevant(scale), [Arms], []),
            // At the quick scale a fourth set of arms would take the minutes that are left.
            .. scale == PaperScale.Quick
                ? (ExperimentPart[])[]
                : [
                    new(
                        "redundant-small-il", "CIFAR-10, small IL model", "CIFAR-10",
                        WithSmallIrreducibleLossModel(PaperData.Cifar10(scale)),
                        [Arms], [])
                ],
        ])
    {
        Picture = ExperimentPicture.Selected,
        Claims =
        [
            Claim.SelectsFewer(
                "RHO-LOSS deprioritizes noisy points, for both irreducible-loss models (Section 4.3)",
                SelectedShare.Corrupted, "rho-loss", "uniform"),
            Claim.SelectsFewer(
                "loss selects far more noisy points than uniform (Section 4.3)", SelectedShare.Corrupted, "uniform", "train-loss"),
            Claim.SelectsFewer(
                "gradient norm selects far more noisy points than uniform (Section 4.3)",
                SelectedShare.Corrupted, "uniform", "gradient-norm"),
            Claim.SelectsFewer(
                "RHO-LOSS selects somewhat fewer low-relevance points than uniform (Section 4.3)",
                SelectedShare.LowRelevance, "rho-loss", "uniform"),
            Claim.SelectsFewer(
                "loss selects more low-relevance points than uniform (Section 4.3)",
                SelectedShare.LowRelevance, "uniform", "train-loss"),
            Claim.SelectsFewer(
                "gradient norm selects more low-relevance points than uniform (Section 4.3)",
                SelectedShare.LowRelevance, "uniform", "gradient-norm"),
            Claim.SelectsFewer(
                "RHO-LOSS selects fewer redundant points than uniform (Section 4.3)",
                SelectedShare.AlreadyCorrect, "rho-loss", "uniform").Only("redundant"),
            Claim.SelectsFewer(
                "loss selects fewer redundant points than uniform (Section 4.3)",
                SelectedShare.AlreadyCorrect, "train-loss", "uniform").Only("redundant"),
            Claim.SelectsFewer(
                "gradient norm selects fewer redundant points than uniform (Section 4.3)",
                SelectedShare.AlreadyCorrect, "gradient-norm", "uniform").Only("redundant"),
            Claim.SelectsFewer(
                "SVP selects fewer redundant points than uniform (Section 4.3)", SelectedShare.AlreadyCorrect, "svp", "uniform")
                .Only("redundant"),
            Claim.SelectsFewer(
                "negative IL selects fewer redundant points than uniform (Section 4.3)",
                SelectedShare.AlreadyCorrect, "negative-il", "uniform").Only("redundant"),
        ],
        Notes = [
            "Already correct: averaged over epochs in which test accuracy is lower than the final accuracy of the weakest "
            + "method of the same seed, as in Section 4.3; '-' where no epoch is. "
            + "At the quick scale that part has neither negative-il nor svp, which end so low that no epoch would be left."
        ],
    };

    /// <summary>CIFAR-100 with 20 classes of 100 whole, or the built-in set with 2 of 10.</summary>
    private static IReadOnlyList<PartData> Relevant(PaperScale scale) =>
    [
        .. PaperData.Cifar100(scale).Select(data => data with { Settings = [.. data.Settings, .. Relevance(20)] }),
        .. scale == PaperScale.Paper
            ? []
            : PaperData.Substitute.Select(data => data with { Settings = [.. data.Settings, .. Relevance(2)] }),
    ];
}
