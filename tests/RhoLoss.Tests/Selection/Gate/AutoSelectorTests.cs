using RhoLoss.Data;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Gate;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection.Gate;

/// <summary>
/// The gate on a clock that only moves when told: 1 second to train, a known number to score a candidate, none to gather. 40 examples with
/// IL 0, so p_IL = 1, of which every second is learnt while the world is useful: 1 − p_t is ½ for the others and 0 for these.
/// </summary>
public sealed class AutoSelectorTests
{
    private const int N = 40, BatchSize = 4;

    /// <summary>min(1, 2q)^δ with the default δ = 0.6.</summary>
    // Exponents of this test, so that the defaults can follow what is measured.
    private static readonly GateOptions Exponents = new() { Exponent = 0.5, Concentration = 0.6, ProxyConcentration = 0.9 };

    private static double Concentration(double share) => Math.Pow(Math.Min(1, 2 * share), 0.6);

    private const double Training = 1, TargetForward = 0.002;

    // 3 untimed and 5 timed uniform steps, then 1 + 3 a scorer.
    private const int UniformSteps = 8, StepsPerScorer = 4;

    /// <summary>Logits (0, 0) for what is not learnt, (50, 0) for what is; takes time.</summary>
    private sealed class TimedScorer(ManualTime time, World world, string name, double secondsPerCandidate, bool target = true) : Scorer
    {
        public List<long[]> Asked { get; } = [];

        public double SecondsToObserve { get; init; }

        public override string Name => name;

        public override bool LearnsFromSteps => SecondsToObserve > 0;

        public override bool SpeaksForTarget => target;

        public override Measurements Measure(Candidates candidates, Measures wanted)
        {
            Asked.Add(Toys.Longs(candidates.Indices));
            candidates.CountForwarded(candidates.Count);
            time.Pass(secondsPerCandidate * candidates.Count);
            Tensor learnt = (candidates.Indices % 2).eq(1).to(float32) * (world.Useful ? 50 : 0);
            return candidates.MeasurementsOf(stack([learnt, zeros_like(learnt)], 1), wanted);
        }

        public override void Observe(TrainedBatch trained) => time.Pass(SecondsToObserve);
    }

    private sealed class World
    {
        public bool Useful { get; set; } = true;
    }

    /// <summary>Loading that takes time for each example.</summary>
    private sealed class SlowLoading(ManualTime time, double seconds) : Augmentation(0)
    {
        protected override Tensor Apply(Tensor inputs, Span<ExampleRandom> random)
        {
            time.Pass(seconds * inputs.shape[0]);
            return inputs.clone();
        }
    }

    private sealed class Run : IDisposable
    {
        private readonly LabeledDataset _data = new(zeros(N, 1), zeros(N, dtype: int64), 2);
        private readonly IrreducibleLosses _losses;
        private readonly Augmentation? _loading;

        public Run(double[] secondsPerCandidate, GateOptions? options = null, double loading = 0, double observing = 0)
        {
            using IDisposable scope = NewDisposeScope();
            _losses = IrreducibleLosses.From(zeros(N), _data, Toys.Facts);
            Target = new TimedScorer(Time, World, "target", TargetForward);
            Scorers =
            [
                .. secondsPerCandidate.Select((s, i) => new TimedScorer(Time, World, $"scorer {i}", s) { SecondsToObserve = observing }),
            ];
            Selector = new AutoSelector(_data, Target, Scorers, SelectionFunctions.Learnability, _losses, BatchSize,
                (options ?? Exponents) with { WindowSize = N }, Time)
            {
                OnDecision = Decisions.Add,
            };
            _loading = loading > 0 ? new SlowLoading(Time, loading) : null;
        }

        public ManualTime Time { get; } = new();

        public World World { get; } = new();

        public TimedScorer Target { get; }

        public TimedScorer[] Scorers { get; }

        public AutoSelector Selector { get; }

        public List<GateDecision> Decisions { get; } = [];

        /// <summary>|B_t| of each step.</summary>
        public List<int> LargeBatches { get; } = [];

