namespace RhoLoss.Training;

/// <summary>How long a step takes, and its selection.</summary>
/// <param name="clock">Its clock.</param>
internal sealed class StepWatch(TimeProvider clock)
{
    private readonly long _started = clock.GetTimestamp();

    /// <summary>Time until <see cref="Selected"/>.</summary>
    public TimeSpan Selection { get; private set; }

    /// <summary>Time since the step began.</summary>
    public TimeSpan Elapsed => clock.GetElapsedTime(_started);

    /// <summary>The batch is chosen.</summary>
    public void Selected() => Selection = Elapsed;
}
