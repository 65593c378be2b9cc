namespace RhoLoss.Experiments.Registry;

/// <summary>What a method that ranks by n-grams of holdout and training set declares, each method for itself.</summary>
public sealed class NGramParameters
{
    private NGramParameters(bool everyStep)
    {
        if (!everyStep) { return; }
        // Up to four times, repeated text is nearly as good as new (Muennighoff et al., NeurIPS 2023).
        Repeats = new(
            "repeats", 4, "at least 1", repeats => repeats >= 1,
            "how often an example may be trained on in training.steps; large batches are made smaller so that it is not more often");
        RepeatWeight = new(
            "repeat-weight", 1, "above 0 and at most 1", weight => weight is > 0 and <= 1,
            "weight of an example's loss for each time that it was trained on before, within its batch; 1: all weigh the same");
    }

    /// <summary>Of a method that ranks the candidates of every step.</summary>
    public static NGramParameters OfEveryStep() => new(everyStep: true);

    /// <summary>Of a method that ranks the training set once.</summary>
    public static NGramParameters OfOneChoice() => new(everyStep: false);

    /// <summary>The longest n-gram that is counted.</summary>
    public ArmParameter<long> Order { get; } = new(
        "order", 3, "at least 1 and at most 6", order => order is >= 1 and <= 6, "the longest n-gram that is counted, in tokens");

    /// <summary>Most tokens of the training set that are counted.</summary>
    public ArmParameter<long> PoolTokens { get; } = new(
        "pool-tokens", 4_000_000, "at least 0", tokens => tokens >= 0,
        "most tokens of the pool whose n-grams are counted, spread evenly over it; 0: all");

    /// <summary>
    /// How often an example may be trained on within a budget of steps, since what is most relevant once is so in every epoch; null for a
    /// choice that is made once.
    /// </summary>
    public ArmParameter<long>? Repeats { get; }

    /// <summary>Weight of an example's loss for each time that it was trained on before; null for a choice that is made once.</summary>
    public ArmParameter<double>? RepeatWeight { get; }

    /// <summary>All of them, in the order in which documents list them.</summary>
    public IReadOnlyList<ArmParameter> All => [.. new ArmParameter?[] { Order, PoolTokens, Repeats, RepeatWeight }.OfType<ArmParameter>()];
}
