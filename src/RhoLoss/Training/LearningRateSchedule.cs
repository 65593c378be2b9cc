namespace RhoLoss.Training;

/// <summary>
/// Factor of the learning rate as a function of progress p, the spent share of a <see cref="TrainingBudget"/>. It has no length of its own,
/// so it always ends where the budget does, whether that counts steps, seconds or epochs.
/// </summary>
/// <example>
/// <code>
/// LearningRateSchedule schedule = LearningRateSchedule.WarmupLinear(warmupShare: 0.1);
/// double half = schedule.FactorAt(0.55);   // 0.5: half of what is left after the warm-up
/// </code>
/// </example>
public sealed class LearningRateSchedule
{
    /// <summary>
    /// Factor at the start of a warm-up. Above 0, because a step with rate 0 costs as much as any other and changes nothing.
    /// </summary>
    public const double FirstFactor = 0.01;

    private readonly double _warmupShare;
    private readonly double _finalFactor;
    private readonly Func<double, double> _decay;   // from 1 to 0 while its argument goes from 0 to 1

    private LearningRateSchedule(double warmupShare, double finalFactor, Func<double, double> decay)
    {
        if (!(warmupShare >= 0 && warmupShare < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(warmupShare), warmupShare, "The warm-up must take at least 0 and less than all of the budget.");
        }
        if (!(finalFactor >= 0 && finalFactor <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(finalFactor), finalFactor, "The final factor must lie between 0 and 1.");
        }
        _warmupShare = warmupShare;
        _finalFactor = finalFactor;
        _decay = decay;
    }

    /// <summary>Always 1: the paper's (App. B).</summary>
    public static LearningRateSchedule Constant { get; } = new(0, 1, _ => 1);

    /// <summary>
    /// Warm-up while p &lt; w: 0.01 + 0.99·p/w. Then, with q = (p − w)/(1 − w), down in a straight line: 1 − (1 − f)·q.
    /// </summary>
    /// <param name="warmupShare">w, at least 0 and below 1.</param>
    /// <param name="finalFactor">f at the end of the budget, 0 to 1.</param>
    public static LearningRateSchedule WarmupLinear(double warmupShare, double finalFactor = 0) =>
        new(warmupShare, finalFactor, q => 1 - q);

    /// <summary>The same warm-up; then half a cosine (Loshchilov and Hutter, 2017): f + (1 − f)·(1 + cos(π·q))/2.</summary>
    /// <param name="warmupShare">w, at least 0 and below 1.</param>
    /// <param name="finalFactor">f at the end of the budget, 0 to 1.</param>
    public static LearningRateSchedule WarmupCosine(double warmupShare, double finalFactor = 0) =>
        new(warmupShare, finalFactor, q => (1 + Math.Cos(Math.PI * q)) / 2);

    /// <summary>What to multiply the learning rate by for the step that starts at this progress; at and after 1 the final factor.</summary>
    /// <param name="progress">p, at least 0; from <see cref="TrainingBudget.ProgressAt"/>.</param>
    public double FactorAt(double progress)
    {
        if (!(progress >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(progress), progress, "Progress must be a number of at least 0.");
        }
        if (progress < _warmupShare) { return FirstFactor + (1 - FirstFactor) * progress / _warmupShare; }
        double q = Math.Min(1, (progress - _warmupShare) / (1 - _warmupShare));
        return _finalFactor + (1 - _finalFactor) * _decay(q);
    }
}