        public void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                using IDisposable scope = NewDisposeScope();
                LargeBatches.Add(Selector.LargeBatchSize);
                SelectedBatch selected = Selector.Select(_data,
                    new LargeBatch(LargeBatches.Count, _data.Ids.slice(0, 0, Selector.LargeBatchSize, 1)), _loading);
                selected.Batch.Count.ShouldBe(BatchSize);
                Time.Pass(Training);
                Selector.Observe(TrainedBatch.Of(selected.Batch, zeros(BatchSize, 2)));
            }
        }

        /// <summary>
        /// 1 / share of the last window that was not learnt: what the most
        /// useful share has over the mean, as long as it is the smaller one.
        /// </summary>
        public double Ratio => (double)N / Target.Asked[^1].Count(id => id % 2 == 0);

        public void Dispose()
        {
            Selector.Dispose();
            _losses.Dispose();
            _data.Dispose();
        }
    }

    [Fact]
    public void Calibration_is_uniform_then_each_scorer_for_a_few_training_steps()
    {
        using var check = new NoTensorLeaks();
        using var run = new Run([0.01, 0.02]);
        run.Steps(UniformSteps + 2 * StepsPerScorer);
        run.LargeBatches.ShouldBe([.. Enumerable.Repeat(4, UniformSteps), .. Enumerable.Repeat(8, 2 * StepsPerScorer)]);   // q = 1, then ½
        run.Scorers.ShouldAllBe(s => s.Asked.Count == StepsPerScorer && s.Asked.All(ids => ids.Length == 8));
        run.Decisions.Single().Step.ShouldBe(UniformSteps + 2 * StepsPerScorer);
        run.Target.Asked.Single().Length.ShouldBe(N);
    }

    [Fact]
    public void The_numbers_of_a_decision_are_those_of_the_clock()
    {
        using var check = new NoTensorLeaks();
        using var run = new Run([0.01, 0.05]);
        run.Steps(UniformSteps + 2 * StepsPerScorer);
        GateDecision decision = run.Decisions.Single();

        decision.UniformStepSeconds.ShouldBe(1, 1e-9);
        decision.LoadSeconds.ShouldBe(0, 1e-9);
        decision.ForwardShare.ShouldBe(TargetForward * BatchSize, 1e-9);   // f = 0.008 s of 1 s
        decision.WindowSeconds.ShouldBe(TargetForward * N, 1e-9);
        decision.Options.Count.ShouldBe(1 + 2 * 3);                        // uniform; two scorers with ½, ¼ and 0.1
        decision.Options[0].ShouldBe(new GateOption(null, 1, 1, 1, 0, 1));
        foreach (GateOption option in decision.Options.Skip(1))
        {
            double seconds = option.Scorer == "scorer 0" ? 0.01 : 0.05;
            double kept = Math.Floor(option.Share * N), useful = N / run.Ratio;
            // Of the kept, how many are not learnt, over the share in the window.
            double usefulness = Math.Min(1, useful / kept) * run.Ratio;
            double cost = 1 + seconds * BatchSize / option.Share;          // C = 1 s to train and n_B candidates to score
            option.RelativeForward.ShouldBe(seconds / TargetForward, 1e-9);   // ρ
            option.Usefulness.ShouldBe(usefulness, 1e-5, option.ToString());
            option.Cost.ShouldBe(cost, 1e-9);
            option.ExpectedSpeedup.ShouldBe(Math.Sqrt(usefulness) * Concentration(option.Share) / cost, 1e-5);   // γ = ½
            // C = 1 + f·ρ/q of the cost model.
            option.Cost.ShouldBe(1 + decision.ForwardShare * option.RelativeForward / option.Share, 1e-9);
        }
    }

    [Fact]
    public void A_scorer_that_speaks_for_the_target_may_choose_more_narrowly()
    {
        using var check = new NoTensorLeaks();
        var time = new ManualTime();
        using LabeledDataset data = new(zeros(N, 1), zeros(N, dtype: int64), 2);
        using IrreducibleLosses losses = IrreducibleLosses.From(zeros(N), data, Toys.Facts);
        GateDecision? decision = null;
        using var selector = new AutoSelector(
            data,
            new TimedScorer(time, new World(), "target", TargetForward),
            [new TimedScorer(time, new World(), "itself", 0.01), new TimedScorer(time, new World(), "other", 0.01, target: false)],
            SelectionFunctions.Learnability,
            losses,
            BatchSize,
            Exponents with { WindowSize = N },
            time)
        {
            OnDecision = d => decision ??= d,
        };
        long step = 0;
        while (decision is null)
        {
            SelectedBatch selected = selector.Select(data, new LargeBatch(++step, data.Ids.slice(0, 0, selector.LargeBatchSize, 1)));
            selector.Observe(TrainedBatch.Of(selected.Batch, zeros(selected.Batch.Count, 2)));
            time.Pass(Training);
        }
        foreach (GateOption option in decision.Options.Where(o => o.Scorer is not null))
        {
            double exponent = option.Scorer == "itself" ? 0.6 : 0.9;
            option.ExpectedSpeedup.ShouldBe(Math.Sqrt(option.Usefulness) * Math.Pow(Math.Min(1, 2 * option.Share), exponent) / option.Cost,
                1e-6, option.ToString());
        }
    }

    [Fact]
    public void Uniform_is_chosen_when_all_scorers_are_too_slow()
    {
        using var check = new NoTensorLeaks();
        using var run = new Run([0.5, 1]);   // C of q = ½: 1 + 8·0.5 = 5; the usefulness of about 2 gives √2
        run.Steps(60);
        run.Decisions.Count.ShouldBeGreaterThan(1);
        run.Decisions.ShouldAllBe(d => d.Scorer == null && d.Share == 1);
        run.LargeBatches.Skip(UniformSteps + 2 * StepsPerScorer).ShouldAllBe(n => n == BatchSize);
        run.Decisions[0].ToString().ShouldStartWith("uniform: the best selection (scorer 0, q = 0.5) would be 0.");
    }

    [Fact]
    public void The_cheap_scorer_is_chosen_when_selection_is_useful()
    {
        using var check = new NoTensorLeaks();
        using var run = new Run([0.2, 0.01]);
        run.Steps(60);
        run.Decisions.ShouldAllBe(d => d.Scorer == "scorer 1");
        // Which one depends on how many the window had.
        run.Decisions[0].Share.ShouldBe(run.Decisions[0].Options.MaxBy(o => o.ExpectedSpeedup)!.Share);
        run.Scorers[0].Asked.Count.ShouldBe(StepsPerScorer);
        run.Scorers[1].Asked.Count.ShouldBe(StepsPerScorer + 60 - UniformSteps - 2 * StepsPerScorer);
        run.Decisions[0].ToString().ShouldStartWith($"scorer 1, q = {run.Decisions[0].Share}: usefulness ");
    }

    [Fact]
    public void Uniform_comes_back_when_the_usefulness_vanishes_and_goes_when_it_returns()
    {
        using var check = new NoTensorLeaks();
        using var run = new Run([0.01]);
        run.Steps(20);
        run.Decisions[^1].Scorer.ShouldBe("scorer 0");
        run.World.Useful = false;
        run.Steps(20);
        run.Decisions[^1].Scorer.ShouldBeNull();
        run.Decisions[^1].Options.ShouldAllBe(o => Math.Abs(o.Usefulness - 1) < 1e-5);   // nothing to prefer
        run.Selector.LargeBatchSize.ShouldBe(BatchSize);
        run.World.Useful = true;
        run.Steps(20);
        run.Decisions[^1].Scorer.ShouldBe("scorer 0");
    }

    [Fact]
    public void Windows_come_every_ten_steps_or_as_rarely_as_their_budget_says()
    {
        using var check = new NoTensorLeaks();
        using Run cheap = new([0.01]), dear = new([0.01], Exponents with { WindowBudget = 0.002 });
        cheap.Steps(70);
        dear.Steps(70);
        int first = UniformSteps + StepsPerScorer;
        // 0.08 s / 1 % = 8 steps of 1 s: at least 10.
        cheap.Decisions.Select(d => d.Step).ShouldBe([first, first + 10, first + 20, first + 30, first + 40, first + 50]);
        dear.Decisions.Select(d => d.Step).ShouldBe([first, first + 40]);   // 0.08 s / 0.2 %
    }

    [Fact]
    public void Seconds_saved_are_those_of_the_clock_windows_and_calibration_included()
    {
        using var check = new NoTensorLeaks();
        using var run = new Run([0.01]);
        run.Steps(UniformSteps + StepsPerScorer);
        // Four calibration steps scored 8 candidates each; one window.
        double expected = -4 * 8 * 0.01 - TargetForward * N;
        run.Selector.NetSecondsSaved.ShouldBe(expected, 1e-9);
        run.Decisions[0].NetSecondsSaved.ShouldBe(expected, 1e-9);

        GateOption chosen = run.Decisions[0].Options.Single(o => o.Scorer == "scorer 0" && o.Share == run.Decisions[0].Share);
        run.Steps(5);
        // Each step is worth usefulness^γ uniform ones of 1 s and took 1 s + n_B · 0.01 s.
        expected += 5 * (Math.Sqrt(chosen.Usefulness) * Concentration(chosen.Share) - 1 - 0.01 * BatchSize / chosen.Share);
        run.Selector.NetSecondsSaved.ShouldBe(expected, 1e-5);
    }

    [Fact]
    public void A_scorer_that_learns_beside_the_target_learns_from_every_tenth_step_of_uniform_and_its_learning_is_part_of_its_cost()
    {
        using var check = new NoTensorLeaks();
        using var run = new Run([1], observing: 0.3);
        run.Steps(UniformSteps + StepsPerScorer);
        double before = run.Selector.NetSecondsSaved;
        run.Steps(9);   // steps 13 to 21 of the run: one of them follows a multiple of ten
        run.Decisions.Single().Scorer.ShouldBeNull();
        (run.Selector.NetSecondsSaved - before).ShouldBe(-0.3, 1e-9);
        run.Decisions.Single().Options.Single(o => o.Scorer is not null && o.Share == 0.5).Cost
            .ShouldBe(1 + 1 * BatchSize / 0.5 + 0.3, 1e-9);
    }

    [Fact]
    public void Loading_is_part_of_a_uniform_step_and_of_what_a_candidate_costs()
    {
        using var check = new NoTensorLeaks();
        using var run = new Run([0], loading: 0.05);
        run.Steps(UniformSteps + StepsPerScorer);
        GateDecision decision = run.Decisions.Single();
        decision.UniformStepSeconds.ShouldBe(1 + 4 * 0.05, 1e-9);
        decision.LoadSeconds.ShouldBe(4 * 0.05, 1e-9);
        // The fake scorer needs no inputs, so only the 4 chosen of 8 are gathered: 0.025 s a candidate, 8 of them at q = ½.
        decision.Options.Single(o => o.Scorer is not null && o.Share == 0.5).Cost.ShouldBe((1 + 8 * 0.025) / 1.2, 1e-9);
    }

    [Fact]
    public void A_short_last_batch_does_not_make_a_candidate_seem_cheap()
    {
        using var check = new NoTensorLeaks();
        var time = new ManualTime();
        var world = new World();
        using LabeledDataset data = new(zeros(N, 1), zeros(N, dtype: int64), 2);
        using IrreducibleLosses losses = IrreducibleLosses.From(zeros(N), data, Toys.Facts);
        GateDecision? decision = null;
        using var selector = new AutoSelector(
            data,
            new TimedScorer(time, world, "target", TargetForward),
            [new TimedScorer(time, world, "scorer", 0.01)],
            SelectionFunctions.Learnability,
            losses,
            BatchSize,
            Exponents with { WindowSize = N },
            time)
        {
            OnDecision = d => decision = d,
        };
        long step = 0;
        while (decision is null)
        {
            // The end of an epoch, every time.
            SelectedBatch selected = selector.Select(data, new LargeBatch(++step, data.Ids.slice(0, 0, selector.LargeBatchSize / 2, 1)));
            time.Pass(Training);
            selector.Observe(TrainedBatch.Of(selected.Batch, zeros(selected.Batch.Count, 2)));
        }
        decision.Options.First(o => o.Share == 0.5).Cost.ShouldBe(1 + 8 * 0.01, 1e-9);
    }

    [Fact]
    public void A_scorer_that_does_not_speak_for_the_target_is_judged_by_what_it_would_select()
    {
        using var check = new NoTensorLeaks();
        var time = new ManualTime();
        using LabeledDataset data = new(zeros(N, 1), zeros(N, dtype: int64), 2);
        using IrreducibleLosses losses = IrreducibleLosses.From(zeros(N), data, Toys.Facts);
        GateDecision? decision = null;
        var memory = new LastSeenScorer(data, new TimedScorer(time, new World(), "rescorer", 0.01), rescored: 1);
        using var selector = new AutoSelector(data, new TimedScorer(time, new World(), "target", TargetForward), [memory],
            SelectionFunctions.Learnability, losses, BatchSize, Exponents with { WindowSize = N }, time)
        {
            OnDecision = d => decision = d,
        };
        long step = 0;
        while (decision is null)
        {
            // Trained on the same four all the time: of the rest nothing is known, beside what was rescored in calibration.
            SelectedBatch selected = selector.Select(data, new LargeBatch(++step, data.Ids.slice(0, 0, selector.LargeBatchSize, 1)));
            selector.Observe(TrainedBatch.Of(selected.Batch, zeros(selected.Batch.Count, 2)));
            time.Pass(Training);
        }
        byte[] known = Toys.Bits(memory.AgeOf(data.Ids));
        // Of the 20 kept of 40 about half are useful by chance, which is a ratio of 1 ± 0.2; to know what is learnt would make it 2.
        decision.Options.Single(o => o.Scorer == "last-seen" && o.Share == 0.5).Usefulness.ShouldBeLessThan(1.6);
        Toys.Longs(memory.AgeOf(data.Ids)).Count(age => age > decision.Step).ShouldBeGreaterThan(N / 2, "a window remembers nothing");
        Toys.Bits(memory.AgeOf(data.Ids)).ShouldBe(known);
    }

    [Fact]
    public void Windows_leave_the_targets_BatchNorm_buffers_and_mode_as_they_were()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using var target = new TracingNet(seed: 5);
        target.train();
        byte[] before = Toys.Bits(target);
        int decisions = 0;
        using var selector = new AutoSelector(
            data,
            new TargetScorer(target, ScoringMode.Eval),
            [new TargetScorer(target), new LastSeenScorer(data, new TargetScorer(target, ScoringMode.Eval), 1)],
            SelectionFunctions.Learnability,
            losses,
            BatchSize)
        {
            OnDecision = _ => decisions++,
        };
        for (int step = 0; step < 40; step++)
        {
            using IDisposable scope = NewDisposeScope();
            SelectedBatch selected = selector.Select(data, new LargeBatch(step + 1, data.Ids.slice(0, 0, selector.LargeBatchSize, 1)));
            selector.Observe(TrainedBatch.Of(selected.Batch, zeros(selected.Batch.Count, 3)));
        }
        decisions.ShouldBeGreaterThan(0);
        Toys.Bits(target).ShouldBe(before);
        target.training.ShouldBeTrue();
    }

    [Fact]
    public void A_restored_gate_keeps_what_it_saved_and_calibrates_anew()
    {
        using var check = new NoTensorLeaks();
        using Run run = new([0.01]), resumed = new([0.01]);
        run.Steps(20);
        var state = new Dictionary<string, Tensor>();
        run.Selector.Capture(state);
        resumed.Selector.Restore(name => state[name]);
        resumed.Selector.NetSecondsSaved.ShouldBe(run.Selector.NetSecondsSaved);
        resumed.Selector.LargeBatchSize.ShouldBe(BatchSize);
        resumed.Steps(UniformSteps + StepsPerScorer);
        resumed.Decisions.Single().Step.ShouldBe(UniformSteps + StepsPerScorer);
    }

    [Fact]
    public void Nothing_to_choose_from_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = new(zeros(N, 1), zeros(N, dtype: int64), 2);
        using IrreducibleLosses losses = IrreducibleLosses.From(zeros(N), data, Toys.Facts);
        var scorer = new InputScorer();
        Should.Throw<ArgumentException>(
            () => new AutoSelector(data, scorer, [], SelectionFunctions.Learnability, losses, BatchSize)).Message
            .ShouldContain("at least one scorer");
        using IrreducibleLosses softened = IrreducibleLosses.From(zeros(N), data, Toys.Facts with { Temperature = 2 });
        Should.Throw<ArgumentException>(
            () => new AutoSelector(data, scorer, [scorer], SelectionFunctions.Learnability, softened, BatchSize)).Message
            .ShouldContain("their temperature must be 1, but is 2");
        Should.Throw<ArgumentException>(() => new AutoSelector(data, scorer, [scorer], SelectionFunctions.Learnability, losses, BatchSize,
            new GateOptions { Shares = [0.5, 1] })).Message
            .ShouldStartWith("GateOptions.Shares must be one or more numbers above 0 and below 1, but are 0.5, 1.");
    }
}
