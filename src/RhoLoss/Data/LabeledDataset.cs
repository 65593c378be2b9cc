using RhoLoss.Accelerators;
using RhoLoss.Native;
using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// Labelled examples as tensors, or decoded on the way (<see cref="Streamed"/>): D, D_ho or a test set. Each example has a stable id that
/// survives subsetting, shuffling and relabelling. Bytes stay bytes until they are gathered.
/// </summary>
public sealed class LabeledDataset : IDisposable
{
    private const string Name = "The data set";   // in messages
    private readonly IInputSource _inputs;
    private readonly SequenceInputs? _sequences;   // where inputs and labels both come from one sequence of tokens
    private readonly Tensor _labels;
    private readonly Tensor _ids;
    private readonly Tensor? _origins;
    private readonly ExampleIndex _index;
    private readonly FlagColumns _flags;
    private DatasetFingerprint? _fingerprint;
    private LargestLabel? _largestLabel;

    /// <summary>Takes ownership of the tensors.</summary>
    /// <param name="inputs">
    /// Shape [N, …]; float32 as the model reads it, or uint8 with a <paramref name="normalization"/> for [N, channels, height, width], or
    /// int32 or int64 token ids [N, length] with <paramref name="tokens"/>.
    /// </param>
    /// <param name="labels">int64, shape [N], each in 0..<paramref name="classes"/>-1.</param>
    /// <param name="classes">Number of classes C.</param>
    /// <param name="ids">Stable example ids, int64, shape [N], unique; 0..N-1 when absent.</param>
    /// <param name="normalization">How bytes become floats; required for uint8 inputs, not allowed for float32.</param>
    /// <param name="origins">For each example the id of the one it is a copy of, int64, shape [N]; its own id when absent.</param>
    /// <param name="tokens">What token ids mean; required for whole-number inputs, not allowed for others.</param>
    /// <exception cref="ArgumentException">Shapes, types or label range break a rule above.</exception>
    public LabeledDataset(
        Tensor inputs, Tensor labels, int classes, Tensor? ids = null, Normalization? normalization = null, Tensor? origins = null,
        TokenVocabulary? tokens = null)
        : this(new TensorInputs(inputs), labels, AtLeastOne(classes), ids, normalization, origins, tokens) { }

    /// <summary>
    /// Examples whose labels are no classes, but what an <see cref="Objective"/> other than cross-entropy compares outputs with: numbers of
    /// a regression, several labels an example, one label a token. What needs classes (a balanced split, label noise) refuses them.
    /// </summary>
    /// <param name="inputs">As in the constructor.</param>
    /// <param name="labels">float32 or int64, shape [N, …]; owned from now on.</param>
    /// <param name="ids">As in the constructor.</param>
    /// <param name="normalization">As in the constructor.</param>
    /// <param name="tokens">As in the constructor.</param>
    /// <exception cref="ArgumentException">Shapes or types break a rule.</exception>
    public static LabeledDataset WithTargets(
        Tensor inputs, Tensor labels, Tensor? ids = null, Normalization? normalization = null, TokenVocabulary? tokens = null) =>
        new(new TensorInputs(inputs), labels, classes: 0, ids, normalization, origins: null, tokens);

