using RhoLoss.Data;
using RhoLoss.Datasets.Splits;

namespace RhoLoss.Datasets.Text;

/// <summary>Texts that are in two parts of a set, or have two labels; blanks around them do not count.</summary>
internal static class RepeatedTexts
{
    /// <summary>What the user should know about them.</summary>
    public static IEnumerable<string> Notices(DatasetSplits splits, string source)
    {
        (Func<long, string> ofTraining, Func<long, string> ofTest) = splits.Texts!.Value;
        ExamplePlaces places = splits.Places!;
        return RepeatedContent.Notices(source, "text", splits.ClassNames,
            Part("training", splits.Training, ofTraining, places.OfTraining),
            splits.Holdout is { } holdout ? Part("holdout", holdout, ofTraining, places.OfTraining) : null,
            Part("test", splits.Test, ofTest, places.OfTest));
    }

    private static ContentPart<string> Part(string name, LabeledDataset data, Func<long, string> text, Func<long, ExamplePlace> place)
    {
        long[] ids = [.. data.Ids.data<long>()];
        return new ContentPart<string>(name, [.. ids.Select(id => text(id).Trim())], [.. data.Labels.data<long>()], i =>
        {
            ExamplePlace at = place(ids[i]);
            return FormattableString.Invariant($"{Path.GetFileName(at.File)}, line {at.Line}");
        });
    }
}
