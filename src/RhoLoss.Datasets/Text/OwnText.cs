using System.Globalization;
using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Names;
using RhoLoss.Datasets.Splits;
using RhoLoss.Randomness;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Text;

/// <summary>
/// Reads a user's own texts. Labels are any words; the classes are those of the training file in ordinal order, or by value when all are
/// whole numbers. Example ids are positions in the training file, counted from 0 after the header.
/// </summary>
public sealed class OwnText : DatasetSource
{
    /// <summary>The name in recipes.</summary>
    public const string Name = "text";

    /// <summary>What else helps where the test file has no labels, as those of competitions have none.</summary>
    private const string WithoutLabels =
        "; a test file without labels tests nothing: call it something else, and a share of the training file is the test set";

    internal OwnText() : base(
        new DatasetDescription(Name, "your own texts with labels, a table", [], "that of your texts",
            "Put train.csv or train.tsv, with columns text and label, into FOLDER, and give the folder, "
            + "as in 'rho train texts --set data.directory=FOLDER'.", 0, 0)
        {
            IsOwn = true,
            IsText = true,
        })
    {
    }

    /// <inheritdoc/>
    protected override string Content => "texts";

    /// <summary>The training file in a folder: train.csv or train.tsv, whatever its case, plain or .gz; null where there is none.</summary>
    /// <exception cref="InvalidInputException">There are several.</exception>
    public static string? TrainingFileIn(string directory) => TableFiles.Find(directory, "train");

    /// <summary>A training file itself, or a folder with one of the usual name.</summary>
    public override DatasetOptions? OptionsFor(string path)
    {
        if (File.Exists(path))
        {
            return new DatasetOptions(Path.GetDirectoryName(path)) { OwnTexts = new OwnTextFiles(Path.GetFileName(path)) };
        }
        return Directory.Exists(path) && TrainingFileIn(path) is not null ? new DatasetOptions(path) : null;
    }

    /// <summary>
    /// Reads the files and splits the training file by class into test set (if it has no file), training set and holdout.
    /// </summary>
    /// <exception cref="InvalidInputException">A file is missing or breaks a rule, or a class has too few examples to be split.</exception>
    protected override DatasetSplits ReadSplits(DatasetOptions options)
    {
        OwnTextFiles files = options.OwnTexts;
        string directory = options.Directory ?? "";
        SpecialFile.Refuse(directory, "a folder");
        string trainingPath = Locate(directory, files.TrainingFile, "train", "data.training-file") ?? throw new InvalidInputException(
            $"{options.Directory ?? "."}: there is neither train.csv nor train.tsv. {Instead(options.Directory ?? ".")}"
            + "Set data.directory to the folder that holds one of them, or data.training-file to the file.");
        string? testPath = Locate(directory, files.TestFile, "test", "data.test-file");
        LabeledColumns trainColumns = LabeledColumns.Read(trainingPath, files);
        string[] classes = ClassesOf(trainColumns, trainingPath);
        if (testPath is null || options.HoldoutFraction > 0)
        {
            UnlikelyClasses.Refuse(trainColumns.LabelCounts, trainingPath, files.LabelColumn);
        }
        string[] notices =
        [
            .. LabelNotices.Of(trainColumns, trainingPath), .. NamesOfImages.Notices(trainColumns, trainingPath),
            .. Beside(trainingPath, testPath),
        ];
        LabeledTexts trainTexts = trainColumns.WithClasses(classes, trainingPath, trainingPath);

        using IDisposable scope = NewDisposeScope();
        TextSplits splits = TextSplits.Open(options.Text, trainTexts);
        Examples train = splits.Encode(trainTexts);
        string? unknown = splits.UnknownNotice(train, trainingPath), unknownInTest = null;
        Examples test;
        LabeledTexts testTexts = trainTexts;
        string source = trainingPath;
        if (testPath is not null)
        {
            testTexts = LabeledColumns.Read(testPath, files, WithoutLabels).WithClasses(classes, testPath, trainingPath);
            test = splits.Encode(testTexts);
            unknownInTest = splits.UnknownNotice(test, testPath);
            LabelRules.Check(test.Labels, classes.Length, testPath, classes);
            source += $"; test {testPath}";
        }
        else
        {
            if (!(files.TestFraction > 0 && files.TestFraction < 1))
            {
                throw new InvalidInputException(
                    $"{trainingPath}: without a test file the test fraction must be above 0 and below 1, "
                    + FormattableString.Invariant($"but was {files.TestFraction}. Set data.test-fraction, or give data.test-file."));
            }
            (Tensor kept, Tensor tested) = ClassBalancedSplit.Of(
                train.Labels, classes.Length, files.TestFraction, Seeding.Mix(options.SplitSeed, 20), trainingPath, "test",
                "data.test-fraction", classes);
            test = train.At(tested);
            train = train.At(kept);
            source += string.Create(CultureInfo.InvariantCulture, $"; {files.TestFraction} of each class to the test set");
        }
        if (options.HoldoutFraction == 0)
        {
            return WithNotices(
                splits.Assemble(Name, $"{source}; no holdout", classes, train, holdout: null, test, (trainTexts, testTexts)));
        }
        (Tensor training, Tensor holdout) =
            ClassBalancedSplit.Of(
                train.Labels, classes.Length, options.HoldoutFraction, options.SplitSeed, trainingPath, classNames: classes);
        source += string.Create(
            CultureInfo.InvariantCulture,
            $"; class-balanced split, {options.HoldoutFraction} to the holdout, split seed {options.SplitSeed}");
        return WithNotices(
            splits.Assemble(Name, source, classes, train.At(training), train.At(holdout), test, (trainTexts, testTexts)));

        DatasetSplits WithNotices(DatasetSplits read) => read with
        {
            Notices = [.. notices, .. new[] { unknown, unknownInTest }.OfType<string>(), .. RepeatedTexts.Notices(read, trainingPath)],
        };
    }

