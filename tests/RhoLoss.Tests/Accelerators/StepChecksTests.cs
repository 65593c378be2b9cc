using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Logging;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Accelerators;

/// <summary>Checks that wait for the loss, as on a device: here on the processor, where trainers are told to let them wait.</summary>
public sealed class StepChecksTests
{
    [Theory]
    [InlineData("uniform")]
    [InlineData("rho-loss")]
    [InlineData("infobatch")]
    public void A_step_reads_one_number_of_the_device(string method)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Flagged();
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using Trainer trainer = Train(model, data, method, irreducible, late: true);
        using var tracker = new SelectionTracker(data);
        trainer.OnStep = tracker.Observe;
        trainer.Step();
        for (int step = 0; step < 4; step++)
        {
            long before = StepChecks.Reads;
            trainer.Step();
            (StepChecks.Reads - before).ShouldBe(1);
        }
    }

    [Theory]
    [InlineData("uniform")]
    [InlineData("rho-loss")]
    [InlineData("infobatch")]
    public void Steps_are_the_same(string method)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(60);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        List<StepTrace> Steps(bool late)
        {
            using var model = new Mlp(8, [6], 3, seed: 5);
            using Trainer trainer = Train(model, data, method, irreducible, late);
            return Toys.Record(trainer, 20);
        }

        Steps(late: true).ShouldBe(Steps(late: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_id_that_the_data_do_not_have_is_named_before_the_update_and_the_next_step_is_taken(bool late)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(60);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, new TrainerOptions
        {
            BatchSize = 4,
            ChecksLate = late,
            Sampler = (ids, size, seed) => new OnceStrange(new ShuffledSampler(ids, size, seed)),
        });
        byte[] before = Toys.Bits(model);
        Should.Throw<InvalidInputException>(() => trainer.Step()).Message
            .ShouldBe("The data set has no example with id 99 (1 of 4 requested ids are missing).");   // ids of Toys begin at 100
        Toys.Bits(model).ShouldBe(before);
        trainer.Step().Step.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_score_that_is_not_finite_is_told_before_the_loss_that_is_not(bool late)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset points = Toys.Points(12);
        using Tensor inputs = points.StoredInputs.clone();
        inputs[7].fill_(float.NaN);
        using var data = new LabeledDataset(inputs.clone(), points.Labels.clone(), 3, points.Ids.clone());
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using Trainer trainer = Train(model, data, "rho-loss", irreducible, late);
        byte[] before = Toys.Bits(model);
        NonFiniteScoreException stop = Should.Throw<NonFiniteScoreException>(() =>
        {
            for (int step = 0; step < 2; step++)   // 12 examples are two large batches of at most 8
            {
                before = Toys.Bits(model);
                trainer.Step();
            }
        });
        stop.ExampleIds.ShouldBe([100 + (7 * 7)]);
        Toys.Bits(model).ShouldBe(before);
    }

    [Fact]
    public void What_is_checked_after_the_loss_is_read_before_a_checkpoint_and_with_the_next_loss()
    {
        using var check = new NoTensorLeaks();
        using var checks = new StepChecks(always: true);
        foreach (bool settled in (bool[])[true, false])
        {
            using (checks.Enter())
            {
                StepChecks.Read(ones(1)).ShouldBe(1);
                StepChecks.Refuse(tensor([false, true]), tensor([3L, 5L]), ids => new InvalidInputException($"{string.Join(' ', ids)}"));
                checks.Complete();
            }
            Should.Throw<InvalidInputException>(() =>
            {
                if (settled) { checks.Settle(); }
                using StepChecks.Entered next = checks.Enter();
                StepChecks.Read(ones(1));
            }).Message.ShouldBe("5");
        }
    }

    [Fact]
    public void Outside_a_step_everything_is_read_at_once()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidInputException>(() =>
            StepChecks.Refuse(tensor([true]), tensor([3L]), _ => new InvalidInputException("now"))).Message.ShouldBe("now");
    }

    private static Trainer Train(Mlp model, LabeledDataset data, string method, IrreducibleLosses irreducible, bool late)
    {
        var options = new TrainerOptions { BatchSize = 4, LargeBatchSize = 8, ChecksLate = late };
        return method switch
        {
            "rho-loss" => new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible, options),
            "uniform" => new Trainer(model, data, SelectionFunctions.Uniform, null, options),
            _ => new Trainer(model, data, options with { Sampler = Toys.Pruning }),
        };
    }

    private static LabeledDataset Flagged()
    {
        LabeledDataset data = Toys.Points(60);
        data.SetFlag(ExampleFlags.Corrupted, zeros(60, dtype: @bool));
        data.SetFlag(ExampleFlags.LowRelevance, ones(60, dtype: @bool));
        return data;
    }

    /// <summary>Its first batch has an id that no data set of the toys has.</summary>
    private sealed class OnceStrange(ShuffledSampler inner) : IExampleSampler
    {
        private bool _done;

        public int Count => inner.Count;

        public SamplerState State => inner.State;

        public bool AtEpochStart => inner.AtEpochStart;

        public LargeBatch Next(int size, double progress)
        {
            LargeBatch next = inner.Next(size);
            if (!_done) { next.Ids[2] = 99; }
            _done = true;
            return next;
        }

        public IReadOnlyList<LargeBatch> Ahead(int count, int size, double progress) => inner.Ahead(count, size);

        public void Observe(TrainedBatch trained) { }

        public void Capture(IDictionary<string, Tensor> state) => inner.Capture(state);

        public void Restore(Func<string, Tensor> state) => inner.Restore(state);

        public void Dispose() => inner.Dispose();
    }
}
