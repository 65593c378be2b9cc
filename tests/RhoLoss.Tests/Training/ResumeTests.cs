using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>A run that is interrupted, written, read and continued does what an uninterrupted one does, to the bit.</summary>
[Collection(TakesTheProcess.Name)]
public sealed class ResumeTests
{
    // 50 points in large batches of 8 are 7 steps an epoch: stopping after 5 is in the middle, 9 more cross an end and begin a third epoch.
    private const int Points = 50, StopAfter = 5, Remaining = 9;
    private static readonly TrainerOptions Options = new() { BatchSize = 2, LargeBatchSize = 8, Seed = 3 };

    // Steps so large that one of them changes selections: a scorer that is a step too old or too new is seen.
    private static readonly TrainerOptions Fast = Options with { Optimizer = new AdamWOptions { LearningRate = 0.05 } };

    [Theory]
    [InlineData("mlp", "uniform")]
    [InlineData("mlp", "rho-loss")]
    [InlineData("mlp", "gradient-norm-is")]
    [InlineData("mlp", "gradient-norm-is with the switch")]
    [InlineData("residual net", "uniform")]
    [InlineData("residual net", "rho-loss")]
    [InlineData("residual net", "rho-loss with augmentation")]
    [InlineData("residual net", "uniform with augmentation")]
    [InlineData("dropout net", "rho-loss")]
    [InlineData("dropout net", "uniform")]
    [InlineData("mlp", "rho-loss with sgd")]
    [InlineData("residual net", "rho-loss in bfloat16, channels-last")]
    public void An_interrupted_run_continues_bit_for_bit(string architecture, string method)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = architecture == "residual net" ? Toys.Images(Points) : Toys.Points(Points);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        manual_seed(1);

        List<StepTrace> expected;
        byte[] finalModel;
        using (nn.Module<Tensor, Tensor> model = Create(architecture, seed: 5))
        using (Trainer trainer = Create(method, model, data, irreducible, augmentationSeed: 7))
        {
            Toys.Record(trainer, StopAfter);
            using (NewDisposeScope()) { trainer.Capture().Save(folder.File("checkpoint")); }
            expected = Toys.Record(trainer, Remaining);
            finalModel = Toys.Bits(model);
        }

        manual_seed(2);   // whatever the process did in between
        using nn.Module<Tensor, Tensor> resumedModel = Create(architecture, seed: 6);
        using Trainer resumed = Create(method, resumedModel, data, irreducible, augmentationSeed: 7);
        resumed.Restore(Checkpoint.Load(folder.File("checkpoint")));
        resumed.StepsTaken.ShouldBe(StopAfter);
        Toys.Record(resumed, Remaining).ShouldBe(expected);
        Toys.Bits(resumedModel).ShouldBe(finalModel);

