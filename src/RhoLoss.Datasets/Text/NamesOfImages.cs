using RhoLoss.Datasets.Images;

namespace RhoLoss.Datasets.Text;

/// <summary>Tells a list of image files with their labels, which is read as texts like any other table.</summary>
internal static class NamesOfImages
{
    /// <summary>What the user should know where most texts are names of image files; none as a rule.</summary>
    public static IEnumerable<string> Notices(LabeledColumns columns, string path)
    {
        int names = columns.Rows.Select(row => row.Text.Trim())
            .Count(text => ImageTree.IsImage(text) && !text.Contains(' ', StringComparison.Ordinal));
        if (2 * names <= columns.Rows.Count) { yield break; }
        yield return FormattableString.Invariant($"{path}: {names} of {columns.Rows.Count} texts are names of image files, which are read ")
            + "as texts, and no image is. To train on the images put those of each class into a folder, "
            + "and give the folder that holds these.";
    }
}
