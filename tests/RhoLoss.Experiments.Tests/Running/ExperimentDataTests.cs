using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class ExperimentDataTests : IDisposable
{
    private static readonly MachineSummary Machine = new("a processor", Cores: 2, MemoryBytes: 1L << 30, Threads: 1, "cpu");

    private readonly TinyExperiment _tiny = new();

    [Fact]
    public void A_long_tail_thins_training_set_and_holdout_alike_and_leaves_the_test_set()
    {
        using var check = new NoTensorLeaks();
        using ExperimentData data = Load("data.long-tail=7", "noise.kind=none", "noise.fraction=0");
        // 21 of each class in either part: ⌊21 · 7^(−c/9)⌋.
        long[] expected = [21, 16, 13, 10, 8, 7, 5, 4, 3, 3];
        data.Training.CountByClass().ShouldBe(expected);
        data.Holdout!.CountByClass().ShouldBe(expected);
        data.Test.CountByClass().ShouldAllBe(n => n == TinyExperiment.TestPerClass);
    }

    [Fact]
    public void Copies_come_after_noise_and_only_in_the_training_set_with_ids_of_their_own()
    {
        using var check = new NoTensorLeaks();
        using ExperimentData once = Load("noise.fraction=0.3"), data = Load("noise.fraction=0.3", "data.duplicate=5");
        data.Training.Count.ShouldBe(5 * TinyExperiment.Training);
        data.Holdout!.Fingerprint.Value.ShouldBe(once.Holdout!.Fingerprint.Value);
        data.Test.Fingerprint.Value.ShouldBe(once.Test.Fingerprint.Value);
        // Copies share the label, noise included.
        Longs(data.Training.Labels).ShouldBe(Longs(once.Training.LabelsOf(data.Training.Origins)));
        data.Training.Flag(ExampleFlags.Corrupted)!.sum().item<long>().ShouldBe(5 * 63);                 // ⌊0.3 · 210⌋ = 63
        Longs(data.Training.Ids).Intersect(Longs(data.Holdout.Ids)).ShouldBeEmpty();
        data.Training.Ids.unique().output.shape[0].ShouldBe(5 * TinyExperiment.Training);
    }

    [Fact]
    public void Noise_survives_with_its_flags_where_the_tail_is_long_and_examples_are_copied()
    {
        using var check = new NoTensorLeaks();
        using ExperimentData data = Load("noise.fraction=0.5", "data.long-tail=7", "data.duplicate=2");
        // 90 examples are left of the training set (the test above), 45 of them drawn, each there twice.
        data.Training.Count.ShouldBe(180);
        data.Source.ShouldEndWith("; long tail 7 to 1; each training example 2 times");
        data.Training.Flag(ExampleFlags.Corrupted)!.sum().item<long>().ShouldBe(90);
        data.Holdout!.Flag(ExampleFlags.Corrupted)!.sum().item<long>().ShouldBe(45);
        data.Training.Flag(ExampleFlags.LabelChanged)!.logical_and(data.Training.Flag(ExampleFlags.Corrupted)!.logical_not())
            .any().item<bool>().ShouldBeFalse();
    }

    [Fact]
    public void Less_relevant_classes_are_the_same_in_training_set_and_holdout_and_marked()
    {
        using var check = new NoTensorLeaks();
        string[] clean = ["noise.kind=none", "noise.fraction=0"];
        using ExperimentData whole = Load(clean), data = Load([.. clean, "data.relevance-classes=4", "data.relevance-share=0.1"]);

        data.Source.ShouldContain("; 4 classes whole, 0.1 of the others");
        long[] counts = data.Training.CountByClass(), before = whole.Training.CountByClass();
        int[] kept = [.. Enumerable.Range(0, counts.Length).Where(c => counts[c] == before[c])];
        kept.Length.ShouldBe(4);
        Enumerable.Range(0, counts.Length).Where(c => whole.Holdout!.CountByClass()[c] == data.Holdout!.CountByClass()[c]).ShouldBe(kept);
        using IDisposable scope = NewDisposeScope();
        long[] relevant = [.. data.Training.Labels
            .masked_select(data.Training.Flag(ExampleFlags.LowRelevance)!.logical_not()).data<long>()];
        relevant.Distinct().Count().ShouldBe(4);
    }

    [Fact]
    public void Every_class_cannot_stay_whole()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidInputException>(() => Load("data.relevance-classes=99")).Message
            .ShouldStartWith("data.relevance-classes must be below the ");
    }

    [Theory]
    [InlineData("noise.kind=structured", "noise.kind = structured flips the 4 most confused classes, but fashion-mnist has 3 classes.")]
    [InlineData("data.relevance-classes=3", "data.relevance-classes must be below the 3 classes of fashion-mnist")]
    [InlineData("data.duplicate=2147483647", "data.duplicate must leave 2147483591 training examples at most")]
    public void What_the_data_do_not_have_is_refused_before_anything_is_trained(string setting, string message)
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = ThreeClasses();
        Should.Throw<InvalidInputException>(() => DataRules.Require(_tiny.Recipe(setting), splits)).Message.ShouldStartWith(message);
    }

    [Theory]
    [InlineData("noise.fraction=1")]
    [InlineData("data.relevance-classes=2")]
    [InlineData("data.duplicate=3")]
    public void What_a_few_data_have_is_not(string setting)
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = ThreeClasses();
        Should.NotThrow(() => DataRules.Require(_tiny.Recipe(setting), splits));
    }

    [Theory]
    [InlineData("training.large-batch-size=210", null)]
    [InlineData("training.large-batch-size=40;training.method=rho-loss@0.01",   // ⌊4 / 0.01⌋ = 400, and ⌊210 · 4 / 400⌋ = 2
        "rho-loss@0.01 would choose each batch from 400 points, but there are 210 training points: a step chooses from all of them and "
        + "trains on 2, not on 4, so that the share n_b / n_B stays. "
        + "Set training.large-batch-size to 210 at most, or a larger share after the @ of an arm.")]
    [InlineData("training.large-batch-size=1000000",
        "rho-loss would choose each batch from 1000000 points, but there are 210 training points: a step "
        + "chooses from all of them and trains on 1, not on 4, so that the share n_b / n_B stays. "
        + "Set training.large-batch-size to 210 at most, or a larger share after the @ of an arm.")]
    public void A_large_batch_above_the_training_set_is_told_with_what_it_does(string settings, string? told)
    {
        using var check = new NoTensorLeaks();
        var events = new List<RunEvent>();
        Run(_tiny.Recipe([.. settings.Split(';'), "training.epochs=1"]), events);
        string[] expected = told is null ? [] : [told];
        events.OfType<RunEvent.Notice>().Select(e => e.Text).ShouldBe(expected);
    }

    [Theory]
    [InlineData("1000", null)]
    [InlineData("1e-9",
        "filter-uniform seed 0: 0 of 210 training examples have an irreducible loss of at most 1E-09 nats, fewer than the 10 % that are "
        + "trained on, so that batches are filled up at random. Raise methods.filter-uniform.filter.")]
    public void A_filter_that_lets_too_few_pass_is_told(string highest, string? told)
    {
        using var check = new NoTensorLeaks();
        var events = new List<RunEvent>();
        Run(
            _tiny.Recipe("training.method=filter-uniform", $"methods.filter-uniform.filter={highest}", "training.large-batch-size=40",
                "training.epochs=1"),
            events);
        string[] expected = told is null ? [] : [told];
        events.OfType<RunEvent.Notice>().Select(e => e.Text).ShouldBe(expected);
    }

    [Theory]
    [InlineData("data.holdout-fraction=0.5")]
    [InlineData("data.holdout-fraction=0")]
    public void Structured_noise_flips_four_classes_each_to_one_other_and_is_the_same_every_time(string fraction)
    {
        using var check = new NoTensorLeaks();
        string[] settings = ["noise.kind=structured", "noise.fraction=0.5", fraction];
        using ExperimentData clean = Load("noise.kind=none", "noise.fraction=0", fraction), data = Load(settings);
        using ExperimentData again = Load([.. settings, "machine.threads=2", "irreducible-loss.hidden=[8]", "model.hidden=[4]"]);
        using ExperimentData otherSeed = Load([.. settings, "noise.seed=1"]);

        again.Training.Fingerprint.Value.ShouldBe(data.Training.Fingerprint.Value);
        otherSeed.Training.Fingerprint.Value.ShouldNotBe(data.Training.Fingerprint.Value);
        (long Clean, long Noisy)[] changed = [.. Longs(clean.Training.Labels)
            .Zip(Longs(data.Training.Labels)).Where(pair => pair.First != pair.Second).Distinct()];
        changed.Length.ShouldBe(4);
        changed.Select(pair => pair.Clean).Distinct().Count().ShouldBe(4);
        if (data.Holdout is not null)
        {
            Longs(clean.Holdout!.Labels).Zip(Longs(data.Holdout.Labels)).Where(pair => pair.First != pair.Second).Distinct()
                .ShouldBe(changed, ignoreOrder: true);
        }
    }

    [Fact]
    public void Without_a_holdout_all_training_examples_are_in_D_and_a_cross_fit_gives_each_a_loss()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe("data.holdout-fraction=0", "irreducible-loss.cross-fit=true", "training.epochs=1");
        using (ExperimentData data = ExperimentData.Load(recipe))
        {
            data.Holdout.ShouldBeNull();
            Longs(data.Training.Ids).ShouldBe(Enumerable.Range(0, 2 * TinyExperiment.Training).Select(i => (long)i));
            (IrreducibleLosses losses, _) = IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { },
                TestContext.Current.CancellationToken);
            using (losses) { losses.Count.ShouldBe(2 * TinyExperiment.Training); }
        }
        var events = new List<RunEvent>();
        ComparisonSummary summary = Run(recipe, events);
        summary.Arms.ShouldHaveSingleItem().Steps.ShouldBe(11);   // ⌈420 / 40⌉
        events.OfType<PreparationEvent.DataReady>().Single().Holdout.ShouldBe(0);
        events.OfType<RunEvent.Notice>().ShouldBeEmpty();
    }

    [Fact]
    public void Without_a_holdout_methods_that_need_no_irreducible_losses_train()
    {
        using var check = new NoTensorLeaks();
        Run(_tiny.Recipe("data.holdout-fraction=0", "training.method=uniform", "training.epochs=1"), []).Arms.ShouldHaveSingleItem().Steps
            .ShouldBe(11);
    }

    [Fact]
    public void Without_holdout_and_cross_fit_a_method_that_needs_irreducible_losses_is_refused_before_loading()
    {
        using var check = new NoTensorLeaks();
        var events = new List<RunEvent>();
        Recipe recipe = _tiny.Recipe("data.holdout-fraction=0");
        const string Message = "Recipe tiny: data.holdout-fraction must be above 0 where a method needs irreducible losses and "
            + "irreducible-loss.cross-fit is false, but is 0.0. Set irreducible-loss.cross-fit = true, or data.holdout-fraction = 0.5, "
            + "or irreducible-loss.weights, or train methods without irreducible losses only.";
        Should.Throw<InvalidInputException>(() => Run(recipe, events)).Message.ShouldBe(Message);
        events.ShouldBeEmpty();
        using ExperimentData data = ExperimentData.Load(recipe);
        Should.Throw<InvalidInputException>(
            () => IrreducibleLossFile.GetOrTrain(recipe, data, force: true, _ => { }, TestContext.Current.CancellationToken)).Message
            .ShouldBe(Message);
    }

    [Fact]
    public void A_cross_fit_beside_a_holdout_says_that_it_stays_unused()
    {
        using var check = new NoTensorLeaks();
        var events = new List<RunEvent>();
        Run(_tiny.Recipe("irreducible-loss.cross-fit=true", "training.epochs=1"), events);
        events.OfType<RunEvent.Notice>().ShouldHaveSingleItem().Text.ShouldBe(
            "The cross-fit needs no holdout, so its 210 examples stay unused. Set data.holdout-fraction = 0 to train on them too.");
    }

    [Fact]
    public void Copied_examples_train_with_cross_fitted_losses()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe("data.holdout-fraction=0", "data.long-tail=3", "data.duplicate=2",
            "irreducible-loss.cross-fit=true", "training.epochs=1");
        using ExperimentData data = ExperimentData.Load(recipe);
        Run(recipe, []).Arms.ShouldHaveSingleItem().Steps.ShouldBe((data.Training.Count + 39) / 40);
    }

    /// <summary>Six examples of three classes.</summary>
    private static DatasetSplits ThreeClasses() => new("fashion-mnist", "made here", Few(0), Few(6), Few(0));

    private static LabeledDataset Few(long firstId)
    {
        using IDisposable scope = NewDisposeScope();
        return new LabeledDataset(
            zeros([6, 1, 2, 2], dtype: uint8), tensor([0L, 0, 1, 1, 2, 2]), 3, arange(firstId, firstId + 6, dtype: int64),
            new Normalization([0.5f], [0.25f]));
    }

    public void Dispose() => _tiny.Dispose();

    private ExperimentData Load(params string[] settings) => ExperimentData.Load(_tiny.Recipe(settings));

    private ComparisonSummary Run(Recipe recipe, List<RunEvent> events) =>
        SingleRun.Run(recipe, RunFolder.CreateAt(_tiny.File("run")), Machine, resume: false, events.Add,
            TestContext.Current.CancellationToken);

    private static long[] Longs(Tensor tensor) => [.. tensor.contiguous().data<long>()];
}
