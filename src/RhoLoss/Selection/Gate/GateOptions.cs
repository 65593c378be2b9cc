namespace RhoLoss.Selection.Gate;

/// <summary>How an <see cref="AutoSelector"/> decides.</summary>
public sealed record GateOptions
{
    /// <summary>Shares q = n_b/n_B to choose among, besides 1, which is uniform.</summary>
    public IReadOnlyList<double> Shares { get; init; } = [0.5, 0.25, 0.1];

    /// <summary>
    /// Exponent γ that turns the usefulness ratio of the window into an expected step speed-up. Fitted to what was measured in five kinds
    /// of data (docs/results/score-study.md), with the ratio of mean p_IL · (1 − p_t): 0.86 and 0.90 by the scores of the target and
    /// of a proxy. The gate's ratio is that or a smaller one.
    /// </summary>
    public double Exponent { get; init; } = 0.85;

    /// <summary>
    /// Exponent δ of the factor min(1, 2q)^δ that a choice is worth less for training on a narrow part of the data: the window sees how
    /// useful each point is, not how alike the chosen ones are. For scorers that speak for the target; fitted with γ.
    /// </summary>
    public double Concentration { get; init; } = 0.3;

    /// <summary>
    /// δ for scorers that do not speak for the target. Greater than what fits a proxy nearly as good as its target (0.1),
    /// because one far smaller than it lost three points at q = 0.25 and won at 0.5 (docs/results/web-like.md): what it finds
    /// hard is not what the target has left to learn.
    /// </summary>
    public double ProxyConcentration { get; init; } = 0.6;

    /// <summary>Expected speed-up over uniform that a choice needs to be taken: what is below may be noise of the measurement.</summary>
    public double Margin { get; init; } = 1.05;

    /// <summary>Factor by which another choice must beat the present one to replace it.</summary>
    public double Hysteresis { get; init; } = 1.03;

    /// <summary>
    /// A scorer that learns beside the target and is not in use learns only from every m-th step:
    /// enough to be judged, too little to be a burden.
    /// </summary>
    public int IdleEvery { get; init; } = 10;

    /// <summary>Examples of a window.</summary>
    public int WindowSize { get; init; } = 512;

    /// <summary>Share of the training time that windows may take; they come as often as that allows.</summary>
    public double WindowBudget { get; init; } = 0.01;

    /// <summary>Uniform steps at the start that are timed, after three that are not.</summary>
    public int TimedSteps { get; init; } = 5;

    /// <summary>Seed of the windows and of the selectors.</summary>
    public long Seed { get; init; }

    /// <exception cref="ArgumentException">There is no share, or one is out of range.</exception>
    internal void Validate()
    {
        if (Shares.Count > 0 && Shares.All(q => q > 0 && q < 1)) { return; }
        string given = Shares.Count == 0
            ? "there are none"
            : "are " + string.Join(", ", Shares.Select(q => FormattableString.Invariant($"{q}")));
        throw new ArgumentException(
            $"GateOptions.Shares must be one or more numbers above 0 and below 1, but {given}.", nameof(Shares));
    }
}
