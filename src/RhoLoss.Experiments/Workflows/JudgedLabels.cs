using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Inspection;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Workflows;

/// <summary>A label of the training set, as models see it that have not seen its example.</summary>
/// <param name="Row">Row of the example.</param>
/// <param name="Id">Its id.</param>
/// <param name="Given">Its label.</param>
/// <param name="Suggested">The class that is the likeliest beside it.</param>
/// <param name="Score">See <see cref="WrongLabels.Scores"/>.</param>
internal readonly record struct JudgedLabel(long Row, long Id, long Given, long Suggested, double Score);

/// <summary>Which labels of a training set are likely wrong.</summary>
/// <param name="Likely">
/// Those of at least <see cref="WrongLabels.LikelyScore"/>, the highest score first, of equal ones the smaller id; none of a copy.
/// </param>
/// <param name="CountByClass">Examples with each label.</param>
/// <param name="WrongByClass">Confident learning's estimate of how many of them are of another class.</param>
/// <param name="Known">How well the score finds what the recipe's own noise made wrong; null where there is none.</param>
internal sealed record JudgedLabels(
    IReadOnlyList<JudgedLabel> Likely, IReadOnlyList<long> CountByClass, IReadOnlyList<double> WrongByClass, KnownNoise? Known)
{
    /// <summary>Judges the labels of a data set.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="logProbabilities">log p(c | x), shape [N, C].</param>
    /// <param name="isRead">Whether an id is one that was read, and not a copy's.</param>
    public static JudgedLabels Of(LabeledDataset data, Tensor logProbabilities, Func<long, bool> isRead)
    {
        using IDisposable scope = NewDisposeScope();
        var confident = ConfidentLearning.Of(logProbabilities, data.Labels);
        Tensor scoresOfAll = WrongLabels.Scores(logProbabilities, data.Labels, confident.Thresholds);
        double[] scores = scoresOfAll.cpu().data<double>().ToArray();
        long[] ids = data.Ids.cpu().data<long>().ToArray(), labels = data.Labels.cpu().data<long>().ToArray();
        long[] suggested = WrongLabels.Suggested(logProbabilities, data.Labels).cpu().data<long>().ToArray();
        JudgedLabel[] listed =
        [
            .. Enumerable.Range(0, ids.Length).Where(row => scores[row] >= WrongLabels.LikelyScore && isRead(ids[row]))
                .Select(row => new JudgedLabel(row, ids[row], labels[row], suggested[row], scores[row]))
                .OrderByDescending(label => label.Score).ThenBy(label => label.Id),
        ];
        bool[]? changed = data.Flag(ExampleFlags.LabelChanged) is { } flag ? flag.cpu().data<bool>().ToArray() : null;
        KnownNoise? known = changed is null ? null : new KnownNoise(
            Precision(scoresOfAll), Precision(confident.Scores), Precision(confident.MarginScores), changed.Count(isWrong => isWrong),
            listed.Count(label => changed[label.Row]));
        return new JudgedLabels(listed, data.CountByClass(), [.. confident.WrongByClass.cpu().data<double>()], known);

        double Precision(Tensor ranking) =>
            WrongLabels.AveragePrecision(ranking, data.Flag(ExampleFlags.LabelChanged)!, data.Ids);
    }

    /// <summary>The examples of the likely wrong labels, without pictures.</summary>
    public IReadOnlyList<InspectedExample> Examples(ExampleViewer viewer) =>
    [
        .. Likely.Select(label =>
        {
            ShownExample shown = viewer.Show(ExampleViewer.TrainingPart, viewer.Data.Training, label.Row);
            return new InspectedExample(
                label.Id, shown.Part, shown.Label, viewer.NameOf(label.Suggested), label.Score, InspectedExample.WrongLabel, Of: null,
                shown.File, shown.Line, shown.Position, shown.Where, shown.Text, Picture: null);
        }),
    ];

    /// <summary>What was found of each class.</summary>
    public IReadOnlyList<InspectedClass> Classes(ExampleViewer viewer)
    {
        ILookup<long, JudgedLabel> byClass = Likely.ToLookup(label => label.Given);
        return
        [
            .. CountByClass.Select((count, c) => new InspectedClass(viewer.NameOf(c), (int)count, byClass[c].Count(), WrongByClass[c])),
        ];
    }
}
