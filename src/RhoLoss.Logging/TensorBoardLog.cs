namespace RhoLoss.Logging;

/// <summary>
/// Measured points as TensorBoard's scalars: a folder for each run, in it one event file for each time it was started. A group of metrics
/// is a group of charts.
/// </summary>
public sealed class TensorBoardLog : IRunLog
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private Arm? _arm;
    private TensorBoardFile? _file;

    /// <summary>Writes below a folder; nothing is made before there is something to write.</summary>
    /// <param name="folder">Where the folders of the runs go; made if absent.</param>
    /// <param name="time">Clock of the events; null is the system's.</param>
    public TensorBoardLog(string folder, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        (_folder, _time) = (folder, time ?? TimeProvider.System);
    }

    /// <summary>
    /// Appends the metrics of a point. A run that starts, or continues, gets a file that begins with its next step: TensorBoard drops
    /// what earlier files hold from there on, so nothing has to be cut.
    /// </summary>
    /// <exception cref="InvalidInputException">No file can be made there.</exception>
    /// <exception cref="IOException">The machine fails, a full disk for example.</exception>
    public void Write(RunEvent e)
    {
        switch (e)
        {
            case RunEvent.Started s:
                Open(s.Arm, s.StepsTaken + 1);
                break;
            case RunEvent.Measured m:
                if (_file is null || _arm != m.Arm) { Open(m.Arm, m.Point.Step); }
                _file!.Add(m.Point.Step, m.Point.Metrics.Select(metric => (metric.Key.Replace('.', '/'), metric.Value)));
                break;
            default:
                break;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file?.Dispose();

    private void Open(Arm arm, long firstStep)
    {
        _file?.Dispose();
        _file = null;
        _file = new TensorBoardFile(Path.Combine(_folder, arm.Title), firstStep, _time);
        _arm = arm;
    }
}
