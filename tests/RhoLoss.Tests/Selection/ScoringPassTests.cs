using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

[Collection(TakesTheProcess.Name)]
public sealed class ScoringPassTests
{
    private static readonly float[,] Rows = { { 1, 10, 0 }, { 3, 10, 0 }, { 5, 40, 0 }, { 7, 40, 9 } };

    private static Sequential Norm() => nn.Sequential(("norm", nn.BatchNorm1d(3)));

    private static Batch Large() => new(tensor([1L, 2L, 3L, 4L]), tensor(Rows), tensor([0L, 1L, 2L, 0L]));

    private static BatchSelector Selector(nn.Module<Tensor, Tensor> model, ScoringMode mode, RunningStatistics statistics) =>
        new(model, SelectionFunctions.TrainLoss, null, 2, new BatchSelectorOptions
        {
            LargeBatchSize = 4,
            Mode = mode,
            RunningStatistics = statistics,
        });

    private static Dictionary<string, byte[]> Bytes(nn.Module model) =>
        model.state_dict().ToDictionary(s => s.Key, s => s.Value.bytes.ToArray());

    private static void ShouldHaveTheSameBytes(Dictionary<string, byte[]> actual, Dictionary<string, byte[]> expected)
    {
        actual.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach ((string name, byte[] bytes) in expected) { actual[name].ShouldBe(bytes, name); }
    }

    [Theory]
    [InlineData(RunningStatistics.Preserve)]
    [InlineData(RunningStatistics.Update)]
    public void In_train_mode_the_statistics_are_those_of_the_large_batch(RunningStatistics statistics)
    {
        using var check = new NoTensorLeaks();
        using Sequential model = Norm();
        using BatchSelector selector = Selector(model, ScoringMode.Train, statistics);
        // Column 0: mean 4, variance (9 + 1 + 1 + 9)/4 = 5. Column 1: mean 25,
        // variance 225. Column 2: mean 9/4, variance 3·81/16. ε = 1e-5.
        double[] mean = [4, 25, 2.25], deviation = [Math.Sqrt(5 + 1e-5), Math.Sqrt(225 + 1e-5), Math.Sqrt(243 / 16.0 + 1e-5)];
        double[] expected = [.. Rows.Cast<float>().Select((x, i) => (x - mean[i % 3]) / deviation[i % 3])];
        Examples.Values(selector.Select(Large()).Candidates.Logits!).ShouldBe(expected, tolerance: 1e-6);
    }

    [Fact]
    public void A_buffer_that_a_layer_of_a_users_own_moves_is_as_before_too()
    {
        using var check = new NoTensorLeaks();
        using var model = new Centred();
        Dictionary<string, byte[]> before = Bytes(model);
        using BatchSelector preserving = Selector(model, ScoringMode.Train, RunningStatistics.Preserve);
        preserving.Select(Large());
        ShouldHaveTheSameBytes(Bytes(model), before);
        using BatchSelector updating = Selector(model, ScoringMode.Train, RunningStatistics.Update);
        updating.Select(Large());
        Bytes(model)["mean"].ShouldNotBe(before["mean"]);
    }

    [Fact]
    public void In_eval_mode_the_statistics_are_the_running_ones_and_stay()
    {
        using var check = new NoTensorLeaks();
        using Sequential model = Norm();
        Dictionary<string, byte[]> before = Bytes(model);
        using BatchSelector selector = Selector(model, ScoringMode.Eval, RunningStatistics.Update);
        // A fresh layer has running mean 0 and variance 1: x / √(1 + 1e-5).
        double[] expected = [.. Rows.Cast<float>().Select(x => x / Math.Sqrt(1 + 1e-5))];
        Examples.Values(selector.Select(Large()).Candidates.Logits!).ShouldBe(expected, tolerance: 1e-5);
        ShouldHaveTheSameBytes(Bytes(model), before);
        model.training.ShouldBeTrue();
    }

    [Fact]
    public void Preserve_leaves_every_byte_of_parameters_and_buffers()
    {
        using var check = new NoTensorLeaks();
        using Sequential model = Norm();
        model.forward(Large().Inputs * 2);   // statistics that are not the initial ones
        Dictionary<string, byte[]> before = Bytes(model);
        before.Keys.ShouldContain("norm.num_batches_tracked");
        before.Keys.ShouldContain("norm.running_var");
        using BatchSelector selector = Selector(model, ScoringMode.Train, RunningStatistics.Preserve);
        for (int i = 0; i < 3; i++) { selector.Select(Large()); }
        ShouldHaveTheSameBytes(Bytes(model), before);
        model.forward(Large().Inputs * 3);   // training moves them on, and the next scoring preserves the moved ones
        Dictionary<string, byte[]> moved = Bytes(model);
        moved["norm.running_mean"].ShouldNotBe(before["norm.running_mean"]);
        selector.Select(Large());
        ShouldHaveTheSameBytes(Bytes(model), moved);
    }

    [Fact]
    public void Preserve_reaches_layers_at_any_depth_and_a_model_that_is_a_layer_itself()
    {
        using var check = new NoTensorLeaks();
        using Sequential deep = nn.Sequential(("a", Norm()), ("b", nn.Sequential(("c", Norm()))));
        using BatchNorm1d alone = nn.BatchNorm1d(3);
        foreach (nn.Module<Tensor, Tensor> model in new nn.Module<Tensor, Tensor>[] { deep, alone })
        {
            Dictionary<string, byte[]> before = Bytes(model);
            using BatchSelector selector = Selector(model, ScoringMode.Train, RunningStatistics.Preserve);
            selector.Select(Large());
            ShouldHaveTheSameBytes(Bytes(model), before);
        }
    }