        if (method.EndsWith("switch", StringComparison.Ordinal))
        {
            expected.Select(s => s.Scored > 2).Distinct().Count().ShouldBe(2, "k = 2 are scored while drawing uniformly, all 8 otherwise: "
                + "the test must see both sides of the switch after the interruption");
        }
    }

    [Theory]
    [InlineData("target", "mlp")]
    [InlineData("replica", "dropout net")]
    [InlineData("stale replica", "dropout net")]
    [InlineData("stale replica", "residual net")]
    [InlineData("stale bf16 replica", "mlp")]
    [InlineData("proxy", "dropout net")]
    [InlineData("proxy", "residual net")]
    [InlineData("proxy that learns rarely", "mlp")]
    [InlineData("last-seen", "mlp")]
    [InlineData("last-seen", "residual net")]
    [InlineData("cascade", "mlp")]
    [InlineData("cascade", "dropout net")]
    [InlineData("cascade over last-seen", "mlp")]
    [InlineData("cascade over cascade over last-seen", "mlp")]
    [InlineData("live irreducible losses", "dropout net")]
    [InlineData("sampled", "mlp")]
    [InlineData("percentile", "mlp")]
    [InlineData("infobatch", "mlp")]
    [InlineData("infobatch", "dropout net")]
    public void Every_scorer_and_drawing_continues_bit_for_bit(string scorer, string architecture)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = architecture == "residual net" ? Toys.Images(Points) : Toys.Points(Points);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        // Infobatch has 25 steps in its first epoch of 50 points by 2; from then on it leaves some out. Two memories differ once examples
        // come again.
        bool isLong = scorer == "infobatch" || scorer.StartsWith("cascade over", StringComparison.Ordinal);
        int stopAfter = isLong ? 30 : StopAfter, remaining = isLong ? 60 : Remaining;
        manual_seed(1);

        List<StepTrace> expected;
        byte[] finalModel;
        using (nn.Module<Tensor, Tensor> model = Create(architecture, seed: 5))
        using (Trainer trainer = ScorerTrainers.Create(scorer, model, Create(architecture, seed: 15), data, irreducible, Fast))
        {
            Toys.Record(trainer, stopAfter);
            using (NewDisposeScope()) { trainer.Capture().Save(folder.File("checkpoint")); }
            expected = Toys.Record(trainer, remaining);
            finalModel = Toys.Bits(model);
        }

        manual_seed(2);   // whatever the process did in between
        using nn.Module<Tensor, Tensor> resumedModel = Create(architecture, seed: 6);
        using Trainer resumed = ScorerTrainers.Create(scorer, resumedModel, Create(architecture, seed: 16), data, irreducible, Fast);
        resumed.Restore(Checkpoint.Load(folder.File("checkpoint")));
        Toys.Record(resumed, remaining).ShouldBe(expected);
        Toys.Bits(resumedModel).ShouldBe(finalModel);
    }

    [Theory]
    [InlineData("last-seen", "scorer.table.loss scorer.table.seen-at scorer.table.step")]
    [InlineData("cascade", "scorer.table.loss scorer.table.seen-at scorer.table.step")]
    [InlineData("cascade over last-seen", "scorer.inner.table.loss scorer.inner.table.seen-at scorer.inner.table.step "
        + "scorer.table.loss scorer.table.seen-at scorer.table.step")]
    [InlineData("cascade over cascade over last-seen",
        "scorer.inner.inner.table.loss scorer.inner.inner.table.seen-at scorer.inner.inner.table.step "
        + "scorer.inner.table.loss scorer.inner.table.seen-at scorer.inner.table.step "
        + "scorer.table.loss scorer.table.seen-at scorer.table.step")]
    [InlineData("live irreducible losses", "scorer.table.loss scorer.table.seen-at scorer.table.step")]
    public void Each_memory_has_entries_of_its_own_in_a_checkpoint(string scorer, string entries)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(Points);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using nn.Module<Tensor, Tensor> model = Create("mlp", seed: 5);
        using Trainer trainer = ScorerTrainers.Create(scorer, model, Create("mlp", seed: 15), data, irreducible, Options);
        IEnumerable<string> found = trainer.Capture().Tensors.Keys.Where(name => name.Contains("table.", StringComparison.Ordinal));
        string.Join(' ', found.Order(StringComparer.Ordinal)).Replace("selector.", "", StringComparison.Ordinal).ShouldBe(entries);
    }

    [Fact]
    public void A_checkpoint_in_which_one_memory_overwrote_another_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(Points);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using nn.Module<Tensor, Tensor> model = Create("mlp", seed: 5);
        using Trainer trainer = ScorerTrainers.Create("cascade over last-seen", model, Create("mlp", seed: 15), data, irreducible, Options);
        Checkpoint checkpoint = trainer.Capture();
        string[] inner = [.. checkpoint.Tensors.Keys.Where(name => name.StartsWith("selector.scorer.inner.", StringComparison.Ordinal))];
        foreach (string name in inner) { checkpoint.Tensors.Remove(name); }
        Should.Throw<InvalidInputException>(() => trainer.Restore(checkpoint)).Message
            .ShouldContain("has no tensor 'selector.scorer.inner.table.loss'");
    }

    [Theory]
    [InlineData("cascade", "selector.scorer.table.loss")]
    [InlineData("proxy", "selector.scorer.model.fc1.bias")]
    [InlineData("stale replica", "selector.scorer.model.fc1.bias")]
    [InlineData("live irreducible losses", "selector.reference.model.fc1.bias")]
    public void A_checkpoint_whose_entry_would_have_to_be_repeated_or_converted_is_refused(string scorer, string entry)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(Points);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using nn.Module<Tensor, Tensor> model = Create("mlp", seed: 5);
        using Trainer trainer = ScorerTrainers.Create(scorer, model, Create("mlp", seed: 15), data, irreducible, Options);
        Checkpoint checkpoint = trainer.Capture();
        Tensor whole = checkpoint.Tensors[entry];
        foreach (Tensor other in (Tensor[])[whole.slice(0, 0, 1, 1), whole.to(float64)])
        {
            checkpoint.Tensors[entry] = other;
            string message = Should.Throw<InvalidInputException>(() => trainer.Restore(checkpoint)).Message;
            message.ShouldContain($"'{entry}' as {other.dtype} of shape");
        }
    }

    [Fact]
    public void A_checkpoint_from_before_the_first_step_is_the_start_of_the_run()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Points(Points);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using nn.Module<Tensor, Tensor> model = Create("mlp", seed: 5), resumedModel = Create("mlp", seed: 6);
        using Trainer trainer = Create("rho-loss", model, data, irreducible, 7);
        using Trainer resumed = Create("rho-loss", resumedModel, data, irreducible, 7);
        trainer.Capture().Save(folder.File("checkpoint"));
        resumed.Restore(Checkpoint.Load(folder.File("checkpoint")));
        Toys.Record(resumed, 3).ShouldBe(Toys.Record(trainer, 3));
    }

    [Fact]
    public void A_checkpoint_restores_a_model_that_is_only_evaluated()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Images(Points);
        using nn.Module<Tensor, Tensor> model = Create("residual net", seed: 5), restored = Create("residual net", seed: 6);
        using Trainer trainer = Create("uniform", model, data, null, 7);
        Toys.Record(trainer, 2);
        trainer.Capture().Save(folder.File("checkpoint"));
        Checkpoint.Load(folder.File("checkpoint")).RestoreModel(restored);
        Toys.Bits(restored).ShouldBe(Toys.Bits(model));
    }

    [Fact]
    public void A_checkpoint_of_another_architecture_is_refused_with_what_differs()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(Points);
        // fc1 and fc2 of the narrow net, fc1, fc2 and fc3 of the deep one;
        // fc1.weight is [6, 8] against [7, 8], fc2.weight [3, 6] against [5, 7].
        using nn.Module<Tensor, Tensor> narrow = new Mlp(8, [6], 3, seed: 5), deep = new Mlp(8, [7, 5], 3, seed: 5);
        using Trainer ofNarrow = Create("uniform", narrow, data, null, 7), ofDeep = Create("uniform", deep, data, null, 7);
        byte[] before = Toys.Bits(deep);

        string message = Should.Throw<InvalidInputException>(() => ofDeep.Restore(ofNarrow.Capture())).Message;
        message.ShouldContain("another model than Mlp");
        message.ShouldContain("2 missing (fc3.weight, fc3.bias)");
        message.ShouldContain("4 of another shape");
        message.ShouldContain("fc1.weight ([6, 8] for [7, 8])");
        Toys.Bits(deep).ShouldBe(before);

        Should.Throw<InvalidInputException>(() => ofNarrow.Restore(ofDeep.Capture())).Message
            .ShouldContain("2 not in the model (fc3.weight, fc3.bias)");
    }

    [Theory]
    [InlineData("optimizer.step")]
    [InlineData("optimizer.first-moment.fc1.weight")]
    [InlineData("selector.step")]
    [InlineData("sampler.state")]
    [InlineData("selector.variance-reduction")]
    public void A_checkpoint_that_lacks_a_tensor_is_refused_by_name(string missing)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(Points);
        using nn.Module<Tensor, Tensor> model = Create("mlp", seed: 5);
        using Trainer trainer = Create("uniform", model, data, null, 7);
        Checkpoint checkpoint = trainer.Capture();
        checkpoint.Tensors.Remove(missing);
        Should.Throw<InvalidInputException>(() => trainer.Restore(checkpoint)).Message.ShouldContain($"has no tensor '{missing}'");
    }

    [Theory]
    [InlineData("sampler.state", "Int32 of shape [3]")]
    [InlineData("selector.variance-reduction", "Float64 of shape [2]")]
    [InlineData("optimizer.step", "Int64 of shape [3]")]
    [InlineData("model.fc1.weight", "Int64 of shape [6, 8]")]
    public void A_checkpoint_with_a_tensor_of_another_type_or_shape_is_refused_and_changes_nothing(string name, string given)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(Points);
        using nn.Module<Tensor, Tensor> model = Create("mlp", seed: 5), other = Create("mlp", seed: 6);
        using Trainer trainer = Create("uniform", model, data, null, 7), ofOther = Create("uniform", other, data, null, 7);
        byte[] before = Toys.Bits(model);
        Checkpoint checkpoint = ofOther.Capture();
        checkpoint.Tensors[name] = name switch
        {
            "sampler.state" => tensor([0, 0, 0]),
            "selector.variance-reduction" => zeros(2, dtype: float64),
            "optimizer.step" => zeros(3, dtype: int64),
            _ => zeros([6, 8], dtype: int64),
        };
        Should.Throw<InvalidInputException>(() => trainer.Restore(checkpoint)).Message
            .ShouldSatisfyAllConditions(m => m.ShouldContain($"'{name}'"), m => m.ShouldContain(given));
        Toys.Bits(model).ShouldBe(before);
    }

    [Theory]
    [InlineData(-1, 0, 0)]
    [InlineData(0, -1, 0)]
    [InlineData(0, Points, 0)]                // positions are 0..N-1
    [InlineData(1L + int.MaxValue, 0, 0)]
    [InlineData(0, 0, -1)]
    public void A_checkpoint_at_a_place_that_the_data_do_not_have_is_refused(long epoch, long position, long step)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(Points);
        using nn.Module<Tensor, Tensor> model = Create("mlp", seed: 5);
        using Trainer trainer = Create("uniform", model, data, null, 7);
        Checkpoint checkpoint = trainer.Capture();
        checkpoint.Tensors["sampler.state"] = tensor([epoch, position, step]);
        Should.Throw<InvalidInputException>(() => trainer.Restore(checkpoint)).Message
            .ShouldBe($"A sampler of {Points} ids cannot be at epoch {epoch}, position {position}, step {step}. "
                + "Restore it from a checkpoint of the same data.");
    }

    [Theory]
    [InlineData("trainer.seed")]
    [InlineData("trainer.batch-size")]
    [InlineData("trainer.examples")]
    public void A_checkpoint_of_a_trainer_that_drew_other_batches_is_refused_and_changes_nothing(string name)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(Points);
        using nn.Module<Tensor, Tensor> model = Create("mlp", seed: 5);
        using Trainer trainer = Create("uniform", model, data, null, 7);
        byte[] before = Toys.Bits(model);
        Checkpoint checkpoint = trainer.Capture();
        long written = checkpoint.GetLong(name) + 1;
        checkpoint.Set(name, written);
        Should.Throw<InvalidInputException>(() => trainer.Restore(checkpoint)).Message
            .ShouldStartWith($"The checkpoint was written with {name} = {written}, but this trainer has {written - 1}.");
        Toys.Bits(model).ShouldBe(before);
    }

    [Theory]
    [InlineData("steps")]
    [InlineData("seconds")]
    public void A_checkpoint_that_lacks_a_value_is_refused_by_name(string missing)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(Points);
        using nn.Module<Tensor, Tensor> model = Create("mlp", seed: 5);
        using Trainer trainer = Create("uniform", model, data, null, 7);
        Checkpoint checkpoint = trainer.Capture();
        checkpoint.Values.Remove(missing);
        Should.Throw<InvalidInputException>(() => trainer.Restore(checkpoint)).Message.ShouldContain($"has no value '{missing}'");
    }

    private static nn.Module<Tensor, Tensor> Create(string architecture, long seed) => architecture switch
    {
        "mlp" => new Mlp(8, [6], 3, seed),
        "residual net" => new SmallResidualNet(seed),
        _ => new DropoutNet(seed),
    };

    private static Trainer Create(
        string method, nn.Module<Tensor, Tensor> model, LabeledDataset data, IrreducibleLosses? irreducible, long augmentationSeed) =>
        method switch
        {
            "uniform" => new Trainer(model, data, SelectionFunctions.Uniform, null, Options),
            "uniform with augmentation" =>
                new Trainer(model, data, SelectionFunctions.Uniform, null, Options, new CropAndFlip(2, augmentationSeed)),
            "rho-loss" => new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible, Options),
            "rho-loss with augmentation" => new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible, Options,
                new CropAndFlip(2, augmentationSeed)),
            "rho-loss with sgd" => new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible,
                Options with { Optimizer = new SgdOptions { LearningRate = 0.05, Momentum = 0.9, Nesterov = true } }),
            "rho-loss in bfloat16, channels-last" => new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible,
                Options with { Format = new() { Precision = Precision.BFloat16, ChannelsLast = true } }),
            "gradient-norm-is" => new Trainer(model, data, SelectionFunctions.GradientNorm, null,
                Options with { Selection = new() { Drawing = new ImportanceSampling() } }),
            _ => new Trainer(model, data, SelectionFunctions.GradientNorm, null,
                Options with { Selection = new() { Drawing = new ImportanceSampling(OnlyWhenItPays: true, Threshold: 0.55) } }),
        };
}
