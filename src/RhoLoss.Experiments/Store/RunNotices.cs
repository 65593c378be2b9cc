using RhoLoss.Logging;

namespace RhoLoss.Experiments.Store;

/// <summary>
/// What a user should know of a run's data, weights, settings and machine: <c>notices.json</c>, sentences, each once
/// however often the run is continued. They are not in the metrics file, which is cut back to a checkpoint.
/// </summary>
internal sealed class RunNotices
{
    private readonly string _path;
    private readonly List<string> _texts;
    private bool _writes;

    /// <summary>The notices of the run in a folder.</summary>
    /// <exception cref="InvalidInputException">The file is damaged.</exception>
    public RunNotices(RunFolder folder)
    {
        _path = folder.NoticesPath;
        _texts = File.Exists(_path) ? [.. RunJson.Read<KeptNotices>(_path).Notices] : [];
    }

    /// <summary>Begins a new run's with what is known before it runs; what a start that was killed left behind goes.</summary>
    public static void Start(RunFolder folder, IReadOnlyList<string> texts)
    {
        File.Delete(folder.NoticesPath);
        var notices = new RunNotices(folder);
        notices.Add(texts);
        notices.StartWriting();
    }

    /// <summary>Refuses a folder whose file of that name a run did not write: to start a run there would remove it.</summary>
    /// <exception cref="InvalidInputException">Another file is there.</exception>
    public static void RequireOwn(RunFolder folder) => WrittenOver.Require(
        folder.NoticesPath, "the notices of a run", path => RunJson.Read<KeptNotices>(path) is not null,
        "Give another --out.");

    /// <summary>Adds sentences, those that are there already aside.</summary>
    public void Add(IEnumerable<string> texts)
    {
        int before = _texts.Count;
        _texts.AddRange(texts.Distinct(StringComparer.Ordinal).Except(_texts, StringComparer.Ordinal));
        if (_writes && _texts.Count > before) { Write(); }
    }

    /// <summary>Keeps what is added from now on, and what was added before: nothing is written for a run that is refused.</summary>
    public void StartWriting()
    {
        _writes = true;
        if (_texts.Count > 0) { Write(); }
    }

    /// <summary>Passes events on and adds what they say.</summary>
    public Action<RunEvent> Keeping(Action<RunEvent> report) => e =>
    {
        Add(e.Notes);
        report(e);
    };

    private void Write() =>
        RunJson.Save(new KeptNotices(_texts), _path);
}

/// <summary>The content of <c>notices.json</c>.</summary>
/// <param name="Notices">Sentences, in the order in which they were said.</param>
internal sealed record KeptNotices(IReadOnlyList<string> Notices);
