using static TorchSharp.torch;

namespace RhoLoss.Inspection;

/// <summary>
/// Which labels are likely wrong, by the predictions of models that have not seen them (<see cref="OutOfSample"/>), and how well a score
/// finds those that are known to be.
/// </summary>
public static class WrongLabels
{
    /// <summary>
    /// From this score on a label is called likely wrong: the suggested one is nine times as likely, as <see cref="Scores"/> has it.
    /// </summary>
    public const double LikelyScore = 0.9;

    /// <summary>
    /// The likeliest class other than the given one, argmax over c ≠ y of log p(c | x): int64, shape [N]. The caller's dispose scope owns
    /// it.
    /// </summary>
    /// <param name="logProbabilities">log p(c | x), shape [N, C], with at least two classes.</param>
    /// <param name="labels">The given labels y, int64, shape [N].</param>
    public static Tensor Suggested(Tensor logProbabilities, Tensor labels)
    {
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(WithoutGiven(logProbabilities, labels).argmax(1));
    }

    /// <summary>
    /// How much more likely the suggested class s is than the given one, each compared with how likely it usually is for examples that are
    /// labelled so: q_s / (q_s + q_y) with q_c = p(c | x) / t_c, the logistic function of the loss of the given label less that of s, both
    /// with log t_c added. Float64, shape [N], from 0 to 1. The caller's dispose scope owns it.
    /// </summary>
    /// <param name="logProbabilities">As of <see cref="Suggested"/>.</param>
    /// <param name="labels">As of <see cref="Suggested"/>.</param>
    /// <param name="thresholds">
    /// t_c of each class, shape [C] (<see cref="ConfidentLearning.Thresholds"/>); 1 is taken where it is not a number, for a class that no
    /// example has.
    /// </param>
    public static Tensor Scores(Tensor logProbabilities, Tensor labels, Tensor thresholds)
    {
        ArgumentNullException.ThrowIfNull(thresholds);
        using DisposeScope scope = NewDisposeScope();
        (Tensor best, Tensor suggested) = WithoutGiven(logProbabilities, labels).max(1);
        Tensor usual = thresholds.to(float64), logs = where(usual.isnan(), ones_like(usual), usual).log();
        Tensor other = best.to(float64) - logs.index_select(0, suggested);
        Tensor given = OfClass(logProbabilities, labels).to(float64) - logs.index_select(0, labels);
        return scope.MoveToOuter((other - given).sigmoid());
    }

    /// <summary>
    /// Average precision of a ranking, the largest score first and of equal ones the smaller id: the mean over what was to be found of the
    /// share of such examples among those ranked as high. 1 where all of them come first; by chance about their share of all. Not a number
    /// where there is none.
    /// </summary>
    /// <param name="scores">Shape [N].</param>
    /// <param name="wanted">What was to be found, bool, shape [N].</param>
    /// <param name="ids">int64, shape [N].</param>
    public static double AveragePrecision(Tensor scores, Tensor wanted, Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(ids);
        using IDisposable scope = NewDisposeScope();
        double[] score = scores.to(float64).cpu().data<double>().ToArray();
        bool[] isWanted = wanted.cpu().data<bool>().ToArray();
        long[] id = ids.cpu().data<long>().ToArray();
        if (score.Length != isWanted.Length || score.Length != id.Length)
        {
            throw new ArgumentException(
                $"Each example needs a score, an id and whether it was to be found, but there are {score.Length}, {id.Length} and "
                + $"{isWanted.Length} of these. Give as many of each.", nameof(scores));
        }
        (int ranked, int found) = (0, 0);
        double sum = 0;
        foreach (int row in Enumerable.Range(0, score.Length).OrderByDescending(row => score[row]).ThenBy(row => id[row]))
        {
            ranked++;
            if (!isWanted[row]) { continue; }
            found++;
            sum += (double)found / ranked;
        }
        return found == 0 ? double.NaN : sum / found;
    }

    /// <summary>The number of each row that belongs to a class, shape [N].</summary>
    internal static Tensor OfClass(Tensor byClass, Tensor classes) => byClass.gather(1, classes.unsqueeze(1)).squeeze(1);

    /// <summary>The numbers with minus infinity for the given class, shape [N, C].</summary>
    internal static Tensor WithoutGiven(Tensor byClass, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(byClass);
        ArgumentNullException.ThrowIfNull(labels);
        long[] shape = byClass.shape;
        if (shape.Length != 2 || shape[1] < 2 || labels.dim() != 1 || labels.shape[0] != shape[0] || labels.dtype != ScalarType.Int64)
        {
            throw new ArgumentException(
                "Predictions must have shape [N, C] with at least two classes, and labels must be int64 of shape [N], "
                + $"but they are of shape [{string.Join(", ", shape)}] and {labels.dtype} of shape [{string.Join(", ", labels.shape)}].",
                nameof(byClass));
        }
        Tensor never = full([shape[0], 1], Scalars.Of(double.NegativeInfinity), dtype: byClass.dtype, device: byClass.device);
        return byClass.scatter(1, labels.unsqueeze(1), never);
    }
}
