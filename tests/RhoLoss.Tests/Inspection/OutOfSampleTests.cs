using RhoLoss.Data;
using RhoLoss.Inspection;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Inspection;

public sealed class OutOfSampleTests
{
    private static readonly HoldoutTrainingOptions Options = new()
    {
        Epochs = 3,
        BatchSize = 8,
        Seed = 3,
        Optimizer = new AdamWOptions { LearningRate = 0.01 },
    };

    [Fact]
    public void No_example_trains_the_model_that_judges_it_or_chooses_its_checkpoint()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithIdAsFirstFeature(60, firstId: 100);
        var spies = new List<Spy>();
        var epochs = new List<(int Fold, int Epoch)>();
        Tensor found = OutOfSample.LogProbabilities(
            Spies(spies), data, others: null, Options, onEpoch: (fold, epoch) => epochs.Add((fold, epoch.Epoch)));

        long[] ids = Toys.Longs(data.Ids);
        Dictionary<long, long> labelOf = ids.Zip(Toys.Longs(data.Labels)).ToDictionary(p => p.First, p => p.Second);
        spies.Count.ShouldBe(5);
        spies.SelectMany(spy => spy.Judged).ShouldBe(ids, ignoreOrder: true);   // each is judged once
        for (int fold = 0; fold < 5; fold++)
        {
            Spy spy = spies[fold];
            spy.Validation.ShouldBe(spies[(fold + 1) % 5].Judged, ignoreOrder: true);
            spy.Trained.ShouldBe(ids.Except(spy.Judged).Except(spy.Validation), ignoreOrder: true);
            // 20 of each of three classes make 12 a fold, 4 of each.
            spy.Judged.GroupBy(id => labelOf[id]).Select(g => g.Count()).ShouldBe([4, 4, 4]);
        }
        epochs.ShouldBe([.. Enumerable.Range(0, 5).SelectMany(fold => Enumerable.Range(1, 3).Select(epoch => (fold, epoch)))]);
        found.shape.ShouldBe([60, 3]);
        for (int i = 0; i < ids.Length; i++)
        {
            float[] logits = spies.Single(spy => spy.Judged.Contains(ids[i])).Logits[ids[i]];
            double sum = Math.Log(logits.Sum(z => Math.Exp(z)));
            Toys.Floats(found[i]).Zip(logits).ShouldAllBe(pair => Math.Abs(pair.First - (pair.Second - sum)) < 1e-5);
        }
    }

    [Fact]
    public void The_checkpoint_is_the_one_of_the_lowest_loss_on_the_next_fold()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.PointsWithRandomLabels(60);
        var epochs = new List<HoldoutEpoch>[] { [], [], [] };
        HoldoutTrainingOptions options = Options with { Epochs = 10, Optimizer = new AdamWOptions { LearningRate = 0.05 } };
        Tensor found = OutOfSample.LogProbabilities(
            fold => new Mlp(8, [16], 3, seed: 5 + fold), data, others: null, options, folds: 3, (fold, epoch) => epochs[fold].Add(epoch));

        epochs.ShouldAllBe(e => e.MinBy(x => x.Loss)!.Epoch < 10);   // memorising random labels: the last epoch is not the best
        // What was memorised would give losses far above those of the best checkpoints, which know next to nothing: ln 3.
        Tensor losses = found.gather(1, data.Labels.unsqueeze(1)).neg();
        losses.mean().item<float>().ShouldBeLessThan(1.5f);
        epochs.Select(e => e[^1].Loss).Average().ShouldBeGreaterThan(1.5);
    }

    [Fact]
    public void Copies_and_equal_inputs_are_judged_by_models_that_saw_none_of_them()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset once = WithIdAsFirstFeature(60, firstId: 100, equalRows: 10), data = once.Repeat(2);
        var spies = new List<Spy>();
        Tensor found = OutOfSample.LogProbabilities(Spies(spies), data, others: null, Options);

        // A spy sees the first feature, which is one number for all copies and equal inputs.
        foreach (Spy spy in spies)
        {
            spy.Trained.Intersect(spy.Judged.Concat(spy.Validation)).ShouldBeEmpty();
            spy.Judged.Intersect(spy.Validation).ShouldBeEmpty();
        }
        float[][] rows = [.. Enumerable.Range(0, 120).Select(row => Toys.Floats(found[row]))];
        for (int row = 0; row < 60; row++) { rows[row + 60].ShouldBe(rows[row], tolerance: 1e-6); }
        // The first ten rows have one input, and labels 0, 1, 2, 0, …
        rows[1..10].ShouldAllBe(row => row.Zip(rows[0]).All(pair => Math.Abs(pair.First - pair.Second) < 1e-6));
    }

    [Fact]
    public void Other_examples_are_trained_on_by_every_model_but_for_inputs_that_are_judged()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithIdAsFirstFeature(60, firstId: 100);
        using LabeledDataset apart = WithIdAsFirstFeature(30, firstId: 1003), others = WithInputOf(data, row: 4, apart, at: 7);
        var spies = new List<Spy>();
        OutOfSample.LogProbabilities(Spies(spies), data, others, Options);

        long equal = Toys.Longs(data.Ids)[4];
        long[] own = Toys.Longs(data.Ids), kept = [.. Toys.Longs(others.Ids).Where((_, row) => row != 7)];
        foreach (Spy spy in spies)
        {
            spy.Trained.Intersect(own).Count().ShouldBe(36);   // three of five folds
            kept.Except(spy.Trained).ShouldBeEmpty();
            spy.Trained.Contains(equal).ShouldBe(!spy.Judged.Contains(equal) && !spy.Validation.Contains(equal));
        }
    }

    [Fact]
    public void The_seed_decides_everything()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(60);
        byte[] Of(long seed) => Toys.Bits(OutOfSample.LogProbabilities(
            fold => new Mlp(8, [6], 3, seed: fold), data, others: null, Options with { Seed = seed }));
        byte[] reference = Of(3);
        Of(3).ShouldBe(reference);
        Of(4).ShouldNotBe(reference);
    }

    [Fact]
    public void A_class_that_some_model_would_not_know_is_refused_unless_other_examples_have_it()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset even = WithIdAsFirstFeature(60, firstId: 100);
        // Class 2 has the rows 2, 5, 8, …: two of them stay.
        using LabeledDataset data = even.Subset(even.Ids.masked_select(even.Labels.ne(2).logical_or(even.Ids.lt(even.Ids[6]))));
        using LabeledDataset others = WithIdAsFirstFeature(9, firstId: 1003);
        var spies = new List<Spy>();

        Should.Throw<InvalidInputException>(() => OutOfSample.LogProbabilities(Spies(spies), data, others: null, Options)).Message.ShouldBe(
            "Each class must have at least 3 different examples, so that every model that judges labels has trained on some of them, but "
            + "class 2 has 2. Give more examples of it, or leave the class out.");
        spies.ShouldBeEmpty();
        OutOfSample.LogProbabilities(Spies(spies), data, others, Options).shape.ShouldBe([42, 3]);
    }

    [Fact]
    public void Too_few_folds_and_labels_that_are_no_classes_are_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(60), targets = LabeledDataset.WithTargets(zeros(3, 2), zeros(3));
        Should.Throw<ArgumentOutOfRangeException>(() => OutOfSample.LogProbabilities(Spies([]), data, null, Options, folds: 2));
        Should.Throw<InvalidOperationException>(() => OutOfSample.LogProbabilities(Spies([]), targets, null, Options))
            .Message.ShouldStartWith("Judging labels needs a class for each example");
    }

    [Fact]
    public void Models_are_freed_when_it_is_cancelled()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(60);
        using var cancellation = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => OutOfSample.LogProbabilities(
            fold => new Mlp(8, [6], 3, seed: fold), data, others: null, Options,
            onEpoch: (fold, _) => { if (fold == 2) { cancellation.Cancel(); } }, cancellation: cancellation.Token));
    }

    private static Func<int, nn.Module<Tensor, Tensor>> Spies(List<Spy> made) => fold =>
    {
        made.Add(new Spy(fold));
        return made[^1];
    };

    /// <summary>
    /// Ids from <paramref name="firstId"/> in steps of 7, as the first feature, which float32 holds exactly; labels 0, 1, 2, 0, … The
    /// first rows may have one input.
    /// </summary>
    private static LabeledDataset WithIdAsFirstFeature(int count, long firstId, int equalRows = 1)
    {
        using LabeledDataset points = Toys.PointsWithRandomLabels(count);
        using IDisposable scope = NewDisposeScope();
        Tensor inputs = points.StoredInputs.clone(), ids = points.Ids - 100 + firstId;
        inputs.select(1, 0).copy_(ids.to(float32));
        for (int row = 1; row < equalRows; row++) { inputs[row].copy_(inputs[0]); }
        return new LabeledDataset(inputs, points.Labels.clone(), points.Classes, ids);
    }

    private static LabeledDataset WithInputOf(LabeledDataset source, int row, LabeledDataset data, int at)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor inputs = data.StoredInputs.clone();
        inputs[at].copy_(source.StoredInputs[row]);
        return new LabeledDataset(inputs, data.Labels.clone(), data.Classes, data.Ids.clone());
    }

    /// <summary>
    /// Records what it is trained on; the examples of its last evaluation are those it judges, earlier ones choose its checkpoint.
    /// </summary>
    private sealed class Spy : nn.Module<Tensor, Tensor>
    {
        private readonly Mlp _inner;
        private readonly List<long[]> _evaluations = [];

        public Spy(int fold) : base(nameof(Spy))
        {
            _inner = new Mlp(8, [6], 3, seed: 5 + fold);
            RegisterComponents();
        }

        public HashSet<long> Trained { get; } = [];

        public IEnumerable<long> Judged => _evaluations[^1].Distinct();

        public IEnumerable<long> Validation => _evaluations[..^1].SelectMany(ids => ids).Distinct();

        public Dictionary<long, float[]> Logits { get; } = [];

        public override Tensor forward(Tensor input)
        {
            long[] ids = Toys.Longs(input.select(1, 0).to(int64));
            Tensor scaled = input.clone();
            scaled.select(1, 0).div_(1000f);
            Tensor logits = _inner.forward(scaled);
            if (training) { Trained.UnionWith(ids); }
            else
            {
                _evaluations.Add(ids);
                for (int i = 0; i < ids.Length; i++) { Logits[ids[i]] = Toys.Floats(logits[i]); }
            }
            return logits;
        }
    }
}
