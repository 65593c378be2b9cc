using System.Globalization;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Which examples to train on in each step, decided beforehand by a small model that was trained in the same order of large batches.
/// The target then needs no scoring at all. One plan serves any number of targets on the same data and order, such as a sweep.
/// </summary>
public sealed class SelectionPlan : IDisposable
{
    private const string Format = "rholoss-selection-plan/1";
    private readonly Tensor _ids;      // int64 [Σ k], step after step
    private readonly long[] _starts;   // [T + 1], where the ids of each step begin

    private SelectionPlan(Tensor ids, long[] counts, PlanKey key, string source, double seconds)
    {
        _ids = ids.DetachFromDisposeScope();
        _starts = new long[counts.Length + 1];
        for (int t = 0; t < counts.Length; t++) { _starts[t + 1] = _starts[t] + counts[t]; }
        Key = key;
        Source = source;
        Seconds = seconds;
    }

    /// <summary>What the plan belongs to.</summary>
    public PlanKey Key { get; }

    /// <summary>Who chose, in words: <c>rho-loss by mlp-64</c>.</summary>
    public string Source { get; }

    /// <summary>Wall-clock seconds it took to make.</summary>
    public double Seconds { get; }

    /// <summary>Number of steps T.</summary>
    public int Steps => _starts.Length - 1;

    /// <summary>Makes a plan from the ids chosen in each step (int64, shape [k]; copied).</summary>
    public static SelectionPlan Of(IReadOnlyList<Tensor> idsByStep, PlanKey key, string source, double seconds)
    {
        ArgumentNullException.ThrowIfNull(idsByStep);
        if (idsByStep.Count == 0) { throw new ArgumentException("A plan must have at least one step, but has none.", nameof(idsByStep)); }
        using IDisposable scope = NewDisposeScope();
        return new SelectionPlan(cat([.. idsByStep]).cpu(), [.. idsByStep.Select(ids => ids.shape[0])], key, source, seconds);
    }

    /// <summary>Ids of one step, from 0: int64, shape [k]. The caller's dispose scope owns it.</summary>
    public Tensor IdsOf(int step)
    {
        if (step < 0 || step >= Steps)
        {
            throw new InvalidInputException(
                $"The selection plan has {Counted.Of(Steps, "step")}, but step {step + 1} was asked for. "
                + "Make a longer plan, or train for fewer steps.");
        }
        return _ids.slice(0, _starts[step], _starts[step + 1], 1);
    }

