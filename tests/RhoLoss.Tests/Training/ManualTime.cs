namespace RhoLoss.Tests.Training;

/// <summary>A clock that moves when told.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => _ticks;

    public void Pass(double seconds) => _ticks += (long)Math.Round(seconds * TimestampFrequency);
}
