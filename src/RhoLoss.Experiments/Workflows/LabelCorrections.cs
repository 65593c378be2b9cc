using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Reports;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Workflows;

/// <summary>
/// Proposed labels as a table that <c>data.labels</c> reads: ids with the number of a class, which means one class whatever classes are
/// called. A recipe that has such a file already gets its labels along with the proposed ones, so that the new file takes its place.
/// </summary>
internal static class LabelCorrections
{
    private static readonly string[] Header = ["id", "class-index", "suggested", "given", "score"];

    /// <summary>
    /// The table: the proposed labels first, the surest first, without those that would leave a class of the training set without an
    /// example, which no run takes.
    /// </summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="viewer">Its data.</param>
    /// <param name="likely">Labels that are likely wrong, the surest first.</param>
    public static ReportTable Of(Recipe recipe, ExampleViewer viewer, IReadOnlyList<JudgedLabel> likely)
    {
        Dictionary<long, long> others = recipe.Data.Labels.Length == 0 ? [] : LabelsOfOtherFile(viewer);
        var final = new Dictionary<long, long>(viewer.StoredLabels(ExampleViewer.TrainingPart));
        foreach ((long id, long label) in others.Where(other => final.ContainsKey(other.Key))) { final[id] = label; }
        Dictionary<long, int> counts = final.Values.CountBy(label => label).ToDictionary();
        var rows = new List<IReadOnlyList<string>> { Header };
        foreach (JudgedLabel proposed in likely)
        {
            long before = final[proposed.Id];
            if (before != proposed.Suggested && counts[before] == 1) { continue; }
            counts[before]--;
            counts[proposed.Suggested] = counts.GetValueOrDefault(proposed.Suggested) + 1;
            final[proposed.Id] = proposed.Suggested;
            others.Remove(proposed.Id);
            rows.Add(
            [
                Text(proposed.Id), Text(proposed.Suggested), viewer.NameOf(proposed.Suggested), viewer.NameOf(proposed.Given),
                proposed.Score.ToString("0.####", CultureInfo.InvariantCulture),
            ]);
        }
        rows.AddRange(others.OrderBy(other => other.Key)
            .Select(other => (string[])[Text(other.Key), Text(other.Value), viewer.NameOf(other.Value), "", ""]));
        return new ReportTable("proposed labels", rows);
    }

    /// <summary>Labels other than those that were read, where the recipe's own noise did not change them.</summary>
    private static Dictionary<long, long> LabelsOfOtherFile(ExampleViewer viewer)
    {
        var found = new Dictionary<long, long>();
        foreach ((string part, LabeledDataset data) in viewer.Parts.Where(part => part.Name != ExampleViewer.TestPart))
        {
            using IDisposable scope = NewDisposeScope();
            IReadOnlyDictionary<long, long> stored = viewer.StoredLabels(part);
            long[] ids = data.Ids.cpu().data<long>().ToArray(), labels = data.Labels.cpu().data<long>().ToArray();
            bool[]? changed = data.Flag(ExampleFlags.LabelChanged) is { } flag ? flag.cpu().data<bool>().ToArray() : null;
            for (int row = 0; row < ids.Length; row++)
            {
                bool isOfFile = changed?[row] != true && stored.TryGetValue(ids[row], out long before) && before != labels[row];
                if (isOfFile) { found[ids[row]] = labels[row]; }
            }
        }
        return found;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
