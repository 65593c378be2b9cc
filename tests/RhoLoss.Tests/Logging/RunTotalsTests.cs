using System.Security.Cryptography;
using RhoLoss.Logging;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Logging;

public sealed class RunTotalsTests
{
    private static readonly Evaluation Test = new(new Dictionary<string, double?> { ["accuracy"] = 0.5, ["loss"] = 2 }, 10);

    [Fact]
    public void A_point_has_the_sums_so_far_and_the_mean_loss_since_the_point_before()
    {
        var totals = new RunTotals();
        totals.Add(Step(1, loss: 1));
        totals.Add(Step(2, loss: 2));
        totals.Measure(1, Test).Metrics.ShouldBe(
            new Dictionary<string, double?> { ["accuracy"] = 0.5, ["testLoss"] = 2, ["trainLoss"] = 1.5 });
        totals.Add(Step(3, loss: 7));
        MeasuredPoint point = totals.Measure(2, Test, new SelectionShares(12, null, null, 0.25).Metrics);

        (point.Step, point.Epoch, point.ExamplesTrained, point.ForwardPasses).ShouldBe((3, 2, 12, 120));
        (point.Seconds, point.SelectionSeconds).ShouldBe((6, 3));
        point.Metric("trainLoss").ShouldBe(7);
        point.Metrics["selected.selected"].ShouldBe(12);
        point.Metrics["selected.corrupted"].ShouldBeNull();
        point.SelectedSha256.ShouldBeNull("nobody told of ids");
    }

    [Fact]
    public void What_a_checkpoint_remembers_goes_on_as_if_nothing_had_happened()
    {
        using var check = new NoTensorLeaks();
        using IDisposable scope = NewDisposeScope();
        var whole = new RunTotals();
        whole.Add(Step(1, loss: 1));
        whole.AddSelected(tensor([7L, 100L]));
        var checkpoint = new Checkpoint();
        whole.Capture(checkpoint);
        var resumed = new RunTotals();
        resumed.Restore(checkpoint);
        foreach (RunTotals totals in new[] { whole, resumed })
        {
            totals.Add(Step(2, loss: 4));
            totals.AddSelected(tensor([9L]));
        }
        MeasuredPoint expected = whole.Measure(1, Test), point = resumed.Measure(1, Test);

        (point with { Metrics = expected.Metrics }).ShouldBe(expected);
        point.Metrics.ShouldBe(expected.Metrics);
        // SHA-256(SHA-256(ids of the first step) ‖ ids of the second), as little-endian int64.
        byte[] first = SHA256.HashData([.. BitConverter.GetBytes(7L), .. BitConverter.GetBytes(100L)]);
        point.SelectedSha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData([.. first, .. BitConverter.GetBytes(9L)])));
    }

    private static StepResult Step(long step, double loss) =>
        new(step, loss, Candidates: 40, Scored: 40, Trained: 4, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), EpochEnded: false);
}
