using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Datasets.Images;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Objectives;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Workflows;

/// <summary>Looks up examples of a recipe's data by id: where they are in the files, and with which label a run reads them.</summary>
public sealed class ExampleViewer : IDisposable
{
    private readonly Dictionary<string, Dictionary<long, long>> _storedLabels = new(StringComparer.Ordinal);
    private readonly ExperimentData _data;
    private (Func<long, string> OfTraining, Func<long, string> OfTest)? _texts;

    /// <summary>Names of parts.</summary>
    internal const string TrainingPart = "training", HoldoutPart = "holdout", TestPart = "test";

    private ExampleViewer(Recipe recipe)
    {
        _data = ExperimentData.Load(recipe, Remember);
        Parts =
        [
            (TrainingPart, _data.Training),
            .. _data.Holdout is { } holdout ? new[] { (HoldoutPart, holdout) } : [],
            (TestPart, _data.Test),
        ];
    }

    /// <summary>Reads the data of a recipe as a run does, its noise included.</summary>
    /// <exception cref="InvalidInputException">They cannot be read.</exception>
    public static ExampleViewer Open(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        RunSession.Configure(recipe);
        return new ExampleViewer(recipe);
    }

    /// <summary>Name of the data set.</summary>
    public string Name => _data.Name;

    /// <summary>The data.</summary>
    internal ExperimentData Data => _data;

    /// <summary>Training set, holdout where there is one, and test set.</summary>
    internal IReadOnlyList<(string Name, LabeledDataset Data)> Parts { get; }

    /// <summary>The labels of a part as they were read, before others took their place, by id.</summary>
    internal IReadOnlyDictionary<long, long> StoredLabels(string part) => _storedLabels[part];

    /// <summary>The text of an example by the id that it was read with; null where examples are no texts.</summary>
    internal string? TextOf(string part, long id) =>
        _texts is not { } texts ? null : part == TestPart ? texts.OfTest(id) : texts.OfTraining(id);

    /// <summary>Where the data came from and what was made of them, in words.</summary>
    public string Source => _data.Source;

    /// <summary>What the user should know of the data: each a sentence or two.</summary>
    public IReadOnlyList<string> Notes => RunSession.Describe(_data).Notes;

