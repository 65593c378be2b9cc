using RhoLoss.Datasets.Cache;
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
        (Examples training, Examples? holdout, string split) = EvenOddSplit.Of(train, options, description, folder.Path);
        return splits.Assemble(
            description.Name, $"{folder.Source}; {split}", description.ClassNames, training, holdout, test, (trainTexts, testTexts));
    }
}