    /// <summary>Writes the plan atomically as a safetensors file.</summary>
    public void Save(string path)
    {
        using IDisposable scope = NewDisposeScope();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = Format,
            ["source"] = Source,
            ["seconds"] = Seconds.ToString("R", CultureInfo.InvariantCulture),
        };
        foreach ((string name, string value) in Key.Parts()) { metadata[name] = value; }
        SafetensorsFile.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["id"] = _ids,
            ["count"] = tensor(_starts.Zip(_starts.Skip(1), (from, to) => to - from).ToArray()),
        }, metadata);
    }

    /// <summary>Reads a file that <see cref="Save"/> wrote and makes sure that it belongs to <paramref name="key"/>.</summary>
    /// <exception cref="InvalidInputException">
    /// No such file, a damaged one, or a plan for something else: the message says what differs.
    /// </exception>
    public static SelectionPlan Load(string path, PlanKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!File.Exists(path))
        {
            throw new InvalidInputException($"There is no selection plan {path}. Make one with Of, and write it with Save.");
        }
        using IDisposable scope = NewDisposeScope();
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(path, requireChecksum: true);
        if (metadata.GetValueOrDefault("format") != Format)
        {
            throw new InvalidInputException(
                $"{path} is not a selection plan: its format is '{metadata.GetValueOrDefault("format")}', but '{Format}' is needed.");
        }
        foreach ((string name, string value) in key.Parts())
        {
            if (name == PlanKey.SettingsPart && !metadata.ContainsKey(name)) { continue; }   // nobody said
            if ((metadata.GetValueOrDefault(name) ?? PlanKey.None) is var before && before != value)
            {
                throw new InvalidInputException(
                    $"{path} was planned for another run: {PlanKey.Describe(name)} was {before}, now it is {value}. "
                    + "Plan again, or restore what changed.");
            }
        }
        Tensor Column(string name) => tensors.GetValueOrDefault(name) is { } column
            && column.dtype == ScalarType.Int64 && column.dim() == 1
            ? column
            : throw Incomplete(path, $"'{name}' must be int64 on one axis");
        Tensor ids = Column("id");
        long[] counts = [.. Column("count").data<long>()];
        RequireCounts(path, counts, ids.numel());
        if (!metadata.TryGetValue("source", out string? source) ||
            !double.TryParse(metadata.GetValueOrDefault("seconds"), NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds))
        {
            throw Incomplete(path, "its metadata must have a 'source' and a number of 'seconds'");
        }
        return new SelectionPlan(ids, counts, key, source, seconds);
    }

    private static void RequireCounts(string path, long[] counts, long ids)
    {
        long left = ids;   // counted down, because the sum of what a damaged file says may overflow
        foreach (long count in counts)
        {
            if (count < 0 || count > left) { throw Incomplete(path, "the counts must add up to the ids"); }
            left -= count;
        }
        if (left != 0 || counts.Length == 0) { throw Incomplete(path, "the counts must add up to the ids"); }
    }

    private static InvalidInputException Incomplete(string path, string why) =>
        new($"{path} is not a complete selection plan: {why}. Make the plan again.");

    /// <summary>Frees the tensors.</summary>
    public void Dispose() => _ids.Dispose();
}

/// <summary>Everything that decides the large batches a plan chose from; a plan is only valid for the same.</summary>
/// <param name="Data">Fingerprint of the training set: ids, inputs and labels with their noise.</param>
/// <param name="OrderSeed">Seed of the order of examples.</param>
/// <param name="AugmentationSeed">Seed of the augmentation; null for none.</param>
/// <param name="BatchSize">n_b.</param>
/// <param name="LargeBatchSize">n_B.</param>
/// <param name="IrreducibleLosses">
/// Hash of the irreducible losses that the plan chose by (<see cref="Selection.IrreducibleLosses.ContentHash"/>), which names
/// their holdout too; null for none.
/// </param>
/// <param name="Settings">
/// Whatever else decided the choice, in words of who makes the plan: the method and the small model; null where nobody says, and then not
/// compared.
/// </param>
public sealed record PlanKey(
    string Data, long OrderSeed, long? AugmentationSeed, int BatchSize, int LargeBatchSize,
    string? IrreducibleLosses = null, string? Settings = null)
{
    internal const string SettingsPart = "settings";

    /// <summary>What stands for a part that a plan does not have, in plans of before there was such a part too.</summary>
    internal const string None = "none";

    internal IEnumerable<(string Name, string Value)> Parts() =>
    [
        ("data", Data),
        ("order-seed", OrderSeed.ToString(CultureInfo.InvariantCulture)),
        ("augmentation-seed", AugmentationSeed?.ToString(CultureInfo.InvariantCulture) ?? None),
        ("batch-size", BatchSize.ToString(CultureInfo.InvariantCulture)),
        ("large-batch-size", LargeBatchSize.ToString(CultureInfo.InvariantCulture)),
        ("irreducible-losses", IrreducibleLosses ?? None),
        .. Settings is null ? [] : ((string, string)[])[(SettingsPart, Settings)],
    ];

    internal static string Describe(string name) => name switch
    {
        "data" => "the fingerprint of the data (inputs, labels, noise, split)",
        "order-seed" => "the seed of the order of examples",
        "augmentation-seed" => "the seed of the augmentation",
        "batch-size" => "the batch size n_b",
        "irreducible-losses" => "the hash of the irreducible losses",
        SettingsPart => "what chose",
        _ => "the large batch size n_B",
    };
}
