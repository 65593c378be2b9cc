using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Cifar;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Splits;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Text;

/// <summary>
/// Reads and splits CoLA and SST-2 as the paper does: even ids of the training file train, odd ids hold out, the dev set is the test set.
/// </summary>
internal static class TextDatasets
{
    /// <summary>Roles of files.</summary>
    public const string Train = "train", Dev = "dev", InDomainDev = "in-domain-dev", OutOfDomainDev = "out-of-domain-dev";

    /// <summary>CoLA: the dev set is the in-domain part and then the out-of-domain part.</summary>
    public static DatasetSplits LoadCola(DatasetFolder folder, DatasetOptions options) =>
        Load(
            folder, options, GlueFile.ReadCola(folder[Train]),
            GlueFile.ReadCola(folder[InDomainDev]).And(GlueFile.ReadCola(folder[OutOfDomainDev])));

    /// <summary>SST-2; its phrases of the training file are examples of their own.</summary>
    public static DatasetSplits LoadSst2(DatasetFolder folder, DatasetOptions options) =>
        Load(folder, options, GlueFile.ReadSst2(folder[Train]), GlueFile.ReadSst2(folder[Dev]));

    private static DatasetSplits Load(DatasetFolder folder, DatasetOptions options, LabeledTexts trainTexts, LabeledTexts testTexts)
    {
        using IDisposable scope = NewDisposeScope();
        DatasetDescription description = folder.Set.Description;
        TextSplits splits = TextSplits.Open(options.Text, trainTexts);
        Examples train = splits.Encode(trainTexts), test = splits.Encode(testTexts);
        LabelRules.Check(test.Labels, description.Classes, $"{folder.Path}, dev set", description.ClassNames);
        if (options.HoldoutFraction == 0)
        {
            LabelRules.Check(train.Labels, description.Classes, $"{folder.Path}, training examples", description.ClassNames);
            return splits.Assemble(
                description.Name, $"{folder.Source}; all ids train, no holdout", description.ClassNames, train,
                holdout: null, test, (trainTexts, testTexts));
        }
        long count = train.Labels.shape[0];
        Examples training = train.At(Scalars.Range(0, count, 2));
        LabelRules.Check(training.Labels, description.Classes, $"{folder.Path}, even training examples", description.ClassNames);
        Examples holdout = train.At(Scalars.Range(1, count, 2));
        LabelRules.Check(holdout.Labels, description.Classes, $"{folder.Path}, odd training examples", description.ClassNames);
        return splits.Assemble(
            description.Name, $"{folder.Source}; {CifarDatasets.Split}", description.ClassNames, training, holdout, test,
            (trainTexts, testTexts));
    }
}