    /// <summary>The examples with these ids, in that order; an id that both training set and test set have is two examples.</summary>
    /// <param name="ids">At least one id.</param>
    /// <param name="pictureFolder">Where a picture of each is written, as PART-ID.png; null for none.</param>
    /// <exception cref="InvalidInputException">An id is in no part, pictures are wanted of texts, or another file is where
    /// one goes; nothing was written.</exception>
    public IReadOnlyList<ShownExample> Show(IReadOnlyList<long> ids, string? pictureFolder)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (pictureFolder is not null && _data.Training.Normalization is null)
        {
            throw new InvalidInputException(
                $"Pictures are written of images, but the examples of {Name} are texts. Give no folder for pictures (--out).");
        }
        SpecialFile.Refuse(pictureFolder ?? "", "a folder");
        long[] distinct = [.. ids.Distinct()];
        RequireKnown(distinct);
        var shown = new List<ShownExample>();
        foreach (long id in distinct)
        {
            foreach ((string part, LabeledDataset data) in Parts)
            {
                if (RowOf(data, id) is { } row) { shown.Add(Show(part, data, row)); }
            }
        }
        return pictureFolder is null ? shown : WithPictures(shown, pictureFolder);
    }

    /// <summary>Writes a picture of each example, as PART-ID.png, and says where.</summary>
    /// <param name="shown">Examples of these data, which are images.</param>
    /// <param name="folder">Where to.</param>
    /// <exception cref="InvalidInputException">Another file is where one goes; nothing was written.</exception>
    internal IReadOnlyList<ShownExample> WithPictures(IReadOnlyList<ShownExample> shown, string folder)
    {
        (ShownExample Example, byte[] Png)[] pictures =
        [
            .. shown.Select(e => (
                e with { Picture = Path.Combine(folder, FormattableString.Invariant($"{e.Part}-{e.Id}.png")) },
                Draw(Parts.Single(part => part.Name == e.Part).Data, e.Id))),
        ];
        foreach ((ShownExample example, byte[] png) in pictures)
        {
            // Nothing says of a picture who wrote it; the same one again loses nothing.
            WrittenOver.Require(
                example.Picture!, "the picture", there => File.ReadAllBytes(there).AsSpan().SequenceEqual(png),
                "Give another --out, or move it away.");
        }
        foreach ((ShownExample example, byte[] png) in pictures) { AtomicFile.WriteAllBytes(example.Picture!, png); }
        return [.. pictures.Select(picture => picture.Example)];
    }

    /// <summary>The example in a row of a part, without a picture.</summary>
    internal ShownExample Show(string part, LabeledDataset data, long row)
    {
        using IDisposable scope = NewDisposeScope();
        long id = data.Ids[row].item<long>();
        Dictionary<long, long> stored = _storedLabels[part];
        // A copy has an id of its own, which no file knows: its original has the place and the label that was read.
        long readAs = stored.ContainsKey(id) ? id : data.Origins[row].item<long>();
        bool test = part == TestPart;
        ExamplePlace? place = test ? _data.Places?.OfTest(readAs) : _data.Places?.OfTraining(readAs);
        string? text = TextOf(part, readAs);
        bool corrupted = data.Flag(ExampleFlags.Corrupted)?[row].item<bool>() ?? false;
        return new ShownExample(id, part, NameOf(data.Labels[row].item<long>()), NameOf(stored[readAs]), corrupted,
            readAs == id ? null : readAs, place?.File, place?.Line, place?.Position, place?.Offset, place?.ToString() ?? "", text,
            Picture: null);
    }

    private static byte[] Draw(LabeledDataset data, long id)
    {
        using IDisposable scope = NewDisposeScope();
        return PngFile.Encode(data.Gather(tensor([id])).Inputs[0], data.Normalization!);
    }

    private static long? RowOf(LabeledDataset data, long id)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor rows = data.Ids.eq(Scalars.Of(id)).nonzero();
        return rows.shape[0] == 0 ? null : rows[0, 0].item<long>();
    }

    /// <summary>A label as a user reads it.</summary>
    internal string NameOf(long label) =>
        _data.Training.Classes == 0   // a sequence, whose labels are its tokens
            ? Counted.Of(label, _data.Objective is TokenCrossEntropy { TokensAreBytes: true } ? "byte" : "token")
        : _data.ClassNames.Count > 0 ? _data.ClassNames[(int)label] : label.ToString(CultureInfo.InvariantCulture);

    private void RequireKnown(long[] ids)
    {
        long[] unknown = [.. ids.Where(id => !Parts.Any(part => RowOf(part.Data, id) is not null))];
        if (unknown.Length == 0) { return; }
        long[] thinned = [.. unknown.Where(id => _storedLabels.Values.Any(labels => labels.ContainsKey(id)))];
        string ranges = string.Join(", ", Parts.Select(part => $"{part.Name} {RangeOf(part.Data)}"));
        throw new InvalidInputException($"{Name} has no example with id {string.Join(", ", unknown)} (ids: {ranges})."
            + (thinned.Length > 0 ? $" The files have {string.Join(", ", thinned)}, "
                + $"but data.long-tail or data.relevance-classes leave {Counted.Word(thinned.Length, "it", "them")} out." : "")
            + " Give ids of these data, or the recipe or run that the ids are of.");
    }

    private static string RangeOf(LabeledDataset data)
    {
        using IDisposable scope = NewDisposeScope();
        return string.Create(CultureInfo.InvariantCulture, $"{data.Ids.min().item<long>()} to {data.Ids.max().item<long>()}");
    }

    private void Remember(DatasetSplits splits)
    {
        _texts = splits.Texts;
        Remember(TrainingPart, splits.Training);
        Remember(HoldoutPart, splits.Holdout);
        Remember(TestPart, splits.Test);
    }

    private void Remember(string part, LabeledDataset? data)
    {
        if (data is null) { return; }
        using IDisposable scope = NewDisposeScope();
        _storedLabels[part] = data.Ids.cpu().data<long>().Zip(data.Labels.cpu().data<long>())
            .ToDictionary(pair => pair.First, pair => pair.Second);
    }

    /// <summary>Frees the data.</summary>
    public void Dispose() => _data.Dispose();
}
