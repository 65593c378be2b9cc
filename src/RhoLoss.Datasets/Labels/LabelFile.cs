using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Datasets.Names;
using RhoLoss.Datasets.Tables;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Labels;

/// <summary>
/// Other labels for a data set: a CSV or TSV file with the columns <c>id</c> (the example's stable id, a position in the training file of
/// most sets) and <c>label</c> (a class by name or number), or <c>class-name</c> or <c>class-index</c> where a name could be the number of
/// another class. Examples that it does not name keep their label.
/// </summary>
public static class LabelFile
{
    /// <summary>
    /// The splits with labels of training set and holdout replaced by those of the file; the test set stays as it is. The given splits are
    /// disposed, also when this fails.
    /// </summary>
    /// <exception cref="InvalidInputException">
    /// A row breaks a rule: id not in training set or holdout, id twice, no such class; or a class lost its last example.
    /// </exception>
    public static DatasetSplits Apply(string path, DatasetSplits splits)
    {
        ArgumentNullException.ThrowIfNull(splits);
        using (splits)
        {
            using IDisposable scope = NewDisposeScope();
            Dictionary<long, (long Label, int Line)> rows = Read(path, splits);
            RequireKnown(rows, path, splits);
            int changed = 0;
            LabeledDataset training = Relabelled(splits.Training, "training set");
            LabeledDataset? holdout = splits.Holdout is null ? null : Relabelled(splits.Holdout, "holdout");
            return splits with
            {
                Training = training,
                Holdout = holdout,
                Test = splits.Test.WithLabels(splits.Test.Labels.alias()),
                Notices =
                [
                    .. splits.Notices,
                    FormattableString.Invariant($"{Counted.Of(rows.Count, "label")} of {path}, {changed} of them other than before"),
                ],
            };

            LabeledDataset Relabelled(LabeledDataset data, string part)
            {
                long[] ids = [.. data.Ids.data<long>()], labels = [.. data.Labels.data<long>()];
                for (int i = 0; i < ids.Length; i++)
                {
                    if (!rows.TryGetValue(ids[i], out (long Label, int Line) row)) { continue; }
                    if (labels[i] != row.Label) { changed++; }
                    labels[i] = row.Label;
                }
                Tensor relabelled = tensor(labels);
                LabelRules.Check(relabelled, data.Classes, $"{path}, applied to the {part}", splits.ClassNames);
                return data.WithLabels(relabelled);
            }
        }
    }

    private static Dictionary<long, (long Label, int Line)> Read(string path, DatasetSplits splits)
    {
        List<TextRow> rows = DelimitedText.Read(path);
        int idColumn = HeaderColumns.Find(rows[0].Fields, "id", path, key: null);
        (int labelColumn, LabelColumn kind) = LabelColumnOf(rows[0].Fields, path);
        HeaderColumns.Check(rows, path);
        var classes = new LabelTexts(kind, splits, path);
        var labels = new Dictionary<long, (long, int)>();
        foreach ((int line, string[] fields) in rows.Skip(1))
        {
            if (!long.TryParse(fields[idColumn], NumberStyles.None, CultureInfo.InvariantCulture, out long id))
            {
                throw new InvalidInputException(
                    $"{path}, line {line}: an id must be a whole number from 0, "
                    + $"but is {Visible.Shown(fields[idColumn])}. Correct it.");
            }
            long label = classes.ClassOf(fields[labelColumn].Trim(), line);
            if (!labels.TryAdd(id, (label, line)))
            {
                throw new InvalidInputException(
                    $"{path}, line {line}: each id may be there once, but {id} was on line {labels[id].Item2} already. "
                    + "Remove one of them.");
            }
        }
        return labels;
    }

    private static (int Column, LabelColumn Kind) LabelColumnOf(string[] header, string path)
    {
        (string Name, LabelColumn Kind)[] there = [.. LabelTexts.Columns.Where(column => header.Contains(column.Name))];
        if (there.Length > 1)
        {
            string names = string.Join(" and ", there.Select(column => $"'{column.Name}'"));
            throw new InvalidInputException($"{path}, line 1: labels stand in one column, but the header has {names}. "
                + "Remove or rename all but one.");
        }
        (string name, LabelColumn kind) = there.Length == 1 ? there[0] : LabelTexts.Columns[0];
        return (HeaderColumns.Find(header, name, path, key: null), kind);
    }

    private static void RequireKnown(Dictionary<long, (long Label, int Line)> rows, string path, DatasetSplits splits)
    {
        HashSet<long> known = [.. splits.Training.Ids.data<long>()];
        if (splits.Holdout is not null) { known.UnionWith(splits.Holdout.Ids.data<long>()); }
        foreach ((long id, (long _, int line)) in rows.OrderBy(row => row.Value.Line))
        {
            if (!known.Contains(id))
            {
                throw new InvalidInputException(
                    $"{path}, line {line}: an id must be in the training set or the holdout of {splits.Name} "
                    + $"(ids {known.Min()} to {known.Max()}), but {id} is not. "
                    + "Remove the line, or give the labels of this data set.");
            }
        }
    }

    /// <summary>Names of classes, cut where they are many.</summary>
    internal static string Listed(IReadOnlyList<string> names) => string.Join(", ", names.Take(10)) + (names.Count > 10 ? ", …" : "");
}
