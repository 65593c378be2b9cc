using RhoLoss.Objectives;

namespace RhoLoss.Selection;

/// <summary>How a <see cref="BatchSelector"/> scores and draws. Every default is the paper's.</summary>
public sealed record BatchSelectorOptions
{
    /// <summary>
    /// n_B; <c>null</c> is ten times the batch size, the paper's 10 %. A smaller last batch of an epoch selects the same share.
    /// </summary>
    public int? LargeBatchSize { get; init; }

    /// <summary>Mode of the model while it scores (App. B). Default: <see cref="ScoringMode.Train"/>.</summary>
    public ScoringMode Mode { get; init; } = ScoringMode.Train;

    /// <summary>
    /// What scoring does to BatchNorm's running statistics, and to other buffers that a pass moves. Default:
    /// <see cref="RunningStatistics.Preserve"/>.
    /// </summary>
    public RunningStatistics RunningStatistics { get; init; } = RunningStatistics.Preserve;

    /// <summary>How scores become a batch. Default: the largest, <see cref="TopScores"/>.</summary>
    public Drawing Drawing { get; init; } = new TopScores();

    /// <summary>What the model is trained for. Default: <see cref="Objective.CrossEntropy"/>. A trainer sets its own.</summary>
    public Objective Objective { get; init; } = Objective.CrossEntropy;

    /// <summary>
    /// Whether the reference is freed with the selector. Default: no, since a table of irreducible losses serves many runs.
    /// </summary>
    public bool OwnsReference { get; init; }

    /// <summary>
    /// Decides, with the number of the step, what uniform selection, a drawing and layers such as dropout draw while candidates are scored.
    /// </summary>
    public long Seed { get; init; }

    /// <summary>n_B for this n_b.</summary>
    /// <exception cref="ArgumentException">n_b is below 1, or n_B is smaller than n_b.</exception>
    internal int LargeBatchSizeFor(int batchSize)
    {
        if (batchSize < 1) { throw new ArgumentException($"BatchSize must be at least 1, but was {batchSize}.", nameof(batchSize)); }
        int largeBatchSize = LargeBatchSize ?? checked(10 * batchSize);
        if (largeBatchSize >= batchSize) { return largeBatchSize; }
        throw new ArgumentException(
            $"LargeBatchSize must be at least BatchSize ({batchSize}), but was {largeBatchSize}. "
            + "Set BatchSelectorOptions.LargeBatchSize.", nameof(batchSize));
    }
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
