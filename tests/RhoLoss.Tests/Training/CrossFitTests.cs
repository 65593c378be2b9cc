using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class CrossFitTests
{
    private static readonly HoldoutTrainingOptions Options = new()
    {
        Epochs = 3,
        BatchSize = 8,
        Seed = 3,
        Optimizer = new AdamWOptions { LearningRate = 0.01 },
    };

    [Fact]
    public void No_irreducible_loss_comes_from_a_model_that_trained_on_its_example()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithIdAsFirstFeature(60);
        var spies = new Spy[2];
        var epochs = new List<(int Half, HoldoutEpoch Epoch)>();
        using IrreducibleLosses irreducible = Fit(half => spies[half] = new Spy(half), data, Options,
            (half, epoch) => epochs.Add((half, epoch)));

        long[] ids = Toys.Longs(data.Ids);
        Dictionary<long, long> labelOf = ids.Zip(Toys.Longs(data.Labels)).ToDictionary(p => p.First, p => p.Second);
        spies[0].Trained.Concat(spies[1].Trained).ShouldBe(ids, ignoreOrder: true);   // each id in exactly one half
        foreach (Spy spy in spies)
        {
            spy.Trained.Count.ShouldBe(30);
            spy.Trained.GroupBy(id => labelOf[id]).Select(g => g.Count()).ShouldBe([10, 10, 10]);   // 20 of each of three classes, halved
            spy.Logits.Keys.ShouldBe(ids.Except(spy.Trained), ignoreOrder: true);   // it evaluates only what it has not seen
        }
        float[] actual = Toys.Floats(irreducible.Of(data.Ids));
        for (int i = 0; i < ids.Length; i++)
        {
            // Its last evaluation is of the kept checkpoint.
            float[] logits = spies.Single(s => !s.Trained.Contains(ids[i])).Logits[ids[i]];
            double expected = Math.Log(logits.Sum(z => Math.Exp(z))) - logits[labelOf[ids[i]]];
            actual[i].ShouldBe((float)expected, tolerance: 1e-5f);
        }
        epochs.Select(e => (e.Half, e.Epoch.Epoch)).ShouldBe([(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]);
    }

    [Fact]
    public void A_temperature_softens_both_halves()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithIdAsFirstFeature(60);
        nn.Module<Tensor, Tensor> Create(int half) => new Mlp(8, [8], 3, seed: half);
        using IrreducibleLosses plain = Fit(Create, data, Options), flat = Fit(Create, data, Options with { Temperature = 1e9 });

        Toys.Floats(flat.Of(data.Ids)).ShouldAllBe(loss => Math.Abs(loss - Math.Log(3)) < 1e-4);
        flat.Facts.ShouldBe(plain.Facts with { Temperature = 1e9, Seconds = flat.Facts.Seconds });
    }

    [Fact]
    public void No_irreducible_loss_of_a_copy_comes_from_a_model_that_saw_another_copy()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset originals = WithIdAsFirstFeature(60), data = originals.Repeat(3);
        var spies = new Spy[2];
        using IrreducibleLosses irreducible = Fit(half => spies[half] = new Spy(half), data, Options);

        // A spy sees the first feature, which is the id of the original for every copy.
        spies[0].Trained.Overlaps(spies[1].Trained).ShouldBeFalse();
        foreach (Spy spy in spies)
        {
            spy.Trained.Count.ShouldBe(30);
            spy.Logits.Keys.ShouldBe(Toys.Longs(originals.Ids).Except(spy.Trained), ignoreOrder: true);
        }
        irreducible.Count.ShouldBe(180);
        float[] losses = Toys.Floats(irreducible.Of(data.Ids));
        for (int copy = 1; copy < 3; copy++)   // rows are the set three times over
        {
            for (int i = 0; i < 60; i++) { losses[60 * copy + i].ShouldBe(losses[i], tolerance: 1e-6f); }
        }
    }

    [Fact]
    public void Each_checkpoint_is_chosen_on_the_half_that_its_model_did_not_see()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.PointsWithRandomLabels(60);
        var epochs = new List<HoldoutEpoch>[] { [], [] };
        HoldoutTrainingOptions options = Options with { Epochs = 10, Optimizer = new AdamWOptions { LearningRate = 0.05 } };
        using IrreducibleLosses irreducible = Fit(half => new Mlp(8, [16], 3, seed: 5 + half), data, options,
            (half, epoch) => epochs[half].Add(epoch));
        // Equal halves: the mean over D is the mean of the two lowest validation losses.
        irreducible.Facts.Loss.ShouldBe((epochs[0].Min(e => e.Loss) + epochs[1].Min(e => e.Loss)) / 2, tolerance: 1e-6);
        irreducible.Facts.Epoch.ShouldBe(epochs[0].MinBy(e => e.Loss)!.Epoch);
        epochs.ShouldAllBe(e => e.MinBy(x => x.Loss)!.Epoch < 10);   // memorising random labels: the last epoch is not the best
        irreducible.Facts.Source.ShouldBe("cross-fit");
        irreducible.Facts.Architecture.ShouldBe("Mlp");
    }

    [Fact]
    public void Losses_are_kept_by_id_whatever_the_row_order()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset ascending = WithIdAsFirstFeature(60);
        using LabeledDataset descending = ascending.Subset(ascending.Ids.flip(0));
        using IrreducibleLosses irreducible = Fit(half => new Spy(half), descending, Options);
        irreducible.RequireSameData(ascending);   // the fingerprint does not depend on row order either
        long[] ids = [142, 100, 513];             // rows 6, 0 and 59 of the ascending set
        float[] together = Toys.Floats(irreducible.Of(tensor(ids)));
        for (int i = 0; i < ids.Length; i++) { Toys.Floats(irreducible.Of(tensor([ids[i]])))[0].ShouldBe(together[i]); }
        together.Distinct().Count().ShouldBe(3);
        using var folder = new TemporaryFolder();
        irreducible.Save(folder.File("il"));
        long[] stored = Toys.Longs(RhoLoss.Serialization.SafetensorsFile.Read(folder.File("il")).Tensors["id"]);
        stored.ShouldBe(Toys.Longs(ascending.Ids));
    }

    [Fact]
    public void The_seed_decides_the_halves()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithIdAsFirstFeature(60);
        HashSet<long> FirstHalf(long seed)
        {
            Spy? first = null;
            Fit(half => half == 0 ? first = new Spy(half) : new Spy(half), data, Options with { Epochs = 1, Seed = seed }).Dispose();
            return first!.Trained;
        }
        HashSet<long> reference = FirstHalf(3);
        FirstHalf(3).SetEquals(reference).ShouldBeTrue();
        FirstHalf(4).SetEquals(reference).ShouldBeFalse();
    }

    [Fact]
    public void Models_are_freed_and_cancellation_returns_nothing()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithIdAsFirstFeature(60);
        using var cancellation = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => CrossFit.Run(half => new Spy(half), data, Options, (half, _) =>
        {
            if (half == 1) { cancellation.Cancel(); }
        }, cancellation.Token));
    }

    private static IrreducibleLosses Fit(
        Func<int, nn.Module<Tensor, Tensor>> createModel,
        LabeledDataset data,
        HoldoutTrainingOptions options,
        Action<int, HoldoutEpoch>? onEpoch = null) =>
        CrossFit.Run(createModel, data, options, onEpoch, TestContext.Current.CancellationToken);

    /// <summary>Ids 100, 107, … as the first feature, which float32 holds exactly; 20 of each of three classes for 60.</summary>
    private static LabeledDataset WithIdAsFirstFeature(int count)
    {
        using LabeledDataset points = Toys.PointsWithRandomLabels(count);
        using IDisposable scope = NewDisposeScope();
        Tensor inputs = points.StoredInputs.clone();
        inputs.select(1, 0).copy_(points.Ids.to(float32));
        return new LabeledDataset(inputs, points.Labels.clone(), points.Classes, points.Ids.clone());
    }

    /// <summary>Records the ids it is trained on and, for each id it is evaluated on, the latest logits.</summary>
    private sealed class Spy : nn.Module<Tensor, Tensor>
    {
        private readonly Mlp _inner;

        public Spy(int half) : base(nameof(Spy))
        {
            _inner = new Mlp(8, [6], 3, seed: 5 + half);
            RegisterComponents();
        }

        public HashSet<long> Trained { get; } = [];

        public Dictionary<long, float[]> Logits { get; } = [];

        public override Tensor forward(Tensor input)
        {
            long[] ids = Toys.Longs(input.select(1, 0).to(int64));
            Tensor scaled = input.clone();
            scaled.select(1, 0).div_(100f);
            Tensor logits = _inner.forward(scaled);
            if (training)
            {
                Trained.UnionWith(ids);
            }
            else
            {
                for (int i = 0; i < ids.Length; i++) { Logits[ids[i]] = Toys.Floats(logits[i]); }
            }
            return logits;
        }
    }
}
