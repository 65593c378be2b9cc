using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection.Scoring;

/// <summary>Scorers that run a model on all candidates: the target, a replica of it, a proxy.</summary>
[Collection(TakesTheProcess.Name)]
public sealed class ModelScorerTests
{
    private static readonly ComputeFormat BFloat16 = new() { Precision = Precision.BFloat16, ChannelsLast = true };

    [Theory]
    [InlineData(ScoringMode.Train)]
    [InlineData(ScoringMode.Eval)]
    public void The_target_scorer_is_a_plain_forward_pass_to_the_bit(ScoringMode mode)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(20);
        using var model = new SmallResidualNet(seed: 5);
        using var twin = new SmallResidualNet(seed: 5);
        model.train();
        twin.train(mode == ScoringMode.Train);
        using BatchSelector selector = Scores.ByLoss(new TargetScorer(model, mode), 4, 20);
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids));
        using (no_grad())
        {
            Toys.Bits(selected.Candidates.Logits!).ShouldBe(Toys.Bits(twin.forward(data.Gather(data.Ids).Inputs)));
        }
        selected.Candidates.Forwarded.ShouldBe(20);
        selected.Candidates.SpeaksForTarget.ShouldBeTrue();
        selected.Candidates.Logits!.requires_grad.ShouldBeFalse();
    }

    [Theory]
    [InlineData("replica", ScoringMode.Train)]
    [InlineData("replica", ScoringMode.Eval)]
    [InlineData("bf16 replica", ScoringMode.Train)]
    [InlineData("proxy", ScoringMode.Train)]
    [InlineData("proxy", ScoringMode.Eval)]
    public void Scoring_and_learning_leave_the_target_and_the_process_wide_stream_as_they_were(string name, ScoringMode mode)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using var target = new TracingNet(seed: 5);
        target.train();
        using var parameters = new FlatParameters(target);
        using Scorer scorer = name == "proxy"
            ? new ProxyScorer(new TracingNet(seed: 6), new ProxyOptions { Mode = mode })
            : new ReplicaScorer(parameters, new TracingNet(seed: 6), name == "replica" ? ComputeFormat.Default : BFloat16, mode);
        using BatchSelector selector = Scores.ByLoss(scorer, 4, 20);
        manual_seed(7);
        byte[] model = Toys.Bits(target), stream = Toys.Bits(random.get_rng_state());
        var logits = new List<byte[]>();
        for (int step = 0; step < 3; step++)
        {
            SelectedBatch selected = selector.Select(data, new LargeBatch(step + 1, data.Ids));
            logits.Add(Toys.Bits(selected.Candidates.Logits!));
            selector.Observe(selected.Batch, zeros(4, 3));
        }
        Toys.Bits(target).ShouldBe(model);
        Toys.Bits(random.get_rng_state()).ShouldBe(stream);
        target.training.ShouldBeTrue();
        foreach (TorchSharp.Modules.Parameter parameter in target.parameters())
        {
            (parameter.grad?.abs().sum().item<float>() ?? 0).ShouldBe(0);
        }
        if (mode == ScoringMode.Train) { logits[1].ShouldNotBe(logits[0], "dropout differs from step to step"); }
    }

    [Theory]
    [InlineData(ScoringMode.Train)]
    [InlineData(ScoringMode.Eval)]
    public void A_replica_in_float32_is_the_target_to_the_bit(ScoringMode mode)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(20);
        using var target = new SmallResidualNet(seed: 5);
        using (no_grad()) { target.forward(data.Gather(data.Ids).Inputs); }   // running statistics of their own
        using var parameters = new FlatParameters(target);
        using BatchSelector replica = Scores.ByLoss(
            new ReplicaScorer(parameters, new SmallResidualNet(seed: 6), ComputeFormat.Default, mode), 4, 20);
        using BatchSelector plain = Scores.ByLoss(new TargetScorer(target, mode), 4, 20);
        for (int step = 0; step < 3; step++)
        {
            SelectedBatch selected = replica.Select(data, new LargeBatch(1, data.Ids));
            Toys.Bits(selected.Candidates.Logits!).ShouldBe(Toys.Bits(plain.Select(data, new LargeBatch(1, data.Ids)).Candidates.Logits!));
            selected.Candidates.SpeaksForTarget.ShouldBeTrue();
            selected.Candidates.Forwarded.ShouldBe(20);
            Scores.Shift(target, 0.05f);   // the step, after which the replica is refreshed
            replica.Observe(selected.Batch, zeros(4, 3));
        }
    }

    [Fact]
    public void A_replica_is_stale_between_refreshes_and_refreshed_on_time()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using var target = new Mlp(8, [6], 3, seed: 5);
        using var parameters = new FlatParameters(target);
        using BatchSelector replica = Scores.ByLoss(
            new ReplicaScorer(parameters, new Mlp(8, [6], 3, seed: 6), ComputeFormat.Default, refreshEvery: 3), 4, 20);
        using BatchSelector plain = Scores.ByLoss(new TargetScorer(target), 4, 20);
        byte[] copied = [];
        for (int step = 1; step <= 7; step++)
        {
            byte[] now = Toys.Bits(plain.Select(data, new LargeBatch(1, data.Ids)).Candidates.Logits!);
            if (step is 1 or 4 or 7) { copied = now; }
            else { copied.ShouldNotBe(now); }
            SelectedBatch selected = replica.Select(data, new LargeBatch(1, data.Ids));
            Toys.Bits(selected.Candidates.Logits!).ShouldBe(copied, $"step {step}");
            Scores.Shift(target, 0.05f);
            replica.Observe(selected.Batch, zeros(4, 3));
        }
    }

    [Fact]
    public void Weights_loaded_after_a_replica_was_made_are_seen_by_its_first_selection()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using var target = new Mlp(8, [6], 3, seed: 5);
        using var parameters = new FlatParameters(target);
        using BatchSelector replica = Scores.ByLoss(
            new ReplicaScorer(parameters, new Mlp(8, [6], 3, seed: 6), ComputeFormat.Default, refreshEvery: 5), 4, 20);
        using BatchSelector plain = Scores.ByLoss(new TargetScorer(target), 4, 20);
        Scores.Shift(target, 0.1f);
        Toys.Bits(replica.Select(data, new LargeBatch(1, data.Ids)).Candidates.Logits!)
            .ShouldBe(Toys.Bits(plain.Select(data, new LargeBatch(1, data.Ids)).Candidates.Logits!));
    }

    [Fact]
    public void A_replica_in_bfloat16_ranks_candidates_as_the_target_does()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(200);
        using var target = new Mlp(8, [32], 3, seed: 5);
        using (var trainer = new Trainer(target, data, SelectionFunctions.Uniform, null, new TrainerOptions
        {
            BatchSize = 20,
            LargeBatchSize = 20,
            Optimizer = new AdamWOptions { LearningRate = 0.01 },
        }))
        {
            Toys.Record(trainer, 40)[^1].Loss.ShouldBeLessThan(0.5);   // trained: an untrained one has ln 3 = 1.1
        }
        using var parameters = new FlatParameters(target);
        using BatchSelector replica = Scores.ByLoss(new ReplicaScorer(parameters, new Mlp(8, [32], 3, seed: 6), BFloat16), 20, 200);
        using BatchSelector plain = Scores.ByLoss(new TargetScorer(target), 20, 200);
        double[] half = Examples.Values(replica.Select(data, new LargeBatch(1, data.Ids)).Candidates.Scores!);
        double[] full = Examples.Values(plain.Select(data, new LargeBatch(1, data.Ids)).Candidates.Scores!);
        half.ShouldNotBe(full, "it does compute in bfloat16");
        Scores.Spearman(half, full).ShouldBeGreaterThan(0.99);   // bfloat16 has 8 bits: relative errors of 2⁻⁹ move few ranks
    }

    [Fact]
    public void A_replica_of_another_architecture_is_refused_when_it_is_made()
    {
        using var check = new NoTensorLeaks();
        using var target = new Mlp(8, [6], 3, seed: 5);
        using var parameters = new FlatParameters(target);
        using var other = new Mlp(8, [7], 3, seed: 6);
        Should.Throw<ArgumentException>(() => new ReplicaScorer(parameters, other, ComputeFormat.Default)).Message
            .ShouldContain("must have the architecture of its source");
    }

    [Fact]
    public void A_proxy_learns_in_the_first_and_every_third_step_and_only_then()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        var proxy = new Mlp(8, [6], 3, seed: 6);
        using var scorer = new ProxyScorer(proxy, new ProxyOptions { TrainEvery = 3 });
        var learned = new List<int>();
        for (int step = 1; step <= 8; step++)
        {
            byte[] before = Toys.Bits(proxy);
            Scores.ObserveStep(scorer, data, 100, 107, 114, 121);
            if (!Toys.Bits(proxy).SequenceEqual(before)) { learned.Add(step); }
        }
        learned.ShouldBe([1, 4, 7]);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.3)]   // ⌈0.3 · 4⌉ = 2 as well
    public void A_proxy_learns_from_the_best_of_the_batch_alone(double share)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        Mlp some = new(8, [6], 3, seed: 6), all = new(8, [6], 3, seed: 6);
        using ProxyScorer ofSome = new(some, new ProxyOptions { TrainShare = share }), ofAll = new(all);
        Scores.ObserveStep(ofSome, data, 100, 107, 114, 121);
        Scores.ObserveStep(ofAll, data, 100, 107);
        Toys.Bits(some).ShouldBe(Toys.Bits(all));
    }

    [Fact]
    public void A_proxy_that_is_the_targets_twin_selects_what_the_target_would()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using Mlp first = new(8, [6], 3, seed: 5), second = new(8, [6], 3, seed: 5);
        var options = new TrainerOptions { BatchSize = 4, LargeBatchSize = 20, Seed = 3 };
        using var ofTarget = new Trainer(first, data, SelectionFunctions.TrainLoss, null, options);
        using var ofProxy = new Trainer(second, data, _ => Scores.ByLoss(new ProxyScorer(new Mlp(8, [6], 3, seed: 5)), 4, 20), options);
        Toys.Record(ofProxy, 12).ShouldBe(Toys.Record(ofTarget, 12));
        Toys.Bits(second).ShouldBe(Toys.Bits(first));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void A_proxy_sees_the_mean_of_each_square(int side)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(6);
        int small = 8 / side;
        var proxy = new Mlp(3 * small * small, [], 3, seed: 6);
        using BatchSelector selector = Scores.ByLoss(new ProxyScorer(proxy, new ProxyOptions { Downscale = side }), 2, 6);
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids));
        using (no_grad())
        {
            Tensor means = data.Gather(data.Ids).Inputs.reshape(6, 3, small, side, small, side).mean([3, 5]);
            Examples.Values(selected.Candidates.Logits!).ShouldBe(Examples.Values(proxy.forward(means)), tolerance: 1e-5);
        }
        selected.Inputs.shape.ShouldBe([2, 3, 8, 8], "the target trains on whole images");
        byte[] before = Toys.Bits(proxy);
        selector.Observe(selected.Batch, zeros(2, 3));
        Toys.Bits(proxy).ShouldNotBe(before);
    }

    [Fact]
    public void Options_of_a_proxy_out_of_range_are_refused_with_their_name()
    {
        using var check = new NoTensorLeaks();
        using var proxy = new Mlp(8, [6], 3, seed: 6);
        Should.Throw<ArgumentException>(() => new ProxyScorer(proxy, new ProxyOptions { Downscale = 3 })).Message
            .ShouldStartWith("ProxyOptions.Downscale must be 1, 2 or 4, but was 3.");
        Should.Throw<ArgumentException>(() => new ProxyScorer(proxy, new ProxyOptions { TrainShare = 0 })).Message
            .ShouldStartWith("ProxyOptions.TrainShare must be above 0 and at most 1, but was 0.");
        Should.Throw<ArgumentException>(() => new ProxyScorer(proxy, new ProxyOptions { TrainEvery = 0 }));
    }

    [Fact]
    public void Augmented_inputs_are_gathered_once_and_the_own_stream_does_not_reach_the_augmentation()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        var augmentation = new CountingAugmentation(seed: 1);
        using BatchSelector selector = Scores.ByLoss(new ProxyScorer(new Mlp(8, [6], 3, seed: 6)), 4, 20);
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids), augmentation);
        augmentation.Rows.ShouldBe([20L]);
        using (no_grad())
        {
            selected.Inputs.shape.ShouldBe([4, 8]);
        }
    }
}
