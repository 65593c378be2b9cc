using RhoLoss.Datasets.Labels;

namespace RhoLoss.Datasets.Splits;

/// <summary>The paper's split of CIFAR-10, CIFAR-100, CoLA and SST-2, in which no seed plays a part.</summary>
internal static class EvenOddSplit
{
    /// <summary>The split, in words.</summary>
    public const string Words = "even ids train, odd ids hold out";

    /// <summary>The split of a training file, and what it is in words; without a holdout every example trains.</summary>
    /// <exception cref="InvalidInputException">A label is out of range, or a part has no example of a class.</exception>
    public static (Examples Training, Examples? Holdout, string Words) Of(
        Examples train, DatasetOptions options, DatasetDescription description, string place)
    {
        if (options.HoldoutFraction == 0)
        {
            LabelRules.Check(train.Labels, description.Classes, $"{place}, training examples", description.ClassNames);
            return (train, null, "all ids train, no holdout");
        }
        long count = train.Labels.shape[0];
        Examples training = train.At(Scalars.Range(0, count, 2)), holdout = train.At(Scalars.Range(1, count, 2));
        LabelRules.Check(training.Labels, description.Classes, $"{place}, even training examples", description.ClassNames);
        LabelRules.Check(holdout.Labels, description.Classes, $"{place}, odd training examples", description.ClassNames);
        return (training, holdout, Words);
    }
}
