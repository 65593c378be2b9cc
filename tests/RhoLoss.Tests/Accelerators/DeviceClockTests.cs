using RhoLoss.Accelerators;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Accelerators;

public sealed class DeviceClockTests
{
    [Fact]
    public void The_clock_of_a_device_waits_for_it_before_it_is_read()
    {
        var time = new ManualTime();
        var clock = new DeviceClock.Waiting(time, () => time.Pass(seconds: 2));   // the device has two seconds of work each time
        long started = clock.GetTimestamp();
        clock.GetElapsedTime(started).ShouldBe(TimeSpan.FromSeconds(2));
        clock.GetElapsedTime(started).ShouldBe(TimeSpan.FromSeconds(4));
        clock.TimestampFrequency.ShouldBe(time.TimestampFrequency);
    }

    [Fact]
    public void The_clock_of_the_processor_is_the_clock_itself()
    {
        var time = new ManualTime();
        DeviceClock.For(CPU, time).ShouldBeSameAs(time);
        DeviceClock.For(CPU).ShouldBeSameAs(TimeProvider.System);
    }
}
