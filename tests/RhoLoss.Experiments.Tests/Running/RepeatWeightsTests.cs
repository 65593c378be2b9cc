using RhoLoss.Data;
using RhoLoss.Experiments.Arms;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>Weights r^k of examples that were trained on k times before.</summary>
public sealed class RepeatWeightsTests
{
    // With r = 1/2: after a step on 7 and 3, another on 3 and 5 and a third on 3, the examples 9, 5, 7, 3 have k = 0, 1, 1, 3.
    [Fact]
    public void A_weight_is_r_to_the_times_trained_over_the_mean_of_the_batch()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        using var weights = new RepeatWeights(new Given(), data, factor: 0.5);

        Select(weights, data, 7, 3).ShouldBe([1, 1]);
        Observe(weights, data, 7, 3);
        Select(weights, data, 3, 5).ShouldBe([0.5f / 0.75f, 1 / 0.75f], tolerance: 1e-6);
        Observe(weights, data, 3, 5);
        Observe(weights, data, 3);

        const float mean = (1 + 0.5f + 0.5f + 0.125f) / 4;
        Select(weights, data, 9, 5, 7, 3).ShouldBe([1 / mean, 0.5f / mean, 0.5f / mean, 0.125f / mean], tolerance: 1e-6);
        Select(weights, data, 3).ShouldBe([1]);   // alone in its batch
    }

    [Fact]
    public void What_was_chosen_and_not_trained_on_is_not_counted_and_weights_of_a_sampler_are_factors()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        using var weights = new RepeatWeights(new Given([3f, 1f]), data, factor: 0.5);

        Select(weights, data, 3, 5).ShouldBe([1.5f, 0.5f]);
        Select(weights, data, 3, 5).ShouldBe([1.5f, 0.5f]);
        Observe(weights, data, 3);
        Select(weights, data, 3, 5).ShouldBe([1.5f / 1.25f, 1 / 1.25f], tolerance: 1e-6);
    }

    [Fact]
    public void However_often_all_were_trained_on_the_mean_is_1()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        using var weights = new RepeatWeights(new Given(), data, factor: 1e-3);
        for (int i = 0; i < 200; i++) { Observe(weights, data, 3, 5); }   // 1e-600 is no number of any format
        Observe(weights, data, 5);

        Select(weights, data, 3, 5).ShouldBe([2 / 1.001f, 0.002f / 1.001f], tolerance: 1e-6);
    }

    [Fact]
    public void Counts_are_restored_and_what_chooses_keeps_its_own_state()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        using DisposeScope scope = NewDisposeScope();
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        using (var before = new RepeatWeights(new Given { Kept = 5 }, data, factor: 0.5))
        {
            Observe(before, data, 3);
            before.Capture(state);
            foreach (string name in state.Keys.ToArray()) { state[name] = state[name].clone(); }
        }
        var chooses = new Given();
        using var after = new RepeatWeights(chooses, data, factor: 0.5);
        after.Restore(name => state[name]);

        Select(after, data, 3, 5).ShouldBe([0.5f / 0.75f, 1 / 0.75f], tolerance: 1e-6);
        chooses.Kept.ShouldBe(5);
        chooses.Observed.ShouldBe(0);
        Observe(after, data, 3);
        chooses.Observed.ShouldBe(1);
        after.LargeBatchSize.ShouldBe(4);
    }

    /// <summary>Ids that neither ascend nor are without gaps.</summary>
    private static LabeledDataset Data() => new(
        zeros(4, 2), zeros(4, dtype: int64), classes: 2, ids: tensor(new long[] { 9, 3, 7, 5 }));

    private static float[] Select(RepeatWeights selector, LabeledDataset data, params long[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. selector.Select(data, new LargeBatch(1, tensor(ids))).Weights!.data<float>()];
    }

    private static void Observe(RepeatWeights selector, LabeledDataset data, params long[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        selector.Observe(TrainedBatch.Of(data.Gather(tensor(ids)), zeros(ids.Length, 2)));
    }

    /// <summary>Chooses all that it is offered, with these weights.</summary>
    private sealed class Given(float[]? weights = null) : IBatchSelector
    {
        public int LargeBatchSize => 4;

        public long Kept { get; set; }

        public int Observed { get; private set; }

        public SelectedBatch Select(LabeledDataset data, LargeBatch largeBatch, Augmentation? augmentation = null)
        {
            Batch batch = data.Gather(largeBatch.Ids);
            return new SelectedBatch(
                batch, arange(batch.Count, dtype: int64), weights is null ? null : tensor(weights),
                new ScoredCandidates(batch.Indices, null, null, null, null, null));
        }

        public void Observe(TrainedBatch trained) => Observed++;

        public void Capture(IDictionary<string, Tensor> state) => state["kept"] = tensor(Kept);

        public void Restore(Func<string, Tensor> state) => Kept = state("kept").item<long>();

        public void Dispose() { }
    }
}