    [Fact]
    public void Update_moves_the_running_statistics_exactly_as_one_more_forward_pass()
    {
        using var check = new NoTensorLeaks();
        using Sequential scored = Norm(), forwarded = Norm();
        using BatchSelector selector = Selector(scored, ScoringMode.Train, RunningStatistics.Update);
        selector.Select(Large());
        forwarded.forward(Large().Inputs);
        ShouldHaveTheSameBytes(Bytes(scored), Bytes(forwarded));
        // Momentum 0.1: 0.9 · 0 + 0.1 · mean (4, 25, 2.25); one batch tracked.
        Examples.Values(scored.state_dict()["norm.running_mean"]).ShouldBe([0.4, 2.5, 0.225], tolerance: 1e-6);
        scored.state_dict()["norm.num_batches_tracked"].item<long>().ShouldBe(1);
    }

    [Theory]
    [InlineData(ScoringMode.Train, true)]
    [InlineData(ScoringMode.Train, false)]
    [InlineData(ScoringMode.Eval, true)]
    [InlineData(ScoringMode.Eval, false)]
    public void The_mode_of_the_model_is_as_before_also_when_it_throws(ScoringMode mode, bool training)
    {
        using var check = new NoTensorLeaks();
        using Sequential model = Norm();
        using var broken = new BrokenModel();
        model.train(training);
        broken.train(training);
        Dictionary<string, byte[]> before = Bytes(broken);
        using BatchSelector selector = Selector(model, mode, RunningStatistics.Preserve);
        using BatchSelector failing = Selector(broken, mode, RunningStatistics.Preserve);
        selector.Select(Large());
        Should.Throw<NotSupportedException>(() => failing.Select(Large())).Message.ShouldBe("broken on purpose");
        model.training.ShouldBe(training);
        broken.training.ShouldBe(training);
        broken.named_modules().ShouldAllBe(m => m.module.training == training);
        ShouldHaveTheSameBytes(Bytes(broken), before);
    }

    [Fact]
    public void A_layer_that_the_user_froze_in_eval_mode_stays_frozen()
    {
        using var check = new NoTensorLeaks();
        using BatchNorm1d frozen = nn.BatchNorm1d(3), free = nn.BatchNorm1d(3);
        using Sequential model = nn.Sequential(("frozen", frozen), ("free", free));
        model.train();
        frozen.eval();
        using BatchSelector selector = Selector(model, ScoringMode.Eval, RunningStatistics.Preserve);
        selector.Select(Large());
        model.training.ShouldBeTrue();
        free.training.ShouldBeTrue();
        frozen.training.ShouldBeFalse();
    }

    [Fact]
    public void Dropout_is_active_in_train_mode_and_off_in_eval_mode()
    {
        using var check = new NoTensorLeaks();
        using Sequential model = nn.Sequential(("dropout", nn.Dropout(0.5)));
        var batch = new Batch(arange(50, dtype: int64), ones(50, 4), zeros(50, dtype: int64));
        using BatchSelector train = Selector(model, ScoringMode.Train, RunningStatistics.Preserve);
        using BatchSelector eval = Selector(model, ScoringMode.Eval, RunningStatistics.Preserve);
        double[] dropped = Examples.Values(train.Select(batch).Candidates.Logits!);
        dropped.ShouldContain(0);   // 200 numbers that are all kept have probability 2^-200
        dropped.ShouldContain(2);   // what is kept is doubled
        Examples.Values(eval.Select(batch).Candidates.Logits!).ShouldAllBe(v => v == 1);
    }

    [Fact]
    public void Scoring_creates_no_gradient_and_leaves_the_parameters()
    {
        using var check = new NoTensorLeaks();
        using Linear model = nn.Linear(3, 3);
        Dictionary<string, byte[]> before = Bytes(model);
        using var selector = new BatchSelector(model, SelectionFunctions.GradientNorm, null, 2,
            new BatchSelectorOptions { LargeBatchSize = 4 });
        SelectedBatch selected = selector.Select(Large());
        selected.Candidates.Logits!.requires_grad.ShouldBeFalse();
        selected.Candidates.Scores!.requires_grad.ShouldBeFalse();
        selected.Inputs.requires_grad.ShouldBeFalse();
        model.weight.grad.ShouldBeNull();
        ShouldHaveTheSameBytes(Bytes(model), before);
        is_grad_enabled().ShouldBeTrue();
        model.forward(selected.Inputs).requires_grad.ShouldBeTrue();   // and training afterwards has one
    }

    /// <summary>Takes a moving mean of its inputs from them.</summary>
    private sealed class Centred : nn.Module<Tensor, Tensor>
    {
        private readonly Tensor _mean = zeros(3);

        public Centred() : base(nameof(Centred))
        {
            register_buffer("mean", _mean);
        }

        public override Tensor forward(Tensor input)
        {
            if (training) { _mean.lerp_(input.mean([0]), 0.1); }
            return input - _mean;
        }
    }
}
