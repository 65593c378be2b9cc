using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Gate;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>Schedules, budgets, weights of losses and clocks of a trainer.</summary>
public sealed class TrainerBudgetTests
{
    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    [Fact]
    public void The_factor_of_the_schedule_reaches_the_optimizer()
    {
        using var check = new NoTensorLeaks();
        // One example x = 2 of label 0 and logits (w·2, 0): loss ln(1 + e^(−2w)), derivative −2·σ(−2w), which is −1 at w = 0.
        using var data = new LabeledDataset(full(1, 1, 2f), tensor([0L]), 2);
        using var model = new OneWeight(0);
        using var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, new TrainerOptions
        {
            BatchSize = 1,
            LargeBatchSize = 1,
            Optimizer = new SgdOptions { LearningRate = 0.5 },
            Schedule = LearningRateSchedule.WarmupLinear(0.5),
            Budget = TrainingBudget.OfSteps(4),
        });
        trainer.Step();
        double w = 0.5 * 0.01 * 1;   // progress 0: factor 0.01
        model.Value.ShouldBe((float)w, 1e-8f);
        trainer.Step();
        w += 0.5 * (0.01 + 0.99 * 0.25 / 0.5) * 2 * Sigmoid(-2 * w);   // progress ¼, half of the warm-up
        model.Value.ShouldBe((float)w, 1e-6f);
        trainer.Step();
        w += 0.5 * 1 * 2 * Sigmoid(-2 * w);   // progress ½: the peak
        model.Value.ShouldBe((float)w, 1e-6f);
        trainer.Step();
        w += 0.5 * 0.5 * 2 * Sigmoid(-2 * w);   // progress ¾: half of the way down
        model.Value.ShouldBe((float)w, 1e-6f);
        trainer.Progress.ShouldBe(1);
        float spent = model.Value;
        trainer.Step();
        model.Value.ShouldBe(spent, "after the budget the factor is 0");
    }

    [Fact]
    public void Progress_counts_steps_epochs_or_seconds()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        Trainer With(nn.Module<Tensor, Tensor> model, TrainingBudget? budget) =>
            new(model, data, SelectionFunctions.Uniform, null, new TrainerOptions
            {
                BatchSize = 4,
                LargeBatchSize = 20,
                Budget = budget,
                SecondsSpentBefore = 5,
            });
        using Mlp a = new(8, [6], 3, seed: 1), b = new(8, [6], 3, seed: 1), c = new(8, [6], 3, seed: 1), d = new(8, [6], 3, seed: 1);
        using Trainer steps = With(a, TrainingBudget.OfSteps(10));
        using Trainer epochs = With(b, TrainingBudget.OfEpochs(2));
        using Trainer seconds = With(c, TrainingBudget.OfSeconds(1000));
        using Trainer none = With(d, null);
        // 5 s before the first step count in seconds alone.
        (steps.Progress, epochs.Progress, seconds.Progress, none.Progress).ShouldBe((0, 0, 0.005, 0));
        double[] byEpoch = [20 / 50.0 / 2, 40 / 50.0 / 2, 1 / 2.0, 1.4 / 2];   // of 50 points 20, 20 and 10
        for (int i = 0; i < 4; i++)
        {
            foreach (Trainer trainer in new[] { steps, epochs, seconds, none }) { trainer.Step(); }
            steps.Progress.ShouldBe((i + 1) / 10.0);
            epochs.Progress.ShouldBe(byEpoch[i], 1e-12);
            seconds.Progress.ShouldBe((5 + seconds.Seconds) / 1000, 1e-12);
            none.Progress.ShouldBe(0);
        }
        seconds.Seconds.ShouldBeGreaterThan(0);
    }

    /// <summary>Takes 3 s to select and 2 s to observe.</summary>
    private sealed class SlowSelector(BatchSelector inner, ManualTime time) : IBatchSelector
    {
        public int LargeBatchSize => inner.LargeBatchSize;

        public SelectedBatch Select(LabeledDataset data, LargeBatch largeBatch, Augmentation? augmentation = null)
        {
            time.Pass(3);
            return inner.Select(data, largeBatch, augmentation);
        }

        public void Observe(TrainedBatch trained) => time.Pass(2);

        public void Capture(IDictionary<string, Tensor> state) => inner.Capture(state);

        public void Restore(Func<string, Tensor> state) => inner.Restore(state);

        public void Dispose() => inner.Dispose();
    }

    [Fact]
    public void Seconds_contain_selection_and_what_a_scorer_learns_but_not_the_callback_nor_what_was_spent_before()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using var model = new Mlp(8, [6], 3, seed: 1);
        var time = new ManualTime();
        using var trainer = new Trainer(model, data, target => new SlowSelector(Scores(target), time),
            new TrainerOptions { BatchSize = 4, LargeBatchSize = 20, SecondsSpentBefore = 100, Clock = time });
        trainer.OnStep = _ => time.Pass(1000);
        for (int steps = 1; steps <= 2; steps++)
        {
            StepResult step = trainer.Step();
            step.SelectionTime.TotalSeconds.ShouldBe(3);
            step.TotalTime.TotalSeconds.ShouldBe(3 + 2);
            trainer.Seconds.ShouldBe(steps * 5);   // nor those that were spent before
        }

        static BatchSelector Scores(TrainingTarget target) =>
            new(target.Model, SelectionFunctions.TrainLoss, null, 4, new BatchSelectorOptions { LargeBatchSize = 20 });
    }

    [Fact]
    public void Weights_of_InfoBatch_reach_loss_and_gradient()
    {
        using var check = new NoTensorLeaks();
        // Logits (w·x, 0): the loss of label 0 is ln(1 + e^(−wx)) with derivative −x·σ(−wx). All labels are 0.
        using var data = new LabeledDataset(tensor(new float[,] { { 0.1f }, { 0.2f }, { 0.3f }, { 0.4f }, { 2f }, { 3f }, { 4f }, { 5f } }),
            zeros(8, dtype: int64), 2);
        using var model = new OneWeight(0.5f);
        using var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, new TrainerOptions
        {
            BatchSize = 4,
            LargeBatchSize = 4,
            Optimizer = new SgdOptions { LearningRate = 0.1 },
            Sampler = Toys.Pruning,
            Seed = 3,
        });
        double[] x = [.. Examples.Values(data.StoredInputs)];
        var last = new Dictionary<long, double>();
        int weighted = 0, seen = 0;
        long[] ids = [];
        trainer.OnStep = step => ids = Toys.Longs(step.Selected.Indices);
        for (int epoch = 0; epoch < 4; epoch++)
        {
            // The mean of the last losses at the start of the epoch decides; before the first there are none.
            var below = last.Where(l => last.Count > 0 && l.Value < last.Values.Average()).Select(l => l.Key).ToHashSet();
            bool ended = false;
            while (!ended)
            {
                double w = model.Value;
                StepResult step = trainer.Step();
                ended = step.EpochEnded;
                double[] factor = [.. ids.Select(id => below.Contains(id) ? 2.0 : 1)];   // 1 / (1 − r), r = ½
                double[] losses = [.. ids.Select(id => Math.Log(1 + Math.Exp(-w * x[id])))];
                step.Loss.ShouldBe(losses.Zip(factor, (l, f) => l * f).Average(), 1e-6);
                model.Value.ShouldBe((float)(w + 0.1 * ids.Zip(factor, (id, f) => f * x[id] * Sigmoid(-w * x[id])).Average()), 1e-6f);
                foreach ((long id, double loss) in ids.Zip(losses)) { last[id] = loss; }
                weighted += factor.Count(f => f > 1);
                seen += ids.Length;
            }
        }
        weighted.ShouldBeGreaterThan(0);
        seen.ShouldBeLessThan(4 * 8);   // something was left out
    }

    [Theory]
    [InlineData("target")]
    [InlineData("replica")]
    [InlineData("stale bf16 replica")]
    [InlineData("proxy")]
    [InlineData("last-seen")]
    [InlineData("cascade")]
    [InlineData("sampled")]
    [InlineData("percentile")]
    [InlineData("auto")]
    [InlineData("infobatch")]
    public void No_tensor_outlives_a_step(string scorer)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using nn.Module<Tensor, Tensor> model = new Mlp(8, [6], 3, seed: 5);
        using Trainer trainer = ScorerTrainers.Create(scorer, model, new Mlp(8, [6], 3, seed: 6), data, irreducible, new TrainerOptions
        {
            BatchSize = 4,
            LargeBatchSize = 20,
            Seed = 3,
        });
        for (int i = 0; i < 30; i++) { trainer.Step(); }   // memories that are made when first needed, and the gate's calibration
        long before = Toys.LiveTensors;
        for (int i = 0; i < 200; i++) { trainer.Step(); }
        // A sampler has a permutation, or a pruning one two tensors and two of its last batch, or none at the end of an epoch.
        (Toys.LiveTensors - before).ShouldBeInRange(-4, 4);
    }
}

