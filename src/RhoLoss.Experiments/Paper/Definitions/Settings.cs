namespace RhoLoss.Experiments.Paper.Definitions;

/// <summary>Settings that several parts share.</summary>
internal static class Settings
{
    /// <summary>Uniform label noise of training set and holdout, as in the paper's noisy benchmarks.</summary>
    public static IReadOnlyList<string> UniformNoise(double share) =>
        ["noise.kind=uniform", FormattableString.Invariant($"noise.fraction={share}")];

    /// <summary>Structured label noise of Appendix C: the four most confused classes, flipped with probability 0.5.</summary>
    public static IReadOnlyList<string> StructuredNoise { get; } = ["noise.kind=structured", "noise.fraction=0.5"];

    /// <summary>An IL model much smaller than the target (Section 4.2): the small CNN, or a narrow MLP where the target is one.</summary>
    public static IReadOnlyList<PartData> WithSmallIrreducibleLossModel(IReadOnlyList<PartData> data) => [.. data.Select(d => d with
    {
        Settings = [.. d.Settings, .. d.Recipe switch
        {
            "quick-mlp" or "paper-digits" => (string[])["irreducible-loss.hidden=[128]"],
            _ => ["irreducible-loss.model=small-cnn"],
        }],
    })];

    /// <summary>CIFAR-100 Relevance (Section 4.3): a fifth of the classes whole, 6 % of the others.</summary>
    public static IReadOnlyList<string> Relevance(int classes) =>
        [FormattableString.Invariant($"data.relevance-classes={classes}"), "data.relevance-share=0.06"];

    /// <summary>
    /// Test accuracies of the paper's tables; a network of the quick scale does not reach them, and has the baseline's best instead.
    /// </summary>
    public static IReadOnlyList<double> Targets(PaperScale scale, params double[] accuracies) =>
        scale == PaperScale.Paper ? accuracies : [];

    /// <summary>The arms of a part.</summary>
    public static string Methods(params string[] methods) =>
        $"training.methods=[{string.Join(", ", methods.Select(method => $"\"{method}\""))}]";
}
