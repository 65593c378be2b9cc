using RhoLoss.Logging;

namespace RhoLoss.Tests.Logging;

/// <summary>Points with numbers that are easy to tell apart.</summary>
internal static class Points
{
    public static readonly Arm Arm = new("rho-loss", 3);

    public static MeasuredPoint At(long step, params (string Name, double? Value)[] metrics) =>
        new(step, (int)(step / 10), 1.5, 0.5, 20, 200, metrics.ToDictionary(m => m.Name, m => m.Value));

    public static RunEvent Event(long step, params (string Name, double? Value)[] metrics) =>
        new RunEvent.Measured(Arm, At(step, metrics));
}
