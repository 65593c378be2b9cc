namespace RhoLoss.Datasets;

/// <summary>Which files a user's own texts are: CSV or TSV files with a header line, one column of texts and one of labels.</summary>
/// <param name="TrainingFile">
/// Training file, relative to <see cref="DatasetOptions.Directory"/>; empty: train.csv or train.tsv in the folder.
/// </param>
/// <param name="TestFile">
/// Test file; empty: test.csv or test.tsv in the folder, and where there is none a share of the training file.
/// </param>
/// <param name="TestFraction">That share, above 0 and below 1, the same in every class.</param>
/// <param name="TextColumn">Header of the texts.</param>
/// <param name="LabelColumn">Header of the labels.</param>
public sealed record OwnTextFiles(
    string TrainingFile = "", string TestFile = "", double TestFraction = 0.1, string TextColumn = "text", string LabelColumn = "label");
