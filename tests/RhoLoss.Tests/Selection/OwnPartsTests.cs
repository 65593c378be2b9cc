using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

/// <summary>What a user of the library brings: a selection function tested by numbers, a drawing, a sampler.</summary>
public sealed class OwnPartsTests
{
    [Fact]
    public void A_selection_function_is_tested_by_numbers_alone()
    {
        using var check = new NoTensorLeaks();
        // Two classes, logits (0, ln 3): the loss of class 0 is ln 4, of class 1 ln 4/3.
        Tensor logits = tensor([0f, MathF.Log(3), 0f, MathF.Log(3)]).reshape(2, 2);
        Candidates two = Candidates.Of(tensor([0L, 1L]), logits, irreducibleLosses: tensor([0.5f, 0.25f]), ids: tensor([70L, 10L]));
        two.Count.ShouldBe(2);
        Toys.Longs(two.Indices).ShouldBe([70, 10]);
        Toys.Floats(SelectionFunctions.ReducibleHoldoutLoss(two)).Select(f => (double)f)
            .ShouldBe([Math.Log(4) - 0.5, Math.Log(4.0 / 3) - 0.25], tolerance: 1e-6);
    }

    [Fact]
    public void Candidates_of_numbers_draw_by_seed_and_step_and_lack_what_was_not_given()
    {
        using var check = new NoTensorLeaks();
        Candidates Of(long step, long seed) => Candidates.Of(zeros(5, dtype: int64), zeros(5, 2), step: step, seed: seed);
        float[] drawn = Toys.Floats(Of(step: 3, seed: 7).Random());
        Toys.Floats(Of(step: 3, seed: 7).Random()).ShouldBe(drawn);
        Toys.Floats(Of(step: 4, seed: 7).Random()).ShouldNotBe(drawn);
        Toys.Floats(Of(step: 3, seed: 8).Random()).ShouldNotBe(drawn);
        Should.Throw<InvalidInputException>(() => Of(1, 0).IrreducibleLoss).Message.ShouldContain("needs irreducible losses");
        Should.Throw<InvalidInputException>(() => Candidates.Of(tensor([2L]), zeros(1, 2)).Loss).Message.ShouldContain("label");
    }

