using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Workflows;

/// <summary>
/// Examples that are equal to one that was read before, in the same part or an earlier one: of images the stored bytes, of texts the text
/// without blanks around it. What the data say is a copy (<see cref="LabeledDataset.Origins"/>) is known and not among them.
/// </summary>
internal static class DuplicateExamples
{
    /// <summary>The duplicates of training set, holdout and test set, in this order and by id, each with the first of its kind.</summary>
    public static IReadOnlyList<InspectedExample> In(ExampleViewer viewer)
    {
        // A text that a model reads as the same tokens may be another one: unknown words are all alike, and a long one is cut.
        bool isText = viewer.Data.Training.Tokens is not null;
        return isText ? Find<string>(viewer, (part, _, id) => viewer.TextOf(part, id)!.Trim()) : Find(viewer, (_, hash, _) => hash);
    }

    /// <summary>Rows of a data set that are copies of another one, by what the data say.</summary>
    public static int CountCopies(LabeledDataset data)
    {
        using IDisposable scope = NewDisposeScope();
        return (int)data.Origins.ne(data.Ids).sum().item<long>();
    }

    private static List<InspectedExample> Find<T>(ExampleViewer viewer, Func<string, long, long, T> key)
        where T : notnull
    {
        var first = new Dictionary<T, (string Part, LabeledDataset Data, long Row)>();
        var found = new List<InspectedExample>();
        foreach ((string part, LabeledDataset data) in viewer.Parts)
        {
            using IDisposable scope = NewDisposeScope();
            long[] origins = data.Origins.cpu().data<long>().ToArray();
            Dictionary<long, long> rows = RowsById(data);
            foreach ((long id, long hash) in data.Fingerprint.Inputs)
            {
                long row = rows[id];
                if (origins[row] != id || first.TryAdd(key(part, hash, id), (part, data, row))) { continue; }
                (string Part, LabeledDataset Data, long Row) earlier = first[key(part, hash, id)];
                ShownExample one = viewer.Show(part, data, row), other = viewer.Show(earlier.Part, earlier.Data, earlier.Row);
                found.Add(new InspectedExample(
                    id, part, one.Label, Suggested: null, Score: null, InspectedExample.Duplicate,
                    new FirstExample(other.Id, other.Part, other.Label, other.Where), one.File, one.Line, one.Position, one.Where, one.Text,
                    Picture: null));
            }
        }
        return found;
    }

    private static Dictionary<long, long> RowsById(LabeledDataset data)
    {
        using IDisposable scope = NewDisposeScope();
        return data.Ids.cpu().data<long>().Select((id, row) => (id, row)).ToDictionary(pair => pair.id, pair => (long)pair.row);
    }
}
