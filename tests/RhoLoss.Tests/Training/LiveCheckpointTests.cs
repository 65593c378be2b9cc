using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>Checkpoints of a trainer that goes on in the same process, and trainers that they do not fit.</summary>
public sealed class LiveCheckpointTests
{
    [Theory]
    [InlineData("uniform")]
    [InlineData("last-seen")]
    [InlineData("proxy")]
    [InlineData("infobatch")]
    [InlineData("live irreducible losses")]
    public void A_trainer_goes_back_to_what_it_captured_before_further_steps(string scorer)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using var model = new Mlp(8, [6], 3, seed: 5);
        var options = new TrainerOptions { BatchSize = 4, LargeBatchSize = 12, Seed = 3 };
        using Trainer trainer = ScorerTrainers.Create(scorer, model, new Mlp(8, [6], 3, seed: 15), data, losses, options);
        Toys.Record(trainer, 5);
        Checkpoint there = trainer.Capture();
        byte[] before = Toys.Bits(model);
        List<StepTrace> expected = Toys.Record(trainer, 6);

        trainer.Restore(there);

        Toys.Bits(model).ShouldBe(before);
        Toys.Record(trainer, 6).ShouldBe(expected);
    }

    [Theory]
    [InlineData("trainer.optimizer", "AdamWOptions(")]
    [InlineData("trainer.objective", "BinaryCrossEntropy")]
    [InlineData("trainer.selection-function", "TrainLoss")]
    [InlineData("trainer.large-batch-size", "20")]
    [InlineData("trainer.drawing", "ProportionalSampling(")]
    [InlineData("trainer.data", "")]
    public void A_trainer_that_would_go_on_otherwise_names_what_differs(string name, string written)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using LabeledDataset relabelled = data.WithLabels(data.Labels.flip(0));
        using Mlp first = new(8, [6], 3, seed: 5), second = new(8, [6], 3, seed: 6);
        var options = new TrainerOptions { BatchSize = 4, LargeBatchSize = 12 };
        using var trainer = new Trainer(first, data, SelectionFunctions.Uniform, null, options);
        using Trainer other = name switch
        {
            "trainer.optimizer" => Other(options with { Optimizer = new AdamWOptions { LearningRate = 0.5 } }),
            "trainer.objective" => Other(options with { Objective = new BinaryCrossEntropy() }),
            "trainer.selection-function" => new Trainer(second, data, SelectionFunctions.TrainLoss, null, options),
            "trainer.large-batch-size" => Other(options with { LargeBatchSize = 20 }),
            "trainer.drawing" => Other(options with { Selection = new() { Drawing = new ProportionalSampling(2) } }),
            _ => new Trainer(second, relabelled, SelectionFunctions.Uniform, null, options),
        };
        byte[] before = Toys.Bits(first);

        string message = Should.Throw<InvalidInputException>(() => trainer.Restore(other.Capture())).Message;

        message.ShouldStartWith($"The checkpoint was written with {name} = {written}");
        Toys.Bits(first).ShouldBe(before);

        Trainer Other(TrainerOptions changed) => new(second, data, SelectionFunctions.Uniform, null, changed);
    }

    [Fact]
    public void Parts_that_use_the_same_names_do_not_meet_in_a_checkpoint()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var reference = new NamedReference(3);
        using var trainer = new Trainer(model, data,
            _ => new BatchSelector(new NamedScorer(2), SelectionFunctions.TrainLoss, reference, 4),
            new TrainerOptions { BatchSize = 4, Sampler = (ids, size, seed) => new NamedSampler(ids, size, seed, 1) });

        Checkpoint captured = trainer.Capture();

        string[] names = [.. captured.Tensors.Where(t => t.Key.EndsWith(".model.fc1.weight", StringComparison.Ordinal))
            .Select(t => $"{t.Key} {t.Value.item<long>()}").Order(StringComparer.Ordinal)];
        names.ShouldBe([
            "sampler.model.fc1.weight 1", "selector.reference.model.fc1.weight 3", "selector.scorer.model.fc1.weight 2",
        ]);
    }

    private const string Name = "model.fc1.weight";

    private sealed class NamedScorer(long number) : Scorer
    {
        public override string Name => "named";

        public override Measurements Measure(Candidates candidates, Measures wanted) =>
            candidates.MeasurementsOf(zeros(candidates.Count, 3), wanted);

        public override void Capture(IDictionary<string, Tensor> state) => state[LiveCheckpointTests.Name] = tensor(number);
    }

    private sealed class NamedReference(long number) : Reference
    {
        public override Tensor Loss(Candidates candidates) => zeros(candidates.Count);

        public override void Capture(IDictionary<string, Tensor> state) => state[Name] = tensor(number);
    }

    private sealed class NamedSampler(Tensor ids, int size, long seed, long number) : IExampleSampler
    {
        private readonly ShuffledSampler _inner = new(ids, size, seed);

        public int Count => _inner.Count;

        public SamplerState State => _inner.State;

        public bool AtEpochStart => _inner.AtEpochStart;

        public LargeBatch Next(int size, double progress) => _inner.Next(size);

        public void Observe(TrainedBatch trained) { }

        public void Capture(IDictionary<string, Tensor> state) => state[Name] = tensor(number);

        public void Restore(Func<string, Tensor> state) { }

        public void Dispose() => _inner.Dispose();
    }
}