    [Fact]
    public void A_drawing_of_ones_own_chooses_b_t_and_its_weights_meet_those_of_the_sampler()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(6);
        using var model = new Mlp(8, [4], 3, seed: 1);
        using var selector = new BatchSelector(model, c => arange(c.Count).to(float32), null, 2,
            new BatchSelectorOptions { LargeBatchSize = 6, Drawing = new Smallest() });
        var largeBatch = new LargeBatch(1, data.Ids.clone(), tensor([1f, 3f, 1f, 1f, 1f, 1f]));
        SelectedBatch selected = selector.Select(data, largeBatch);
        Toys.Longs(selected.Positions).ShouldBe([0, 1]);
        Toys.Floats(selected.Weights!).ShouldBe([2, 6]);   // 2 by the drawing, times 1 and 3 by the sampler
    }

    [Fact]
    public void A_drawing_that_returns_another_number_is_refused_by_name()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(6);
        using var model = new Mlp(8, [4], 3, seed: 1);
        using var selector = new BatchSelector(model, SelectionFunctions.TrainLoss, null, 2,
            new BatchSelectorOptions { LargeBatchSize = 6, Drawing = new Everything() });
        Should.Throw<InvalidOperationException>(() => selector.Select(data, new LargeBatch(1, data.Ids))).Message
            .ShouldBe("A drawing must return int64 positions of shape [2], but Everything returned Int64 of shape [6].");
    }

    [Fact]
    public void A_drawing_that_chooses_what_is_no_candidate_is_refused_by_name()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(6);
        using var model = new Mlp(8, [4], 3, seed: 1);
        using var selector = new BatchSelector(model, SelectionFunctions.TrainLoss, null, 2,
            new BatchSelectorOptions { LargeBatchSize = 6, Drawing = new Beyond() });
        Should.Throw<InvalidOperationException>(() => selector.Select(data, new LargeBatch(1, data.Ids))).Message
            .ShouldBe("A drawing must return positions in 0..5, but those of Beyond range over 0..6.");
    }

    private sealed record Beyond : Drawing
    {
        public override Drawn Draw(Tensor scores, int count, Generator random) => new(tensor([0L, scores.shape[0]]));
    }

    [Fact]
    public void Weights_that_are_not_one_for_each_are_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(6);
        using var model = new Mlp(8, [4], 3, seed: 1);
        using var selector = new BatchSelector(model, SelectionFunctions.TrainLoss, null, 2,
            new BatchSelectorOptions { LargeBatchSize = 6, Drawing = new Tall() });
        Should.Throw<InvalidOperationException>(() => selector.Select(data, new LargeBatch(1, data.Ids))).Message
            .ShouldBe("A drawing must return weights of shape [2], one for each position, but those of Tall have shape [2, 1].");
        Should.Throw<ArgumentException>(() => data.Gather(new LargeBatch(1, data.Ids, ones(7)))).Message
            .ShouldStartWith("A sampler's weights must be one for each id, shape [6], but have shape [7].");
        Should.Throw<ArgumentException>(() => Candidates.Of(zeros(2, dtype: int64), zeros(2, 2), irreducibleLosses: ones(1))).Message
            .ShouldStartWith("Irreducible losses must be one for each label, shape [2], but have shape [1].");
    }

    [Fact]
    public void A_sampler_of_ones_own_hands_out_the_batches_of_a_trainer()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(10);
        using var model = new Mlp(8, [4], 3, seed: 1);
        var options = new TrainerOptions { BatchSize = 3, LargeBatchSize = 3, Sampler = (ids, _, _) => new InOrder(ids) };
        using var trainer = new Trainer(model, data, SelectionFunctions.TrainLoss, null, options);
        string[] seen = [.. Toys.Record(trainer, 4).Select(step => string.Join(' ', step.Ids.Split(' ').Select(long.Parse).Order()))];
        // Ids of Toys are 100 + 7·row; ten rows by three.
        seen.ShouldBe(["100 107 114", "121 128 135", "142 149 156", "163"]);
        trainer.EpochsTaken.ShouldBe(1);
    }

    private sealed record Smallest : Drawing
    {
        public override Drawn Draw(Tensor scores, int count, Generator random) =>
            new(scores.argsort().slice(0, 0, count, 1), full(count, 2f));
    }

    private sealed record Tall : Drawing
    {
        public override Drawn Draw(Tensor scores, int count, Generator random) =>
            new(scores.argsort().slice(0, 0, count, 1), ones(count, 1));
    }

    private sealed record Everything : Drawing
    {
        public override Drawn Draw(Tensor scores, int count, Generator random) => new(arange(scores.shape[0], dtype: int64));
    }

    private sealed class InOrder(Tensor ids) : IExampleSampler
    {
        private readonly Tensor _ids = ids.clone().DetachFromDisposeScope();

        public int Count => (int)_ids.shape[0];

        public SamplerState State { get; private set; }

        public bool AtEpochStart => State.Position == 0;

        public LargeBatch Next(int size, double progress)
        {
            long end = Math.Min(State.Position + size, Count);
            var next = new LargeBatch(State.Steps + 1, _ids.slice(0, State.Position, end, 1).clone());
            State = end == Count ? new SamplerState(State.Epoch + 1, 0, next.Step) : State with { Position = (int)end, Steps = next.Step };
            return next;
        }

        public void Observe(TrainedBatch trained) { }

        public void Capture(IDictionary<string, Tensor> state) => state["in-order"] = tensor([State.Epoch, State.Position, State.Steps]);

        public void Restore(Func<string, Tensor> state)
        {
            long[] at = state("in-order").data<long>().ToArray();
            State = new SamplerState((int)at[0], (int)at[1], at[2]);
        }

        public void Dispose() => _ids.Dispose();
    }
}
