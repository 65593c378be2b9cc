using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Gate;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

/// <summary>
/// A loop of one's own that never calls Observe: harmless where the target itself scores, wrong without a word everywhere else.
/// </summary>
public sealed class ObserveTests
{
    private const int Allowed = 20;   // BatchSelector's summary: the 21st selection in a row is refused

    [Theory]
    [InlineData("replica", "replica")]
    [InlineData("bfloat16 replica", "replica")]
    [InlineData("replica that is refreshed every 5 steps", "replica")]
    [InlineData("proxy", "proxy")]
    [InlineData("last-seen", "last-seen")]
    [InlineData("cascade", "cascade")]
    [InlineData("own", "inputs")]   // the paper's original function: its IL model is what learns
    public void A_scorer_that_is_not_told_of_steps_is_refused(string kind, string name)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using Mlp model = new(8, [6], 3, seed: 1);
        using var parameters = new FlatParameters(model);
        using BatchSelector selector = Scores.ByLoss(Make(kind, data, model, parameters), 4, 20);
        for (int step = 0; step < Allowed; step++)
        {
            selector.Select(data, new LargeBatch(1, data.Ids));
            Scores.Shift(model, 0.01f);
        }
        string message = Should.Throw<InvalidOperationException>(() => selector.Select(data, new LargeBatch(1, data.Ids))).Message;
        message.ShouldStartWith($"Observe must be called after every training step, but {Allowed} selections in a row passed without it, ");
        message.ShouldContain($"so the scorer {name} does not know what the target has learnt since");
        message.ShouldContain("selector.Observe(selected.Batch, logits.detach())");
        // And it stays refused.
        Should.Throw<InvalidOperationException>(() => selector.Select(data, new LargeBatch(1, data.Ids))).Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("target")]
    [InlineData("replica")]
    [InlineData("proxy")]
    [InlineData("last-seen")]
    [InlineData("cascade")]
    [InlineData("own")]
    public void A_scorer_that_is_told_of_every_step_goes_on(string kind)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using Mlp model = new(8, [6], 3, seed: 1);
        using var parameters = new FlatParameters(model);
        using BatchSelector selector = Scores.ByLoss(Make(kind, data, model, parameters), 4, 20);
        for (int step = 0; step < 2 * Allowed + 1; step++)
        {
            SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids));
            Scores.Shift(model, 0.01f);
            selector.Observe(selected.Batch, zeros(selected.Batch.Count, 3));
        }
        selector.Select(data, new LargeBatch(1, data.Ids)).Batch.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("target", true)]
    [InlineData("replica", false)]
    [InlineData("bfloat16 replica", false)]
    public void What_cannot_be_out_of_date_needs_no_Observe(string kind, bool trained)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using Mlp model = new(8, [6], 3, seed: 1);
        using var parameters = new FlatParameters(model);
        using BatchSelector selector = Scores.ByLoss(Make(kind, data, model, parameters), 4, 20);
        for (int step = 0; step < 2 * Allowed + 1; step++)
        {
            selector.Select(data, new LargeBatch(1, data.Ids));
            if (trained) { Scores.Shift(model, 0.01f); }
        }
        selector.Select(data, new LargeBatch(1, data.Ids)).Batch.Count.ShouldBe(4);
    }

    [Fact]
    public void A_reference_that_learns_and_is_not_told_of_steps_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using Mlp model = new(8, [6], 3, seed: 1);
        using var reference = new LearningReference(new Mlp(8, [4], 3, seed: 4), new AdamWOptions());
        using var selector = new BatchSelector(
            model, SelectionFunctions.ReducibleHoldoutLoss, reference, 4, new BatchSelectorOptions { LargeBatchSize = 20 });
        for (int step = 0; step < Allowed; step++) { selector.Select(data, new LargeBatch(1, data.Ids)); }
        Should.Throw<InvalidOperationException>(() => selector.Select(data, new LargeBatch(1, data.Ids))).Message
            .ShouldContain("so the reference does not know what the target has learnt since");
    }

    [Fact]
    public void A_gate_that_is_not_told_of_steps_is_refused_instead_of_training_uniformly_for_ever()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using Mlp model = new(8, [6], 3, seed: 1);
        var windows = new TargetScorer(model, ScoringMode.Eval);
        using var selector = new AutoSelector(
            data, windows, [new TargetScorer(model)], SelectionFunctions.Learnability, losses, batchSize: 4);
        Tensor ids = data.Ids.slice(0, 0, 4, 1);
        for (int step = 0; step < Allowed; step++) { selector.Select(data, new LargeBatch(1, ids)); }
        Should.Throw<InvalidOperationException>(() => selector.Select(data, new LargeBatch(1, ids))).Message
            .ShouldStartWith("Observe must be called");
    }

    private static Scorer Make(string kind, LabeledDataset data, Mlp model, FlatParameters parameters)
    {
        return kind switch
        {
            "target" => new TargetScorer(model),
            "replica" => Replica(),
            "bfloat16 replica" => Replica(new ComputeFormat { Precision = Precision.BFloat16 }),
            "replica that is refreshed every 5 steps" => Replica(refreshEvery: 5),
            "proxy" => new ProxyScorer(new Mlp(8, [4], 3, seed: 3)),
            "last-seen" => new LastSeenScorer(data, new TargetScorer(model, ScoringMode.Eval), rescored: 2),
            "cascade" => new CascadeScorer(data, new TargetScorer(model), share: 0.5),
            "own" => new InputScorer(),   // it has an Observe of its own, so it needs to be told
            _ => throw new ArgumentException(kind, nameof(kind)),
        };

        ReplicaScorer Replica(ComputeFormat? format = null, int refreshEvery = 1) =>
            new(parameters, new Mlp(8, [6], 3, seed: 2), format ?? ComputeFormat.Default, refreshEvery: refreshEvery);
    }
}
