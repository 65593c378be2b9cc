namespace RhoLoss.Selection;

/// <summary>How a <see cref="BatchSelector"/> scores and draws. Every default is the paper's.</summary>
public sealed record BatchSelectorOptions
{
    /// <summary>n_B; <c>null</c> is ten times the batch size, the paper's 10 %. A smaller last batch of an epoch selects the same share.</summary>
    public int? LargeBatchSize { get; init; }

    /// <summary>Mode of the model while it scores (App. B). Default: <see cref="ScoringMode.Train"/>.</summary>
    public ScoringMode Mode { get; init; } = ScoringMode.Train;

    /// <summary>What scoring does to BatchNorm's running statistics. Default: <see cref="RunningStatistics.Preserve"/>.</summary>
    public RunningStatistics RunningStatistics { get; init; } = RunningStatistics.Preserve;

    /// <summary>How scores become a batch. Default: the largest, <see cref="TopScores"/>.</summary>
    public Drawing Drawing { get; init; } = new TopScores();

    /// <summary>Seed of the selector's own generator, which uniform selection and importance sampling draw from.</summary>
    public long Seed { get; init; }
}

/// <summary>Mode of the model while it scores (paper, App. B: try both on a new data set).</summary>
public enum ScoringMode
{
    /// <summary>BatchNorm uses the statistics of B_t and dropout is active: the paper's default.</summary>
    Train,

    /// <summary>BatchNorm uses its running statistics and dropout is off.</summary>
    Eval,
}

/// <summary>What a train-mode scoring pass does to BatchNorm's running statistics.</summary>
public enum RunningStatistics
{
    /// <summary>They are as they were before scoring, so that only training moves them.</summary>
    Preserve,

    /// <summary>Scoring moves them too, twice a step in all: what the authors' implementation does.</summary>
    Update,
}

/// <summary>How scores become a batch: <see cref="TopScores"/> or <see cref="ImportanceSampling"/>.</summary>
public abstract record Drawing
{
    private protected Drawing() { }
}

/// <summary>The k largest scores; of equal scores the earlier position in B_t wins.</summary>
public sealed record TopScores : Drawing;

/// <summary>
/// k candidates drawn with replacement in proportion to their scores, weighted by 1 / (n_B · p_i) so that the weighted mean loss
/// is an unbiased estimate of the mean loss of B_t (Katharopoulos and Fleuret, 2018, Algorithm 1).
/// </summary>
/// <param name="OnlyWhenItPays">
/// The variance-reduction switch of that algorithm: sample by importance only while the smoothed τ = √(n Σ p_i²) exceeds
/// <paramref name="Threshold"/>; otherwise draw k uniformly, unweighted, and score only those k, to keep τ current.
/// </param>
/// <param name="Threshold">τ_th; <c>null</c> is (n_B + 3 n_b) / (3 n_b), where the saved variance pays for the scoring pass.</param>
/// <param name="Smoothing">Weight a_τ of the old τ in its moving average, from 0 to below 1.</param>
public sealed record ImportanceSampling(bool OnlyWhenItPays = false, double? Threshold = null, double Smoothing = 0.9) : Drawing;
