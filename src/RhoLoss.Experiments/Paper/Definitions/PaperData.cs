namespace RhoLoss.Experiments.Paper.Definitions;

/// <summary>The paper's data sets at both scales, each with what may stand in for it, best first.</summary>
internal static class PaperData
{
    private const string Subset = "fashion-mnist-subset";

    // Crops and flips help a network that shares weights over places; an MLP only learns later with them.
    private static readonly string[] ColourMlp = [
        "training.epochs=6", "training.seeds=[0, 1]", "data.augment=none", "irreducible-loss.epochs=6",
        "irreducible-loss.validation-examples=5000"
    ];

    /// <summary>QMNIST, an MLP. At the quick scale MNIST's 60,000 images make long epochs, so there are fewer.</summary>
    public static IReadOnlyList<PartData> Digits(PaperScale scale) => scale == PaperScale.Paper
        ? [new("qmnist", "paper-digits", Substitute: false, []), new("mnist", "paper-digits", Substitute: true, [])]
        : [
            new("qmnist", "quick-mlp", Substitute: false, ["training.epochs=6", "training.seeds=[0, 1]"]),
            new("mnist", "quick-mlp", Substitute: true, ["training.epochs=6", "training.seeds=[0, 1]"]),
            new(Subset, "quick-mlp", Substitute: true, [])
        ];

    /// <summary>AmbiguousMNIST, for which nothing here stands in: no other set has images with several right labels.</summary>
    public static IReadOnlyList<PartData> AmbiguousDigits(PaperScale scale) => scale == PaperScale.Paper
        ? [new("ambiguous-mnist", "paper-digits", Substitute: false, [])]
        : [new("ambiguous-mnist", "quick-mlp", Substitute: false, ["training.epochs=6", "training.seeds=[0, 1]"])];

    /// <summary>MNIST itself, which the paper names in Appendix G.</summary>
    public static IReadOnlyList<PartData> Mnist(PaperScale scale) => scale == PaperScale.Paper
        ? [new("mnist", "paper-digits", Substitute: false, [])]
        : [
            new("mnist", "quick-mlp", Substitute: false, ["training.epochs=6", "training.seeds=[0, 1]"]),
            new(Subset, "quick-mlp", Substitute: true, [])
        ];

    /// <summary>
    /// CIFAR-10: ResNet-18 at the paper's scale; at the quick one an MLP, because arms of a CNN take more than its minutes.
    /// </summary>
    public static IReadOnlyList<PartData> Cifar10(PaperScale scale) => scale == PaperScale.Paper
        ? [new("cifar-10", "paper-cifar", Substitute: false, [])]
        : [new("cifar-10", "quick-mlp", Substitute: false, ColourMlp), new(Subset, "quick-mlp", Substitute: true, [])];

    /// <summary>CIFAR-10 for experiments of two arms, which leave time for more epochs at the quick scale.</summary>
    public static IReadOnlyList<PartData> Cifar10TwoArms(PaperScale scale) => scale == PaperScale.Paper ? Cifar10(scale)
        : [
            new("cifar-10", "quick-mlp", Substitute: false, [.. ColourMlp, "training.epochs=20"]),
            new(Subset, "quick-mlp", Substitute: true, [])
        ];

    /// <summary>CIFAR-100, for which nothing here stands in: no other set has as many classes.</summary>
    public static IReadOnlyList<PartData> Cifar100(PaperScale scale) => scale == PaperScale.Paper
        ? [new("cifar-100", "paper-cifar", Substitute: false, [])]
        : [new("cifar-100", "quick-mlp", Substitute: false, ColourMlp)];

    /// <summary>The built-in set alone, for experiments with too many parts for a larger one in minutes.</summary>
    public static IReadOnlyList<PartData> Substitute { get; } = [new(Subset, "quick-mlp", Substitute: true, [])];

    /// <summary>
    /// CINIC-10; at the quick scale its 90,000 images would take the minutes of everything else, so no part asks for it there.
    /// </summary>
    public static IReadOnlyList<PartData> Cinic10 { get; } = [new("cinic-10", "paper-cinic", Substitute: false, [])];

    /// <summary>Clothing-1M; at the quick scale data with the same faults.</summary>
    public static IReadOnlyList<PartData> Clothing1M(PaperScale scale) => scale == PaperScale.Paper
        ? [new("clothing-1m", "paper-clothing", Substitute: false, [])]
        : [new(Subset, "quick-web-like", Substitute: true, [])];

    /// <summary>SST-2 or CoLA, for which nothing here stands in: no other set is text.</summary>
    public static IReadOnlyList<PartData> Text(string set, PaperScale scale) =>
        [
            new(
                set,
                scale == PaperScale.Paper ? "paper-text" : "quick-text",
                Substitute: false,
                scale == PaperScale.Paper ? []
                    : set == "cola" ? ["training.epochs=12"]
                    : ["training.epochs=2", "irreducible-loss.epochs=1"])
        ];
}
