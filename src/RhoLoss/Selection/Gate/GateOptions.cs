namespace RhoLoss.Selection.Gate;

/// <summary>How an <see cref="AutoSelector"/> decides.</summary>
public sealed record GateOptions
{
    /// <summary>Shares q = n_b/n_B to choose among, besides 1, which is uniform.</summary>
    public IReadOnlyList<double> Shares { get; init; } = [0.5, 0.25, 0.1];

    /// <summary>
    /// Exponent γ that turns the usefulness ratio of the window into an expected step speed-up. Below 1, because steps on twice as useful points
    /// save fewer than half of the steps.
    /// </summary>
    public double Exponent { get; init; } = 0.5;

    /// <summary>
    /// Exponent δ of the factor min(1, 2q)^δ that a choice is worth less for training on a narrow part of the data: the window sees how useful each point is,
    /// not how alike the chosen ones are. The default makes up for what was measured at q = 0.1 and 0.25 (docs/results/web-like.md).
    /// </summary>
    public double Concentration { get; init; } = 0.6;

    /// <summary>Expected speed-up over uniform that a choice needs to be taken: what is below may be noise of the measurement.</summary>
    public double Margin { get; init; } = 1.05;

    /// <summary>Factor by which another choice must beat the present one to replace it.</summary>
    public double Hysteresis { get; init; } = 1.03;

    /// <summary>A scorer that learns beside the target and is not in use learns only from every m-th step: enough to be judged, too little to be a burden.</summary>
    public int IdleEvery { get; init; } = 10;

    /// <summary>Examples of a window.</summary>
    public int WindowSize { get; init; } = 512;

    /// <summary>Share of the training time that windows may take; they come as often as that allows.</summary>
    public double WindowBudget { get; init; } = 0.01;

    /// <summary>Uniform steps at the start that are timed, after three that are not.</summary>
    public int TimedSteps { get; init; } = 5;

    /// <summary>Seed of the windows and of the selectors.</summary>
    public long Seed { get; init; }
}
