using static TorchSharp.torch;

namespace RhoLoss.Accelerators;

/// <summary>
/// Clocks for work on a device. A CUDA device is told what to do and does it later: a clock that is read without waiting for it bills the
/// work to whoever waits next.
/// </summary>
internal static class DeviceClock
{
    /// <summary>
    /// For a CUDA device a clock whose <see cref="TimeProvider.GetTimestamp"/> waits until the device has done all that it was told; for
    /// the processor, which is done when a call returns, the clock itself.
    /// </summary>
    /// <param name="device">What computes.</param>
    /// <param name="clock">What time it is; null for the system's.</param>
    public static TimeProvider For(Device device, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        clock ??= TimeProvider.System;
        return device.type == DeviceType.CUDA ? new Waiting(clock, () => cuda.synchronize(device)) : clock;
    }

    /// <summary>A clock that calls <paramref name="wait"/> before it is read.</summary>
    internal sealed class Waiting(TimeProvider clock, Action wait) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override long GetTimestamp()
        {
            wait();
            return clock.GetTimestamp();
        }

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }
}