/// <summary>Trainers by name of what scores or draws.</summary>
internal static class ScorerTrainers
{
    public static Trainer Create(
        string name,
        nn.Module<Tensor, Tensor> model,
        nn.Module<Tensor, Tensor> second,
        LabeledDataset data,
        IrreducibleLosses irreducible,
        TrainerOptions options)
    {
        static ComputeFormat Half() => new() { Precision = Precision.BFloat16 };
        bool hasSecond = name is "replica" or "stale replica" or "stale bf16 replica" or "proxy" or "proxy that learns rarely" or "auto"
            or "live irreducible losses";
        if (!hasSecond) { second.Dispose(); }
        if (name == "infobatch")
        {
            return new Trainer(model, data, SelectionFunctions.Uniform, null,
                options with { LargeBatchSize = options.BatchSize, Sampler = Toys.Pruning });
        }
        BatchSelectorOptions selection = new()
        {
            LargeBatchSize = options.LargeBatchSize,
            Objective = options.Objective,
            Seed = 9,
            Drawing = name switch
            {
                "sampled" => new ProportionalSampling(2),
                "percentile" => new PercentileSampling(),
                _ => new TopScores(),
            },
        };
        LastSeenScorer LastSeen(TrainingTarget target) => new(data, new TargetScorer(target.Model, ScoringMode.Eval), rescored: 2);
        BatchSelector By(Scorer scorer) => new(scorer, SelectionFunctions.Learnability, irreducible, options.BatchSize, selection);
        return new Trainer(model, data, target => name switch
        {
            "replica" => By(new ReplicaScorer(target.Parameters, second, ComputeFormat.Default)),
            "stale replica" => By(new ReplicaScorer(target.Parameters, second, ComputeFormat.Default, refreshEvery: 4)),
            "stale bf16 replica" => By(new ReplicaScorer(target.Parameters, second, Half(), refreshEvery: 4)),
            "proxy" => By(new ProxyScorer(second)),
            "proxy that learns rarely" =>
                By(new ProxyScorer(second, new ProxyOptions { TrainEvery = 3, TrainShare = 0.5, Format = Half() })),
            "last-seen" => By(new LastSeenScorer(data, new TargetScorer(target.Model, ScoringMode.Eval), rescored: 2)),
            "cascade" => By(new CascadeScorer(data, new TargetScorer(target.Model), share: 0.5)),
            "cascade over last-seen" => By(new CascadeScorer(data, LastSeen(target), share: 0.5)),
            "cascade over cascade over last-seen" => By(new CascadeScorer(data, new CascadeScorer(data, LastSeen(target)), share: 0.5)),
            "live irreducible losses" => new BatchSelector(
                new CascadeScorer(data, new TargetScorer(target.Model), share: 0.5), SelectionFunctions.Learnability,
                new LearningReference(second, new AdamWOptions { LearningRate = 0.05 }), options.BatchSize,
                selection with { OwnsReference = true }),
            "auto" => new AutoSelector(
                data,
                new TargetScorer(target.Model, ScoringMode.Eval),
                [new LastSeenScorer(data, new TargetScorer(target.Model, ScoringMode.Eval), 2), new ProxyScorer(second)],
                SelectionFunctions.Learnability,
                irreducible,
                options.BatchSize),
            _ => By(new TargetScorer(target.Model)),
        }, options);
    }
}
