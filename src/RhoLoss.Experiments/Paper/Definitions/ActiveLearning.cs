using static RhoLoss.Experiments.Paper.Definitions.Settings;

namespace RhoLoss.Experiments.Paper.Definitions;

/// <summary>Figure 9: acquisition functions of active learning as selection functions (Appendix G).</summary>
internal static class ActiveLearning
{
    private static readonly string[] Acquisitions =
        ["bald", "predictive-entropy", "conditional-entropy", "loss-minus-conditional-entropy"];

    private static readonly string Arms = Methods(["uniform", "rho-loss", .. Acquisitions]);

    /// <summary>Figure 9.</summary>
    public static ComparisonExperiment Fig9 { get; } = new(
        "fig9", "Figure 9: active-learning baselines",
        "Do acquisition functions of active learning, which do not see labels, speed up training as RHO-LOSS does?",
        scale =>
        [
            // "a 2 hidden layer MLP with 512 hidden units per hidden layer, and a dropout probability of 0.5"
            new(
                "mnist", "MNIST", "MNIST", PaperData.Mnist(scale),
                [Arms, "model.hidden=[512, 512]", "irreducible-loss.hidden=[512, 512]", "model.dropout=0.5", .. Threads(scale)],
                []),
            new("cifar-10", "CIFAR-10", "CIFAR-10", [.. PaperData.Cifar10(scale).Select(Small)], [Arms, .. Threads(scale)], []),
        ])
    {
        Claims =
        [
            Claim.Sooner("RHO-LOSS accelerates training on both data sets (Appendix G)", "rho-loss", "uniform"),
            .. Acquisitions.SelectMany(method => (Claim[])
            [
                Claim.Sooner($"{method} accelerates training for MNIST (Appendix G)", method, "uniform").Only("mnist"),
                Claim.NoLater($"{method} does not accelerate training for CIFAR-10 (Appendix G)", "uniform", method).Only("cifar-10"),
            ]),
        ],
        Notes = [
            "Uncertainty is estimated with ten passes of Monte-Carlo dropout, "
            + "so a step of these methods costs ten forward passes over the candidates."
        ],
    };

    // Ten passes over 320 candidates are work enough for two threads, unlike the passes of the other experiments' MLPs.
    private static string[] Threads(PaperScale scale) => scale == PaperScale.Quick ? ["machine.threads=2"] : [];

    // "a small-scale CNN with dropout probability 0.05"; at the quick scale ten passes of it would take longer than
    // its minutes, so an MLP has that dropout.
    private static PartData Small(PartData data) => data with
    {
        Settings = data.Recipe switch
        {
            "paper-cifar" => [.. data.Settings, "model.name=small-cnn", "irreducible-loss.model=small-cnn", "model.dropout=0.05"],
            _ when data.Set == "cifar-10" => [.. data.Settings, "training.epochs=3", "model.dropout=0.05"],
            _ => [.. data.Settings, "model.dropout=0.05"],
        },
    };
}
