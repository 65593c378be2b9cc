using System.Security.Cryptography;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Logging;

/// <summary>Sums since the start of a run, from which a point is made: tell it of every step.</summary>
public sealed class RunTotals
{
    private const string Prefix = "totals.";
    private double _seconds, _selectionSeconds, _loss;
    private long _examplesTrained, _forwardPasses, _steps;
    private string _selected = "";

    /// <summary>Steps since the last point.</summary>
    private long _stepsOfLoss;

    /// <summary>Adds a step.</summary>
    public void Add(StepResult step)
    {
        ArgumentNullException.ThrowIfNull(step);
        _steps = step.Step;
        _seconds += step.TotalTime.TotalSeconds;
        _selectionSeconds += step.SelectionTime.TotalSeconds;
        _examplesTrained += step.Trained;
        _forwardPasses += step.Scored;
        _loss += step.Loss;
        _stepsOfLoss++;
    }

    /// <summary>
    /// Chains the ids of a step onto the hash, SHA-256(previous hash ‖ ids); where nobody tells of ids, points have no hash.
    /// </summary>
    /// <param name="ids">int64, shape [k], in the order in which they were trained on.</param>
    public void AddSelected(Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(_selected));
        hash.AppendData(ids.cpu().contiguous().bytes);
        _selected = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// The point after the last step. Its metrics are those of the evaluation (with the loss as <c>testLoss</c>), <c>trainLoss</c>, the
    /// mean loss of the steps since the point before, and <paramref name="more"/>.
    /// </summary>
    /// <param name="epoch">Number of the epoch or measurement, from 1.</param>
    /// <param name="test">The model on data that it is not trained on.</param>
    /// <param name="more">Further metrics, the shares of a <see cref="SelectionTracker"/> for example.</param>
    /// <exception cref="ArgumentException">A metric cannot be kept, see <see cref="MeasuredPoint"/>.</exception>
    public MeasuredPoint Measure(int epoch, Evaluation test, params IEnumerable<KeyValuePair<string, double?>> more)
    {
        ArgumentNullException.ThrowIfNull(test);
        var metrics = new OrderedDictionary<string, double?>(StringComparer.Ordinal);
        foreach ((string name, double? value) in test.Metrics) { metrics[NameInPoints(name)] = value; }
        metrics["trainLoss"] = _stepsOfLoss > 0 ? _loss / _stepsOfLoss : null;
        foreach ((string name, double? value) in more) { metrics[name] = value; }
        (_loss, _stepsOfLoss) = (0, 0);
        return new MeasuredPoint(_steps, epoch, _seconds, _selectionSeconds, _examplesTrained, _forwardPasses, metrics)
        {
            SelectedSha256 = _selected.Length > 0 ? _selected : null,
        };
    }

    private static string NameInPoints(string name) =>
        Metric.Standard.FirstOrDefault(metric => metric.Name == name)?.NameInPoints ?? name;

    /// <summary>Notes the sums in a checkpoint.</summary>
    public void Capture(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        checkpoint.Set(Prefix + "steps", _steps);
        checkpoint.Set(Prefix + "seconds", _seconds);
        checkpoint.Set(Prefix + "selection-seconds", _selectionSeconds);
        checkpoint.Set(Prefix + "examples-trained", _examplesTrained);
        checkpoint.Set(Prefix + "forward-passes", _forwardPasses);
        checkpoint.Set(Prefix + "loss", _loss);
        checkpoint.Set(Prefix + "steps-of-loss", _stepsOfLoss);
        checkpoint.Values[Prefix + "selected-sha256"] = _selected;
    }

    /// <summary>Continues from the sums of a checkpoint.</summary>
    /// <exception cref="InvalidInputException">It lacks one, or one is no number.</exception>
    public void Restore(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        string selected = checkpoint.Get(Prefix + "selected-sha256");
        if (selected.Length is not (0 or 64) || !selected.All(char.IsAsciiHexDigit))
        {
            throw new InvalidInputException(
                $"The checkpoint has the value '{Prefix}selected-sha256' = '{selected}', but it must be a SHA-256 in hexadecimal. "
                + "The file is damaged, or another tool wrote it; use another checkpoint.");
        }
        double Number(string name) => double.IsFinite(checkpoint.GetDouble(Prefix + name)) ? checkpoint.GetDouble(Prefix + name)
            : throw new InvalidInputException(
                $"The checkpoint has the value '{Prefix}{name}' = '{checkpoint.Get(Prefix + name)}', but it must be finite. "
                + "The file is damaged, or another tool wrote it; use another checkpoint.");
        (long steps, double seconds) = (checkpoint.GetLong(Prefix + "steps"), Number("seconds"));
        (double selection, double loss) = (Number("selection-seconds"), Number("loss"));
        (long trained, long passes) = (checkpoint.GetLong(Prefix + "examples-trained"), checkpoint.GetLong(Prefix + "forward-passes"));
        _stepsOfLoss = checkpoint.GetLong(Prefix + "steps-of-loss");
        (_steps, _seconds, _selectionSeconds, _loss) = (steps, seconds, selection, loss);
        (_examplesTrained, _forwardPasses, _selected) = (trained, passes, selected);
    }
}