    /// <summary>
    /// What a language model trains on: each token of a sequence is to be predicted from those before it. A batch has the tokens as labels,
    /// int64 [n, T], with <see cref="TokenCrossEntropy.Ignored"/> behind the last one, and as inputs the same moved on by one, the start
    /// token in front; the objective is <see cref="TokenCrossEntropy"/>. Nothing of the sequences is kept in memory.
    /// </summary>
    /// <param name="sequences">Row i is example i.</param>
    /// <param name="ids">As in the constructor.</param>
    /// <exception cref="InvalidInputException">A sequence is empty or too long.</exception>
    public static LabeledDataset OfSequences(ITokenSequences sequences, Tensor? ids = null)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        using IDisposable scope = NewDisposeScope();
        return new(
            new SequenceInputs(sequences), SequenceInputs.LengthsOf(sequences), classes: 0, ids, normalization: null, origins: null,
            sequences.Vocabulary);
    }

    /// <summary>The same, of inputs from any source, owned from now on.</summary>
    internal LabeledDataset(
        IInputSource inputs, Tensor labels, int classes, Tensor? ids, Normalization? normalization, Tensor? origins,
        TokenVocabulary? tokens)
    {
        LabeledDatasetRules.Require(inputs, labels, classes, ids, normalization, origins, tokens);
        using IDisposable scope = NewDisposeScope();
        ids ??= Scalars.Range(inputs.Count, int64, labels.device);
        _index = new ExampleIndex(ids);
        _ids = ids.DetachFromDisposeScope();   // only now: what is refused stays with the caller
        _inputs = inputs;
        _inputs.Detach();
        _sequences = inputs.Sequences;
        _labels = LargePages.Held(labels).DetachFromDisposeScope();
        _origins = origins?.DetachFromDisposeScope();
        _flags = new FlagColumns(Count);
        Classes = classes;
        Normalization = normalization;
        Tokens = tokens;
    }

    /// <summary>Examples from anything that can be enumerated: rows of a table, lines of a file, what a query gives. Read once.</summary>
    /// <param name="rows">Each becomes an example, with ids 0, 1, … in their order.</param>
    /// <param name="input">The numbers of a row's input, as many as <paramref name="shape"/> says.</param>
    /// <param name="label">A row's class, in 0..<paramref name="classes"/>-1.</param>
    /// <param name="classes">Number of classes C.</param>
    /// <param name="shape">Shape of one input: [features], or [channels, height, width].</param>
    /// <exception cref="ArgumentException">
    /// A row has another number of inputs, or a label is out of range; the message names the row.
    /// </exception>
    /// <example>
    /// <code>
    /// using LabeledDataset flowers = LabeledDataset.FromRows(
    ///     File.ReadLines("iris.csv").Skip(1).Select(line => line.Split(',')),
    ///     input: row => [.. row[..4].Select(float.Parse)], label: row => int.Parse(row[4]), classes: 3, shape: [4]);
    /// </code>
    /// </example>
    public static LabeledDataset FromRows<TRow>(
        IEnumerable<TRow> rows, Func<TRow, float[]> input, Func<TRow, long> label, int classes, params long[] shape)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = RowReader.Read(rows, input, label, classes, shape);
        return new LabeledDataset(inputs, labels, classes);
    }

    /// <summary>Number of examples N.</summary>
    public int Count => (int)_labels.shape[0];

    /// <summary>Number of classes C; 0 where labels are no classes (<see cref="WithTargets"/>).</summary>
    public int Classes { get; }

    /// <summary>How stored bytes become floats; absent when the inputs are stored as floats.</summary>
    public Normalization? Normalization { get; }

    /// <summary>What the inputs mean where they are token ids; absent for numbers.</summary>
    public TokenVocabulary? Tokens { get; }

    /// <summary>Bytes of the text that sequences of tokens stand for; null where that is not known, and for other inputs.</summary>
    public long? TextBytes => _inputs.TextBytes;

    /// <summary>Shape of one input, without the example axis.</summary>
    public IReadOnlyList<long> InputShape => CropSize == 0 ? _inputs.Shape : [_inputs.Shape[0], CropSize, CropSize];

    /// <summary>Stable ids in row order, int64, shape [N]. Owned by the data set.</summary>
    public Tensor Ids => _ids;

    /// <summary>
    /// Id of the example that each row is a copy of, in row order, int64, shape [N]: equal to <see cref="Ids"/> unless
    /// <see cref="Repeat"/> made copies or the set has them, as AmbiguousMNIST has several labels of one image. Owned by the data set.
    /// </summary>
    public Tensor Origins => _origins ?? _ids;

    /// <summary>
    /// Labels in row order, int64, shape [N]; those of <see cref="WithTargets"/> as given, and in their place the number of tokens of each
    /// of the <see cref="OfSequences"/>, whose labels are read with them. Owned by the data set.
    /// </summary>
    public Tensor Labels => _labels;

    /// <summary>Stored inputs in row order, before augmentation and normalisation, shape [N, …]. Owned by the data set.</summary>
    /// <exception cref="InvalidOperationException">The inputs are streamed; <see cref="Gather(Tensor)"/> some of them.</exception>
    public Tensor StoredInputs => _inputs.Stored
        ?? throw new InvalidOperationException(
            "The inputs of this data set are streamed, so there is no tensor of all of them. Gather the ids that you need.");

    /// <summary>Whether inputs are decoded when they are gathered.</summary>
    public bool IsStreamed => _inputs.Stored is null;

    /// <summary>
    /// Side of the centre crop, in pixels, that <see cref="Gather(Tensor)"/> takes of images that augmentation has not cropped already; 0:
    /// none. Images may so be stored larger than the model reads them (resize 256, crop 224).
    /// </summary>
    public int CropSize { get; init; }

    /// <summary>
    /// Seconds that <see cref="Gather(Tensor)"/> has waited for inputs to be decoded; 0 in memory. What is made of this
    /// set (a subset, other labels) counts for itself.
    /// </summary>
    public double DataWaitSeconds => _inputs.WaitSeconds;

    /// <summary>Where the inputs are.</summary>
    internal IInputSource Source => _inputs;

    /// <summary>A data set whose images are decoded by worker threads, ahead of the training loop, and need not fit into memory.</summary>
    /// <param name="decoder">Row i is the example of label i.</param>
    /// <param name="options">Threads and memory.</param>
    /// <param name="labels">int64, shape [N]; owned from now on.</param>
    /// <param name="classes">Number of classes C.</param>
    /// <param name="normalization">How bytes become floats.</param>
    /// <param name="ids">As in the constructor.</param>
    /// <param name="cropSize">See <see cref="CropSize"/>.</param>
    public static LabeledDataset Streamed(
        IInputDecoder decoder, StreamOptions options, Tensor labels, int classes, Normalization normalization, Tensor? ids = null,
        int cropSize = 0)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return new(
            new StreamedInputs(decoder, options, labels.shape[0]), labels, AtLeastOne(classes), ids, normalization, origins: null,
            tokens: null)
        {
            CropSize = cropSize,
        };
    }

    /// <summary>Content hash over inputs and labels in id order; computed once.</summary>
    public DatasetFingerprint Fingerprint => _fingerprint ??= DatasetFingerprint.Of(this);

    /// <summary>Whether <see cref="Fingerprint"/> is known already; that of streamed inputs reads every file.</summary>
    internal bool HasFingerprint => _fingerprint is not null;

    /// <summary>The examples with these ids (int64, shape [n]), normalised, in that order; token ids as int64 [n, length].</summary>
    /// <exception cref="InvalidInputException">An id is not in the data set.</exception>
    public Batch Gather(Tensor ids) => Gather(ids, inputs => inputs);

    /// <summary>The candidates of a step as <see cref="Gather(Tensor)"/> gathers them, augmented if asked.</summary>
    /// <exception cref="InvalidInputException">An id is not in the data set.</exception>
    public Batch Gather(LargeBatch largeBatch, Augmentation? augmentation = null)
    {
        ArgumentNullException.ThrowIfNull(largeBatch);
        largeBatch.RequireWeights();
        Batch batch = augmentation is null
            ? Gather(largeBatch.Ids, inputs => inputs, largeBatch.Rows)
            : Gather(largeBatch.Ids, inputs => augmentation.Apply(inputs, largeBatch.Ids, largeBatch.Step), largeBatch.Rows);
        return batch with { Step = largeBatch.Step, Weights = largeBatch.Weights };
    }

    private Batch Gather(Tensor ids, Func<Tensor, Tensor> augment, FoundRows? found = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = _index.RowsOf(ids, found, Name);
        Tensor stored = _inputs.Gather(rows);
        Tensor inputs = augment(_sequences?.Before(stored) ?? stored);
        if (CropSize > 0) { inputs = CentreCrop.Apply(inputs, CropSize); }
        if (Normalization is not null) { inputs = Normalization.Apply(inputs); }
        if (Tokens is not null) { inputs = inputs.to(int64); }
        (Tensor gathered, Tensor labels) = scope.MoveToOuter(inputs, _sequences is null ? _labels.index_select(0, rows) : stored);
        if (!Transfer.IsOn(ids, _ids.device)) { ids = scope.MoveToOuter(Transfer.To(ids, _ids.device)); }
        return new Batch(ids, gathered, labels) { KnownLargestLabel = Classes == 0 ? null : LargestLabel, Source = this, Rows = found };
    }

    /// <summary>
    /// Says which ids (int64, shape [n]) are gathered next, so that streamed inputs are decoded meanwhile. Takes the place of what was said
    /// before, and changes no batch: leave it out, or be wrong, and only time is lost.
    /// </summary>
    /// <exception cref="InvalidInputException">An id is not in the data set.</exception>
    public void Prefetch(Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (!IsStreamed) { return; }
        using IDisposable scope = NewDisposeScope();
        _inputs.Prefetch(RowsOf(ids));
    }

    /// <summary>Labels of these ids, shape [n, …]; no input is touched but those of sequences, which are their labels.</summary>
    /// <exception cref="InvalidInputException">An id is not in the data set.</exception>
    public Tensor LabelsOf(Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return LabelsOf(ids, found: null);
    }

    /// <summary>Labels of candidates; the same.</summary>
    internal Tensor LabelsOf(LargeBatch candidates) => LabelsOf(candidates.Ids, candidates.Rows);

    private Tensor LabelsOf(Tensor ids, FoundRows? found)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = _index.RowsOf(ids, found, Name);
        return scope.MoveToOuter(_sequences is null ? _labels.index_select(0, rows) : _inputs.Gather(rows));
    }

    /// <summary>A new data set of these examples (int64, shape [n]) with the same ids, origins and flags.</summary>
    public LabeledDataset Subset(Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        using IDisposable scope = NewDisposeScope();
        Tensor rows = RowsOf(ids);
        return Derive(_inputs.Subset(rows), _labels.index_select(0, rows), ids.clone(), column => column.index_select(0, rows));
    }

    /// <summary>
    /// The same examples, origins and flags with other labels (shape [N, …], row order); the inputs are shared, not copied.
    /// </summary>
    /// <exception cref="InvalidOperationException">The labels are tokens of sequences, which cannot be others.</exception>
    public LabeledDataset WithLabels(Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        using IDisposable scope = NewDisposeScope();
        if (_sequences is not null && !(labels.numel() == Count && labels.eq(_labels).all().item<bool>()))
        {
            throw new InvalidOperationException("The labels of sequences are their tokens, and cannot be replaced.");
        }
        return Derive(_inputs.Share(), labels, _ids.alias(), column => column.alias());
    }

    /// <summary>
    /// Every example <paramref name="copies"/> times (paper, App. C). Copy 0 keeps its id; copy k ≥ 1 of row r has id
    /// first + (k − 1)·N + r. All keep input, label, flags and, in <see cref="Origins"/>, the id of the original. Rows are whole copies of
    /// the set one after another.
    /// </summary>
    /// <param name="copies">At least 1; 1 changes nothing. The inputs are stored so many times.</param>
    /// <param name="firstNewId">
    /// "first" above: larger than every id. When absent, the largest plus 1; give a larger one where ids must not meet those of another
    /// set, such as the holdout.
    /// </param>
    /// <remarks>
    /// Put label noise in before: then all copies share the label, wrong or not, as duplicates on the web do. The other way round each
    /// copy would get a label of its own, and a model that has seen the others could tell the wrong one.
    /// </remarks>
    public LabeledDataset Repeat(int copies, long? firstNewId = null) => Duplication.Repeat(this, copies, firstNewId);

    /// <summary>
    /// The examples of this set and, behind them, those of another of the same kind, with their ids, origins and flags. A flag that only
    /// one of them has is false for the examples of the other. Inputs in memory are copied, others are shared.
    /// </summary>
    /// <param name="other">Of the same classes and inputs, and of other ids. Not owned.</param>
    /// <exception cref="ArgumentException">They are of different kinds, or an id is in both.</exception>
    public LabeledDataset Concat(LabeledDataset other) => Joining.Concat(this, other);

    /// <summary>A copy of the data set on another device, so that a batch is one index operation there.</summary>
    public LabeledDataset To(Device device)
    {
        using IDisposable scope = NewDisposeScope();
        return Derive(
            _inputs.To(device), _labels.to(device, copy: true), _ids.to(device, copy: true), column => column.to(device, copy: true));
    }

    /// <summary>A set of the same classes and meaning with other rows.</summary>
    /// <param name="inputs">Inputs of its rows.</param>
    /// <param name="labels">Labels of its rows.</param>
    /// <param name="ids">Ids of its rows.</param>
    /// <param name="rows">Takes its rows from a column of this set: from origins and flags.</param>
    /// <param name="origins">Origins of its rows; null: those of this set.</param>
    internal LabeledDataset Derive(
        IInputSource inputs, Tensor labels, Tensor ids, Func<Tensor, Tensor> rows, Tensor? origins = null)
    {
        origins ??= _origins is null ? null : rows(_origins);
        var derived = new LabeledDataset(inputs, labels, Classes, ids, Normalization, origins, Tokens) { CropSize = CropSize };
        foreach (string name in _flags.Names) { derived.SetFlag(name, rows(_flags.Of(name)!)); }
        return derived;
    }

    /// <summary>
    /// Marks examples, for tracking only: bool, shape [N], row order. Names are those of <see cref="ExampleFlags"/> or the user's own.
    /// </summary>
    public void SetFlag(string name, Tensor flag) => _flags.Set(name, flag);

    /// <summary>The flag of that name in row order, bool, shape [N], or null. Owned by the data set.</summary>
    public Tensor? Flag(string name) => _flags.Of(name);

    /// <summary>Names of the flags that are set, in no particular order.</summary>
    public IReadOnlyCollection<string> FlagNames => _flags.Names;

    /// <summary>The flag of these ids, bool, shape [n], or null when the data set has no flag of that name.</summary>
    public Tensor? FlagOf(string name, Tensor ids)
    {
        if (_flags.Of(name) is not { } flag) { return null; }
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(flag.index_select(0, RowsOf(ids)));
    }

    /// <summary>The largest label there is; looked up once.</summary>
    internal LargestLabel LargestLabel => _largestLabel ??= LargestLabel.Of(_labels, _ids);

    /// <summary>Finds rows by ids; what keeps a column beside the data takes a share of it.</summary>
    internal ExampleIndex Index => _index;

    /// <summary>Rows of these ids, int64, shape [n].</summary>
    internal Tensor RowsOf(Tensor ids) => _index.RowsOf(ids, Name);

    /// <summary>Number of examples of each class, length C.</summary>
    /// <exception cref="InvalidOperationException">Labels are no classes.</exception>
    public long[] CountByClass()
    {
        RequireClasses("Counting by class");
        using IDisposable scope = NewDisposeScope();
        return [.. _labels.bincount(null, Classes).cpu().data<long>()];
    }

    /// <summary>Refuses what needs classes where labels are none.</summary>
    /// <param name="what">What needs them, for the message.</param>
    internal void RequireClasses(string what)
    {
        if (Classes > 0) { return; }
        throw new InvalidOperationException($"{what} needs a class for each example, but the labels of this data set are no classes.");
    }

    private static int AtLeastOne(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        return classes;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        _inputs.Dispose();
        _labels.Dispose();
        _ids.Dispose();
        _origins?.Dispose();
        _index.Dispose();
        _flags.Dispose();
    }
}
