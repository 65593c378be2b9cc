using System.Globalization;
using System.Reflection;
using RhoLoss.Data;
using RhoLoss.Selection;

namespace RhoLoss.Training;

/// <summary>
/// What decides the steps of a trainer, as names and texts: a trainer that was set up otherwise would go on from a checkpoint with other
/// batches or other updates.
/// </summary>
internal sealed class SetUp
{
    private const string DataEntry = "trainer.data", PartsEntry = "trainer.batch-parts";
    private readonly LabeledDataset _data;
    private readonly List<(string Name, string Value)> _values;

    public SetUp(LabeledDataset data, TrainerOptions options, SelectionFunction? score)
    {
        _data = data;
        _values =
        [
            ("trainer.seed", Text(options.Seed)),
            ("trainer.batch-size", Text(options.BatchSize)),
            ("trainer.examples", Text(data.Count)),
            ("trainer.objective", options.Objective.GetType().Name),
            ("trainer.optimizer", Text(options.Optimizer)),
            ("trainer.accumulated-steps", Text(options.AccumulatedSteps)),
            (PartsEntry, Text(options.BatchParts)),
            ("trainer.clip-gradient-norm", options.ClipGradientNorm is { } norm ? Text(norm) : "none"),
        ];
        if (score is null) { return; }
        _values.Add(("trainer.large-batch-size", Text(options.LargeBatchSize)));
        _values.Add(("trainer.drawing", Text(options.Selection.Drawing)));
        // A lambda has no name of its own: the compiler's changes with the code around it.
        string function = score.Method.Name;
        if (!function.Contains('<', StringComparison.Ordinal)) { _values.Add(("trainer.selection-function", function)); }
    }

    /// <summary>Adds the values to a checkpoint.</summary>
    public void Capture(Checkpoint checkpoint)
    {
        foreach ((string name, string value) in All) { checkpoint.Values[name] = value; }
    }

    /// <summary>Refuses the checkpoint of a trainer that was set up otherwise.</summary>
    /// <exception cref="InvalidInputException">The message names what differs first.</exception>
    public void Require(Checkpoint checkpoint)
    {
        foreach ((string name, string value) in All)
        {
            // Before there were parts a batch was one.
            bool mayBeAbsent = name == DataEntry || (name == PartsEntry && value == "1");
            if (!mayBeAbsent || checkpoint.Values.ContainsKey(name)) { checkpoint.RequireSame(name, value); }
        }
    }

    /// <summary>The data too, unless that would read every file of a streamed set only for this.</summary>
    private IEnumerable<(string Name, string Value)> All =>
        _data.IsStreamed && !_data.HasFingerprint ? _values : _values.Append((DataEntry, _data.Fingerprint.Value));

    /// <summary>A record by the names of its settings, alike in every culture.</summary>
    private static string Text(object value) => value is IConvertible
        ? Convert.ToString(value, CultureInfo.InvariantCulture)!
        : value.GetType().Name + "(" + string.Join(", ", value.GetType()
            .GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => $"{p.Name}={Convert.ToString(p.GetValue(value), CultureInfo.InvariantCulture)}")) + ")";
}
