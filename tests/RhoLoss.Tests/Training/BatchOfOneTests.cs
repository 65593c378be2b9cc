using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>
/// The last batch of an epoch can be one example, which LibTorch's BatchNorm refuses: "Expected more than 1 value per channel".
/// </summary>
public sealed class BatchOfOneTests
{
    private const int Four = 4;   // n_B = n_b: of 4 m + 1 examples the last batch has one
    private static readonly TrainerOptions Fours = new() { BatchSize = Four, LargeBatchSize = Four };

    [Fact]
    public void A_trainer_takes_a_step_on_the_last_example_by_running_statistics_and_leaves_them_alone()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(2 * Four + 1);
        using var model = new NormalizedNet(seed: 1);
        using var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, Fours);
        trainer.Step();
        trainer.Step();
        (byte[] statistics, byte[] parameters) = (model.RunningBits(), Toys.ParameterBits(model));
        using var before = new NormalizedNet(seed: 1);   // the model as it is now, in eval mode
        before.load_state_dict(model.state_dict());
        before.eval();
        float[] expected = [], logits = [];
        trainer.OnStep = step =>
        {
            using IDisposable noGradient = no_grad();
            logits = Toys.Floats(step.Trained.Logits);
            expected = Toys.Floats(before.forward(data.Gather(step.Selected.Indices).Inputs));
        };

        StepResult last = trainer.Step();

        (last.Trained, last.EpochEnded).ShouldBe((1, true));
        logits.ShouldBe(expected);
        model.RunningBits().ShouldBe(statistics);
        Toys.ParameterBits(model).ShouldNotBe(parameters);
        model.NormIsTraining.ShouldBeTrue("the next batch has statistics again");
        trainer.Step();
        model.RunningBits().ShouldNotBe(statistics);
    }

    [Fact]
    public void A_last_candidate_is_scored_in_train_mode()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(2 * Four + 1);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using var model = new NormalizedNet(seed: 1);
        using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, losses, Fours with { BatchSize = 2 });

        Toys.Record(trainer, 3).Select(step => step.Scored).ShouldBe([4, 4, 1]);
        model.NormIsTraining.ShouldBeTrue();
    }

    [Fact]
    public void A_layer_that_a_scoring_pass_may_move_is_not_moved_by_one_example()
    {
        using var check = new NoTensorLeaks();
        using var model = new NormalizedNet(seed: 1);
        using var pass = new ScoringPass(model, ScoringMode.Train, RunningStatistics.Update);
        byte[] statistics = model.RunningBits();
        using Tensor one = ones(1, 8), two = ones(2, 8);

        pass.Forward(one, seed: 1).Dispose();
        model.RunningBits().ShouldBe(statistics);
        pass.Forward(two, seed: 1).Dispose();
        model.RunningBits().ShouldNotBe(statistics);
    }

    [Fact]
    public void An_irreducible_loss_model_trains_on_a_holdout_whose_last_batch_is_one_example()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(6 * Four + 1, seed: 1), train = Toys.Points(30, seed: 2);
        using var model = new NormalizedNet(seed: 1);

        using IrreducibleLosses losses = HoldoutTraining.Run(
            model, holdout, train, new HoldoutTrainingOptions { Epochs = 2, BatchSize = Four });

        losses.Count.ShouldBe(30);
    }

    [Fact]
    public void A_cross_fit_trains_on_halves_whose_last_batch_is_one_example()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset train = Toys.PointsWithRandomLabels(6 * 5);   // 10 of each of 3 classes: halves of 15
        train.Count.ShouldBe(30);

        var sevens = new HoldoutTrainingOptions { Epochs = 1, BatchSize = 7 };   // 7 + 7 + 1
        using IrreducibleLosses losses = CrossFit.Run(half => new NormalizedNet(half), train, sevens);

        losses.Count.ShouldBe(30);
    }

    [Fact]
    public void A_proxy_learns_from_one_example_and_scores_one()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(2 * Four + 1);
        using var model = new NormalizedNet(seed: 1);
        using var trainer = new Trainer(model, data, _ => new BatchSelector(
            new ProxyScorer(new NormalizedNet(seed: 2)), SelectionFunctions.TrainLoss, null, Four,
            new BatchSelectorOptions { LargeBatchSize = Four }),
            Fours);

        Toys.Record(trainer, 3)[^1].Scored.ShouldBe(1);
    }

    [Fact]
    public void An_irreducible_loss_model_that_goes_on_learning_learns_from_one_example()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(2 * Four + 1);
        using var model = new NormalizedNet(seed: 1);
        using var trainer = new Trainer(model, data, target => new BatchSelector(
            new TargetScorer(target.Model), SelectionFunctions.ReducibleHoldoutLoss,
            new LearningReference(new NormalizedNet(seed: 2), new SgdOptions()), Four,
            new BatchSelectorOptions { LargeBatchSize = Four, OwnsReference = true }),
            Fours);

        Toys.Record(trainer, 3)[^1].EpochEnded.ShouldBeTrue();
    }

    [Fact]
    public void A_proxy_of_svp_trains_on_a_set_whose_last_batch_is_one_example()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(2 * Four + 1);
        using var proxy = new NormalizedNet(seed: 1);

        using Tensor chosen = SelectionViaProxy.Run(proxy, data, share: 1, new TrainerOptions { BatchSize = Four }, epochs: 1);

        chosen.shape.ShouldBe([9]);
    }

    [Fact]
    public void Batches_that_are_all_of_one_example_are_refused_for_a_model_with_BatchNorm_and_for_no_other()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(30, seed: 1), holdout = Toys.Points(30, seed: 2);
        using var model = new NormalizedNet(seed: 1);
        TrainerOptions ones = Fours with { BatchSize = 1 };
        const string Rule = "NormalizedNet has BatchNorm (_norm), which learns the statistics of batches, "
            + "so the batch size must be at least 2, but is 1.";

        Should.Throw<InvalidInputException>(() => new Trainer(model, data, SelectionFunctions.Uniform, null, ones))
            .Message.ShouldStartWith(Rule);
        var alone = new HoldoutTrainingOptions { BatchSize = 1 };
        Should.Throw<InvalidInputException>(() => HoldoutTraining.Run(model, holdout, data, alone)).Message.ShouldStartWith(Rule);
        using var plain = new DropoutNet(seed: 1);
        using var trainer = new Trainer(plain, data, SelectionFunctions.Uniform, null, ones);
        trainer.Step().Trained.ShouldBe(1);
    }

    /// <summary>A user's model with BatchNorm over features: one number a channel and example.</summary>
    private sealed class NormalizedNet : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _first = nn.Linear(8, 5), _second = nn.Linear(5, 3);
        private readonly BatchNorm1d _norm = nn.BatchNorm1d(5);

        public NormalizedNet(long seed) : base(nameof(NormalizedNet))
        {
            RegisterComponents();
            using IDisposable noGradient = no_grad();
            using var generator = new Generator((ulong)seed, CPU);
            foreach (Parameter weight in _first.parameters().Concat(_second.parameters())) { weight.normal_(generator: generator); }
        }

        public bool NormIsTraining => _norm.training;

        public byte[] RunningBits() => [.. Toys.Bits(_norm.running_mean!), .. Toys.Bits(_norm.running_var!)];

        public override Tensor forward(Tensor input) => _second.forward(_norm.forward(_first.forward(input)).relu());
    }
}
