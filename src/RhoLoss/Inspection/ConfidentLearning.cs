using static TorchSharp.torch;

namespace RhoLoss.Inspection;

/// <summary>
/// Confident learning (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70, 2021): how
/// many examples of each class are labelled as which, estimated from predictions of models that have not seen them.
/// </summary>
/// <param name="Thresholds">
/// t_j, the mean of p(j | x) over the examples that are labelled j, float64, shape [C]; not a number for a class without examples.
/// </param>
/// <param name="Joint">
/// The confident joint, int64, shape [C, C]: entry [i, j] counts the examples labelled i of which j is the likeliest class among those with
/// p(j | x) ≥ t_j. Examples that reach no threshold are not counted.
/// </param>
/// <param name="IsOffDiagonal">Whether an example is counted there with another class than its label, bool, shape [N].</param>
/// <param name="Scores">
/// The ranking, largest first, float64, shape [N]: those off the diagonal before all others, and both by the self-confidence p(y | x), the
/// lowest first.
/// </param>
/// <param name="MarginScores">
/// The same by the normalised margin p(y | x) − max over c ≠ y of p(c | x) in place of the self-confidence.
/// </param>
/// <param name="WrongByClass">
/// Estimated number of examples of each label that are of another class, float64, shape [C]: n_i times the share of row i of the joint that
/// is off the diagonal (the calibration of the paper's equation 3); 0 where the row is empty.
/// </param>
public sealed record ConfidentLearning(
    Tensor Thresholds, Tensor Joint, Tensor IsOffDiagonal, Tensor Scores, Tensor MarginScores, Tensor WrongByClass)
{
    /// <summary>Estimates from predictions. The caller's dispose scope owns the tensors.</summary>
    /// <param name="logProbabilities">log p(c | x) of models that have not seen x, shape [N, C], with at least two classes.</param>
    /// <param name="labels">The given labels, int64, shape [N].</param>
    public static ConfidentLearning Of(Tensor logProbabilities, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(logProbabilities);
        ArgumentNullException.ThrowIfNull(labels);
        using DisposeScope scope = NewDisposeScope();
        Tensor probabilities = logProbabilities.to(float64).exp();
        Tensor others = WrongLabels.WithoutGiven(probabilities, labels).max(1).values, given = WrongLabels.OfClass(probabilities, labels);
        long classes = probabilities.shape[1];
        Tensor counts = labels.bincount(null, classes);
        Tensor thresholds = labels.bincount(given, classes) / counts.to(float64);

        // Nothing reaches the threshold of a class without examples, which is not a number.
        Tensor none = full_like(probabilities, Scalars.Of(-1));
        (Tensor highest, Tensor likeliest) = where(probabilities.ge(thresholds), probabilities, none).max(1);
        Tensor counted = highest.ge(Scalars.Zero);
        Tensor cells = Scalars.Sum(labels.mul(Scalars.Of(classes)), likeliest).masked_select(counted);
        Tensor joint = cells.bincount(null, classes * classes).reshape(classes, classes);

        Tensor isOff = counted.logical_and(likeliest.ne(labels));
        Tensor first = isOff.to(float64).mul(Scalars.Of(2.0));   // what follows is from 0 to 1
        Tensor scores = Scalars.Sum(first, Scalars.Difference(Scalars.One, given));
        Tensor byMargin = Scalars.Sum(first, Scalars.Difference(Scalars.One, given - others).div(Scalars.Of(2.0)));
        Tensor inRow = joint.sum(1), off = inRow - joint.diagonal();
        Tensor share = off.to(float64) / inRow.clamp(min: Scalars.One).to(float64);
        (thresholds, joint, isOff) = scope.MoveToOuter(thresholds, joint, isOff);
        (scores, byMargin, Tensor wrong) = scope.MoveToOuter(scores, byMargin, share * counts.to(float64));
        return new ConfidentLearning(thresholds, joint, isOff, scores, byMargin, wrong);
    }
}
