using RhoLoss.Data;
using RhoLoss.Experiments.Approximations;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class ApproximationLadderTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    // 210 training points in large batches of 50: four whole ones.
    private static readonly LadderOptions Small = new()
    {
        Model = new Architecture("mlp", [8]),
        SmallModel = new Architecture("mlp", [4]),
        LargeBatchSize = 50,
        EnsembleSize = 2,
        ConvergenceEpochs = 2,
        BatchSize = 20,
        HoldoutEpochs = 2,
        Seed = 3,
    };

    [Fact]
    public void Every_approximation_is_compared_in_every_time_step_and_a_seed_repeats_itself()
    {
        using var check = new NoTensorLeaks();
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        LadderResult first = ApproximationLadder.Run(data, Small);
        LadderResult second = ApproximationLadder.Run(data, Small);
        LadderResult other = ApproximationLadder.Run(data, Small with { Seed = 4 });

        first.Rungs.Select(r => r.Name).ShouldBe(["1a", "1b", "2", "3"]);
        first.Rungs.ShouldAllBe(r => r.CorrelationByStep.Count == 4 && r.CorrelationByStep.All(c => c >= -1 && c <= 1));
        second.Rungs.SelectMany(r => r.CorrelationByStep).ShouldBe(first.Rungs.SelectMany(r => r.CorrelationByStep));
        other.Rungs.SelectMany(r => r.CorrelationByStep).ShouldNotBe(first.Rungs.SelectMany(r => r.CorrelationByStep));
    }

    // With one network in the "ensemble", Approximation 1a is Approximation 0 but for the order in which it is trained to convergence;
    // before the first training they are the same, to the bit.
    [Fact]
    public void An_ensemble_of_one_is_the_single_network()
    {
        using var check = new NoTensorLeaks();
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        LadderResult result = ApproximationLadder.Run(data, Small with { EnsembleSize = 1, TimeSteps = 1 });

        result.Rungs[0].CorrelationByStep.ShouldBe([1.0], tolerance: 1e-12);
        result.Rungs[1].CorrelationByStep.ShouldBe([1.0], tolerance: 1e-12);
        result.Rungs[2].CorrelationByStep.ShouldBe([1.0], tolerance: 1e-12);
        result.Rungs[3].CorrelationByStep[0].ShouldBeLessThan(1);
    }

    [Fact]
    public void It_stops_when_it_is_told_to()
    {
        using var check = new NoTensorLeaks();
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(
            () => ApproximationLadder.Run(data, Small, (step, _) => { if (step == 2) { stop.Cancel(); } }, stop.Token));
    }

    [Fact]
    public void It_leaves_nothing_behind_when_it_is_stopped_while_the_first_models_are_trained()
    {
        using var check = new NoTensorLeaks();
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Should.Throw<OperationCanceledException>(() => ApproximationLadder.Run(data, Small, cancellation: stop.Token));
    }

    [Fact]
    public void Without_a_holdout_it_is_refused()
    {
        using var check = new NoTensorLeaks();
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe("data.holdout-fraction=0", "irreducible-loss.cross-fit=true"));
        Should.Throw<InvalidInputException>(() => ApproximationLadder.Run(data, Small)).Message.ShouldContain("data.holdout-fraction is 0");
    }

    // Two members with logits (0, 0) and (ln 3, 0): p of class 0 is ½ and ¾, their mean ⅝.
    [Fact]
    public void An_ensembles_loss_is_that_of_the_mean_probability()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = new(zeros(2, 1), tensor([0L, 1L]), classes: 2);
        using var ensemble = new Ensemble([Constant(0), Constant(MathF.Log(3))], data, new AdamWOptions());

        ensemble.Losses(data.Gather(data.Ids)).data<float>().ToArray().ShouldBe([MathF.Log(8f / 5), MathF.Log(8f / 3)], tolerance: 1e-6);

        static nn.Module<Tensor, Tensor> Constant(float first)
        {
            TorchSharp.Modules.Linear linear = nn.Linear(1, 2);
            using (no_grad()) { linear.bias!.copy_(tensor([first, 0f])); }
            return linear;
        }
    }

    [Fact]
    public void A_pool_holds_the_holdout_and_what_was_acquired()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = new(full([3, 1], 7f), zeros(3, dtype: int64), classes: 2, ids: tensor([10L, 11L, 12L]));
        using LabeledDataset training = new(arange(4, float32).reshape(4, 1), ones(4, dtype: int64), classes: 2);
        using var data = new LadderData(holdout, training);
        using Generator generator = Seeding.Stream(1, 1);
        long[] ids = [.. data.TrainingIds.data<long>()];
        var pool = new TrainingPool(data.HoldoutIds, [ids[2], ids[0]]);

        float[][] inputs = [.. pool.Shuffled(2, generator).Select(batch =>
        {
            using Tensor owned = batch;
            using IDisposable scope = NewDisposeScope();
            return data.All.Gather(batch).Inputs.data<float>().ToArray();
        })];

        inputs.SelectMany(batch => batch).ShouldBe([7f, 7f, 7f, 2f, 0f], ignoreOrder: true);
        inputs.ShouldAllBe(batch => batch.SkipWhile(x => x == 7f).All(x => x != 7f), "the holdout's come first");
        inputs.Select(batch => batch.Length).ShouldBe([2, 2, 1]);
    }

    // A step of AdamW moves each parameter by its learning rate at first: m/√v is the sign of the gradient (Kingma and Ba, Algorithm 1).
    [Fact]
    public void A_clone_steps_with_its_share_of_the_learning_rate()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = new(ones(2, 1), tensor([0L, 1L]), classes: 2);
        using var ensemble = new Ensemble(
            [nn.Linear(1, 2)], data, new AdamWOptions { LearningRate = 0.1, WeightDecay = 0 });
        TorchSharp.Modules.Linear copied = nn.Linear(1, 2);
        using Ensemble clone = ensemble.CloneFirst(1, _ => copied, learningRateFactor: 0.01);
        using IDisposable scope = NewDisposeScope();
        Tensor before = copied.bias!.detach().clone(), ids = tensor([1L]);

        clone.Step(ids);

        float[] moved = [.. (copied.bias!.detach() - before).data<float>()];
        moved.ShouldBe([-0.001f, 0.001f], tolerance: 1e-6, "towards class 1, the label of the example");
    }

    public void Dispose() => _tiny.Dispose();
}
