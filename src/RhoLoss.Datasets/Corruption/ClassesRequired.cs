using RhoLoss.Data;

namespace RhoLoss.Datasets.Corruption;

/// <summary>What is done by class needs labels that are classes.</summary>
internal static class ClassesRequired
{
    /// <summary>Refuses what needs classes where labels are none.</summary>
    /// <param name="data">What it is done to.</param>
    /// <param name="what">What needs them, for the message.</param>
    public static void RequireClasses(this LabeledDataset data, string what)
    {
        if (data.Classes > 0) { return; }
        throw new InvalidOperationException($"{what} needs a class for each example, but the labels of this data set are no classes.");
    }
}
