using System.Globalization;
using RhoLoss.Serialization;

namespace RhoLoss.Training;

/// <summary>
/// The checkpoints of one run in a folder, one file a step number: keeps the newest and the best, and finds the newest that is whole.
/// </summary>
/// <example>
/// <code>
/// var store = new CheckpointStore("run/checkpoints", keepLast: 2, keepBest: 1);
/// store.Save(trainer.Capture(), trainer.StepsTaken, Evaluator.Evaluate(trainer.Model, test).Accuracy);
/// trainer.Restore(store.LoadNewest());
/// </code>
/// </example>
public sealed class CheckpointStore
{
    private const string ScoreKey = "score";
    private readonly string _folder;
    private readonly int _keepLast;
    private readonly int _keepBest;

    /// <summary>Uses a folder, which need not exist yet.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="keepLast">How many of the newest to keep; at least 1. Two survive a damaged newest one.</param>
    /// <param name="keepBest">How many of those with the highest score to keep besides.</param>
    public CheckpointStore(string folder, int keepLast = 2, int keepBest = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(keepLast, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(keepBest);
        _folder = folder;
        _keepLast = keepLast;
        _keepBest = keepBest;
    }

    /// <summary>
    /// Writes the checkpoint of a step, then deletes those that are neither new nor good enough, but never the one just written.
    /// </summary>
    /// <param name="checkpoint">What to write.</param>
    /// <param name="step">Steps taken so far.</param>
    /// <param name="score">What "best" means, higher is better (test accuracy); null when there is none for this step.</param>
    public string Save(Checkpoint checkpoint, long step, double? score)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (score is { } s) { checkpoint.Set(ScoreKey, s); } else { checkpoint.Values.Remove(ScoreKey); }
        string path = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"step-{step:D9}.safetensors"));
        checkpoint.Save(path);
        Prune(path);
        return path;
    }

    /// <summary>Paths of all checkpoints, newest first.</summary>
    public IReadOnlyList<string> Newest() => Directory.Exists(_folder)
        ? [.. Directory.EnumerateFiles(_folder, "step-*.safetensors").OrderByDescending(Path.GetFileName, StringComparer.Ordinal)]
        : [];

    /// <summary>Path of the checkpoint with the highest score, the later one of equals; null when none has a score.</summary>
    public string? Best() => BestFirst().FirstOrDefault();

    /// <summary>Loads the newest checkpoint that is whole. The caller's dispose scope owns its tensors.</summary>
    /// <param name="onDamaged">Told of each newer one that is not, with the reason.</param>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public Checkpoint LoadNewest(Action<string>? onDamaged = null)
    {
        foreach (string path in Newest())
        {
            try
            {
                return Checkpoint.Load(path);
            }
            catch (InvalidInputException e)
            {
                onDamaged?.Invoke($"{e.Message} Falling back to the checkpoint before it.");
            }
        }
        throw new InvalidInputException(
            $"There is no usable checkpoint in {_folder}. Delete the damaged ones there to start again from the beginning.");
    }

    private IEnumerable<string> BestFirst() => Newest()
        .Select(path => (path, score: ScoreOf(path))).Where(c => c.score is not null)
        .OrderByDescending(c => c.score).Select(c => c.path);

    private void Prune(string written)
    {
        // The written one is not the newest when the run was resumed from before checkpoints that turned out to be damaged.
        var kept = Newest().Take(_keepLast).Concat(BestFirst().Take(_keepBest)).Append(written).ToHashSet(StringComparer.Ordinal);
        foreach (string path in Newest().Where(p => !kept.Contains(p))) { File.Delete(path); }
        // What a process that was killed while it wrote left under a temporary name; a folder has one writer.
        foreach (string path in Directory.EnumerateFiles(_folder, ".step-*.safetensors.*.tmp")) { File.Delete(path); }
    }

    private static double? ScoreOf(string path)
    {
        try
        {
            return SafetensorsFile.ReadMetadata(path).TryGetValue(ScoreKey, out string? text)
                && double.TryParse(text, CultureInfo.InvariantCulture, out double score)
                    ? score
                    : null;
        }
        catch (InvalidInputException)
        {
            return null;   // damaged: not the best, and kept only while it is among the newest
        }
    }
}
