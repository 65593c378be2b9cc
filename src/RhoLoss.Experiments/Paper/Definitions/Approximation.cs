using static RhoLoss.Experiments.Paper.Definitions.Settings;

namespace RhoLoss.Experiments.Paper.Definitions;

/// <summary>
/// Experiments that compare the selection function with the one it approximates, whose IL model learns from what is
/// selected (Appendix D): Table 4, Figure 7.
/// </summary>
internal static class Approximation
{
    private static readonly string[] Arms = [Methods("original-rho", "rho-loss"), "report.baseline=original-rho"];

    /// <summary>Table 4.</summary>
    public static ComparisonExperiment Table4 { get; } = new(
        "table4",
        "Table 4: irreducible-loss model updated or not",
        "Does it cost speed or accuracy that the irreducible-loss model does not learn from the selected points?",
        scale =>
        [
            new("cifar-10", "CIFAR-10", "CIFAR-10", PaperData.Cifar10TwoArms(scale), Arms, Targets(scale, .60, .75, .90)),
            new("cifar-100", "CIFAR-100", "CIFAR-100", PaperData.Cifar100(scale), Arms, Targets(scale, .30, .45, .60)),
            .. scale == PaperScale.Quick
                ? (ExperimentPart[])[]
                : [new("cinic-10", "CINIC-10", "CINIC-10", PaperData.Cinic10, Arms, Targets(scale, .55, .65, .75))],
        ])
    {
        Claims =
        [
            Claim.NoLater("the approximation does not reduce the speed of target model training (Appendix D)", "rho-loss", "original-rho"),
            Claim.EndsHigher("the approximation does not reduce final accuracy, it raises it (Appendix D)", "rho-loss", "original-rho"),
        ],
        Values =
        [
            .. Row("CIFAR-10", "cifar-10", (60, "18", "13"), (75, "30", "24"), (90, "102", "NR, but reaches 88 % in 157 epochs")),
            .. Row("CIFAR-100", "cifar-100", (30, "35", "21"), (45, "58", "NR, but reaches 43 % in 61 epochs"), (60, "123", "NR")),
            .. Row("CINIC-10", "cinic-10", (55, "12", "12"), (65, "19", "21"), (75, "32", "NR, but reaches 74 % in 68 epochs")),
        ],
        Notes = [Original],
    };

    /// <summary>Figure 7.</summary>
    public static ComparisonExperiment Fig7 { get; } = new(
        "fig7",
        "Figure 7: irreducible-loss model updated or not, 20 % label noise",
        "Under label noise, does an irreducible-loss model that learns from the selected points select worse ones?",
        scale =>
        [
            new(
                "cifar-10", "CIFAR-10, 20 % label noise", "CIFAR-10", PaperData.Cifar10TwoArms(scale),
                [.. Arms, .. UniformNoise(.2), .. scale == PaperScale.Paper ? (string[])["training.epochs=100"] : []],
                []),
            // A second data set in minutes, on which an MLP reaches its level: the effect is one of late training.
            .. scale == PaperScale.Quick
                ? (ExperimentPart[])[
                    new(
                        "subset", "CIFAR-10 longer, 20 % label noise", "CIFAR-10", PaperData.Substitute,
                        [.. Arms, .. UniformNoise(.2), "training.epochs=30"],
                        [])
                ]
                : [],
        ])
    {
        Claims =
        [
            Claim.Sooner("the approximated selection function trains faster (Appendix D)", "rho-loss", "original-rho"),
            Claim.EndsHigher("the approximated selection function ends at higher accuracy (Appendix D)", "rho-loss", "original-rho"),
            Claim.SelectsFewer(
                "the original selection function acquires more corrupted points (Appendix D)",
                SelectedShare.Corrupted, "rho-loss", "original-rho"),
        ],
        Values =
        [
            PaperValue.Taken(
                "epochs of the approximated function to the accuracy of the original after 100",
                "80", "Appendix D", "cifar-10", "rho-loss", 0),
            PaperValue.Final("final accuracy, approximated function", "88.6 %", "Appendix D", "cifar-10", "rho-loss"),
            PaperValue.Final("final accuracy, original function", "86.1 %", "Appendix D", "cifar-10", "original-rho"),
        ],
        Notes = [Original, "The right half of the paper's figure, the accuracy of the irreducible-loss model over time, is not measured."],
    };

    private const string Original =
        "original-rho: after each selection the irreducible-loss model takes one step on the selected points, "
        + "at 0.01 times the target's learning rate (Appendix D).";

    private static IEnumerable<PaperValue> Row(
        string set, string part, params (int Target, string Approximated, string Original)[] targets) =>
        targets.SelectMany((target, i) => (PaperValue[])
        [
            PaperValue.Taken(
                FormattableString.Invariant($"{set}: epochs of the approximated function to {target.Target} %"),
                target.Approximated, "Table 4", part, "rho-loss", i),
            PaperValue.Taken(
                FormattableString.Invariant($"{set}: epochs of the original function to {target.Target} %"),
                target.Original, "Table 4", part, "original-rho", i),
        ]);
}
