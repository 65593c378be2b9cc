using RhoLoss.Experiments.Benchmarking;
using RhoLoss.Tests.Support;

namespace RhoLoss.Experiments.Tests.Benchmarking;

public sealed class BenchmarkTests
{
    private static readonly string[] Scorers = ["target", "replica", "proxy", "last-seen", "cascade", "plan"];

    [Fact]
    public void A_round_with_a_small_network_measures_everything_and_leaves_no_tensor()
    {
        var progress = new List<string>();
        using (var check = new NoTensorLeaks())
        {
            BenchmarkReport r = Benchmark.Run(
                new BenchmarkOptions { Model = "mlp", Rounds = 1, Threads = 1, TrainingStepsBeforeRanking = 32 },
                progress.Add,
                CancellationToken.None);

            (r.Model, r.Threads, r.Batch, r.LargeBatch, r.Rounds).ShouldBe(("mlp", 1, 32, 320, 1));
            r.Scorers.Select(s => (s.StepPrecision, s.Name))
                .ShouldBe([.. Scorers.Select(s => ("float32", s)), .. Scorers.Select(s => ("bfloat16", s))]);
            r.Scorers.ShouldAllBe(
                s => s.StepCost > 0 && s.StepCostMin <= s.StepCost && s.StepCost <= s.StepCostMax && s.StepCostByModel >= 1);
            // A difference of two times of one round: on a busy machine it may have any sign.
            r.Scorers.ShouldAllBe(s => double.IsFinite(s.ScoreSeconds));
            r.Scorers.Where(s => s.Name == "target")
                .ShouldAllBe(s => s.Rho == 1 && s.PeakFraction > 0 && s.Precision == s.StepPrecision);
            // 320 candidates; a quarter of 32 for last-seen and four tenths of 320 for the cascade, by their definition; none for a plan.
            r.Scorers.Take(6).Select(s => s.Scored).ShouldBe([320, 320, 320, 8, 128, 0]);
            r.Scorers.Where(s => s.Name is "last-seen" or "plan").ShouldAllBe(s => s.PeakFraction == null);
            r.Scorers.Where(s => s.Name == "plan").ShouldAllBe(s => s.Rho == 0 && s.StepCostWithPlan > s.StepCost);
            r.Scorers.Where(s => s.Name == "replica").ShouldAllBe(s => s.Precision == "bfloat16");
            foreach (ByPrecision both in (ByPrecision[])[r.UniformStepSeconds, r.MatmulPeakGflops, r.ForwardShares])
            {
                both.Float32.ShouldBeGreaterThan(0);
                both.Bfloat16.ShouldBeGreaterThan(0);
            }
            r.ForwardShare.ShouldBeOneOf(r.ForwardShares.Float32, r.ForwardShares.Bfloat16);
            r.OptimizerStep.FlatSeconds.ShouldBeGreaterThan(0);
            r.OptimizerStep.TorchSharpSeconds.ShouldBeGreaterThan(0);
            r.AuthorsOrder.OverTarget.ShouldBeGreaterThan(0);
            r.AuthorsOrder.OverReplica.ShouldBeGreaterThan(0);
            r.ReplicaSpeedup.ShouldBeGreaterThan(0);
            r.ReplicaSpeedupOverTarget.ShouldBeGreaterThan(0);
            r.ProxyBfloat16Speedup.ShouldBeGreaterThan(0);
            r.ProcessorShare.ShouldBeGreaterThan(0);
            r.ReplicaSpearman.ShouldBeInRange(0.95, 1);   // bfloat16 keeps 8 bits: neighbours change places, the order stays
            r.MultiplyAddsPerExample.ShouldBe(784 * 512 + 512 * 512 + 512 * 512 + 512 * 10);
            Scorers.Append("uniform").ShouldContain(r.Recommended);
        }
        progress.ShouldBe(["ranking by the replica", "warming up", "round 1 of 1"]);
    }

    [Fact]
    public void The_scorers_of_one_precision_are_measured_where_only_that_is_asked_for()
    {
        BenchmarkReport r = Benchmark.Run(
            new BenchmarkOptions
            {
                Model = "mlp",
                Rounds = 1,
                Threads = 1,
                Batch = 4,
                LargeBatch = 8,
                TrainingStepsBeforeRanking = 1,
                Precisions = [Optimization.Precision.BFloat16],
            },
            _ => { },
            CancellationToken.None);

        r.Scorers.Select(s => s.StepPrecision).Distinct().ShouldBe(["bfloat16"]);
        r.StepPrecision.ShouldBe("bfloat16");
        r.AuthorsOrder.OverTarget.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void It_stops_when_it_is_told_to()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<OperationCanceledException>(
            () => Benchmark.Run(new BenchmarkOptions { Model = "mlp", Threads = 1 }, _ => { }, new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData(
        "resnet81",
        320,
        "There is no model 'resnet81' to measure. Known are resnet18, mlp, small-cnn, resnet-18, resnet-34, resnet-50, vgg11-bn, "
        + "densenet-121, googlenet, mobilenet-v2, inception-v3, resnet-18-224, resnet-50-224, mobilenet-v2-224; the nearest is resnet18.")]
    [InlineData("mlp", 16, "--large-batch must be at least --batch (32), but was 16.")]
    public void What_cannot_be_measured_is_refused(string model, int largeBatch, string message)
    {
        Should.Throw<InvalidInputException>(
            () => Benchmark.Run(new BenchmarkOptions { Model = model, LargeBatch = largeBatch }, _ => { }, CancellationToken.None)).Message
            .ShouldBe(message);
    }
}