    /// <summary>Reads a user's own texts as a recipe does, and counts them.</summary>
    protected override DatasetCheck CheckSplits(DatasetOptions options)
    {
        using DatasetSplits splits = ReadSplits(options);
        string classes = LabelFile.Listed([.. splits.ClassNames.Take(11).Select(Visible.Cut)]);
        return DatasetCheck.OfCounts(Name, $"{splits.Source}; {splits.ClassNames.Count} classes: {classes}", splits);
    }

    private static string Instead(string directory) =>
        Directory.Exists(directory) && FolderContents.Describe(directory) is { } found ? $"{found} " : "";

    /// <summary>The file of that name, or the usual one if no name is given and it is there.</summary>
    private static string? Locate(string directory, string given, string usual, string key)
    {
        if (given.Length > 0)
        {
            string path = Path.Combine(directory, given);
            SpecialFile.Refuse(path);
            return File.Exists(path)
                ? path
                : throw new InvalidInputException(
                    $"{path}: no such file. Set {key} to the path of a .csv or .tsv "
                    + $"file{(directory.Length > 0 ? $"; it is relative to data.directory ({directory})" : "")}.");
        }
        return TableFiles.Find(directory, usual);
    }

    /// <summary>Tables beside those that are read: a holdout, say, that people keep in a file of its own.</summary>
    private static IEnumerable<string> Beside(string trainingPath, string? testPath)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(trainingPath))!;
        string[] read = [.. new[] { trainingPath, testPath }.OfType<string>().Select(Path.GetFullPath)];
        string[] others = TableFiles.HoldoutsIn(folder, read);
        if (others.Length == 0) { return []; }
        return
        [
            $"{folder}: {string.Join(" and ", others)} {(others.Length == 1 ? "is" : "are")} not read: "
            + "the holdout of texts is a share of the training file (data.holdout-fraction). Join the files to have it read.",
        ];
    }

    private static string[] ClassesOf(LabeledColumns columns, string path)
    {
        string[] names = [.. columns.Rows.Select(row => row.Label).Distinct(StringComparer.Ordinal)];
        if (names.Length < 2)
        {
            throw new InvalidInputException(
                $"{path}: there must be at least two classes, but every label is {Visible.Shown(names[0])}. "
                + "Give a file with labels of all classes.");
        }
        return names.All(name => long.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            ? [.. names.OrderBy(name => long.Parse(name, CultureInfo.InvariantCulture)).ThenBy(name => name, StringComparer.Ordinal)]
            : [.. names.Order(StringComparer.Ordinal)];
    }
}
