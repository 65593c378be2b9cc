using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>Regression, several labels an example and a loss per token, from the irreducible losses to the evaluation.</summary>
public sealed class OwnObjectiveTests
{
    private const int Length = 5, Words = 4;

    [Theory]
    [InlineData("regression")]
    [InlineData("several labels")]
    [InlineData("tokens")]
    public void An_objective_is_the_loss_everywhere(string task)
    {
        using var check = new NoTensorLeaks();
        (Objective objective, int outputs) = TaskOf(task);
        using LabeledDataset data = Data(task, count: 60, seed: 1), holdout = Data(task, count: 40, seed: 2);
        using nn.Module<Tensor, Tensor> model = Net(outputs, seed: 3), small = Net(outputs, seed: 4);
        using IrreducibleLosses losses = HoldoutTraining.Run(small, holdout, data,
            new HoldoutTrainingOptions { Epochs = 3, BatchSize = 10, Objective = objective });
        Tensor own = objective.PerExample(small.forward(data.StoredInputs), data.Labels);
        Examples.Values(losses.Of(data.Ids)).ShouldBe(Examples.Values(own.detach()), tolerance: 1e-5);
        using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, losses, new TrainerOptions
        {
            BatchSize = 4,
            LargeBatchSize = 12,
            Objective = objective,
            Optimizer = new AdamWOptions { LearningRate = 0.01 },
        });
        double before = Evaluator.Evaluate(model, data, objective).Loss;
        trainer.OnStep = step =>
        {
            ScoredCandidates c = step.Selected.Candidates;
            Tensor labels = data.LabelsOf(c.Indices);
            Examples.Values(c.Loss!).ShouldBe(Examples.Values(objective.PerExample(c.Logits!, labels)), tolerance: 1e-6);
            Examples.Values(c.Scores!).ShouldBe(Examples.Values(c.Loss! - losses.Of(c.Indices)), tolerance: 1e-6);
            Tensor trained = objective.PerExample(step.Trained.Logits, step.Selected.Labels);
            Examples.Values(step.Trained.Losses).ShouldBe(Examples.Values(trained), tolerance: 1e-6);
        };
        for (int step = 0; step < 60; step++) { trainer.Step(); }
        Evaluation after = Evaluator.Evaluate(trainer.Model, data, objective);
        after.Loss.ShouldBeLessThan(before);
        double.IsNaN(after.Accuracy).ShouldBe(task == "regression");
    }

    // Every scorer by its own names; what a memory knows of an example never seen is the highest of those that were.
    [Theory]
    [InlineData("proxy")]
    [InlineData("last-seen")]
    [InlineData("cascade")]
    [InlineData("live irreducible losses")]
    public void Every_scorer_takes_the_objective_of_the_trainer(string scorer)
    {
        using var check = new NoTensorLeaks();
        var objective = new SquaredError();
        using LabeledDataset data = Data("regression", count: 60, seed: 1);
        using IrreducibleLosses losses = IrreducibleLosses.From(zeros(60), data, Toys.Facts);
        using nn.Module<Tensor, Tensor> model = Net(2, seed: 3);
        var options = new TrainerOptions { BatchSize = 4, LargeBatchSize = 12, Objective = objective };
        using Trainer trainer = ScorerTrainers.Create(scorer, model, Net(2, seed: 5), data, losses, options);
        for (int step = 0; step < 12; step++) { double.IsFinite(trainer.Step().Loss).ShouldBeTrue(); }
    }

    [Fact]
    public void A_memory_takes_what_it_never_saw_for_the_highest_that_it_saw_where_nothing_is_known_before_training()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data("regression", count: 4, seed: 1);
        using var selector = new BatchSelector(new LastSeenScorer(data, new InputScorer(), rescored: 0), SelectionFunctions.TrainLoss,
            null, 1, new BatchSelectorOptions { LargeBatchSize = 4, Objective = new SquaredError() });
        Batch two = data.Gather(data.Ids.slice(0, 0, 2, 1));
        selector.Observe(two, two.Labels + tensor(new float[,] { { 1, 1 }, { 3, 3 } }));   // squared errors 1 and 9
        Examples.Values(selector.Select(data, new LargeBatch(1, data.Ids)).Candidates.Loss!).ShouldBe([1, 9, 9, 9], tolerance: 1e-5);
    }

    [Fact]
    public void Weights_after_the_forward_pass_choose_inside_the_batch()
    {
        using var check = new NoTensorLeaks();
        var objective = new TokenCrossEntropy();
        using LabeledDataset data = Data("tokens", count: 8, seed: 1);
        using nn.Module<Tensor, Tensor> model = Net(Words, seed: 3), twin = Net(Words, seed: 3);
        var options = new TrainerOptions
        {
            BatchSize = 8,
            Objective = objective,
            Optimizer = new SgdOptions { LearningRate = 0.1 },
            Weighting = (losses, batch) => losses.gt(losses.mean()).to(float32),
        };
        using var trainer = new Trainer(model, data, options);
        double expected = 0;
        trainer.OnStep = step =>
        {
            Tensor elements = objective.PerElement(twin.forward(step.Selected.Inputs), step.Selected.Labels);
            Tensor kept = elements.detach().gt(elements.detach().mean()).to(float32) * objective.Counted(step.Selected.Labels);
            Tensor loss = (elements * kept).sum() / kept.sum();
            loss.backward();
            using (no_grad()) { foreach (TorchSharp.Modules.Parameter p in twin.parameters()) { p.sub_(p.grad! * 0.1f); } }
            expected = loss.item<float>();
        };
        trainer.Step().Loss.ShouldBe(expected, tolerance: 1e-6);
        foreach ((Tensor own, Tensor other) in model.parameters().Zip(twin.parameters()))
        {
            Examples.Values(own.flatten()).ShouldBe(Examples.Values(other.flatten()), tolerance: 1e-6);
        }
    }

    [Fact]
    public void A_temperature_is_refused_where_outputs_are_no_logits()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data("regression", count: 12, seed: 1), holdout = Data("regression", count: 12, seed: 2);
        using nn.Module<Tensor, Tensor> model = Net(2, seed: 3);
        var options = new HoldoutTrainingOptions { Epochs = 1, BatchSize = 4, Objective = new SquaredError(), Temperature = 2 };
        Should.Throw<ArgumentOutOfRangeException>(() => HoldoutTraining.Run(model, holdout, data, options)).Message
            .ShouldStartWith("A temperature softens logits, which the outputs of SquaredError are not: it must be 1.");
        using var reference = new LearningReference(Net(2, seed: 4), new AdamWOptions(), temperature: 2);
        using var selector = new BatchSelector(model, SelectionFunctions.ReducibleHoldoutLoss, reference, 1,
            new BatchSelectorOptions { LargeBatchSize = 12, Objective = new SquaredError() });
        Should.Throw<ArgumentOutOfRangeException>(() => selector.Select(data, new LargeBatch(1, data.Ids)));
    }

    [Fact]
    public void A_selector_that_scores_for_another_objective_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data("regression", count: 12, seed: 1);
        using nn.Module<Tensor, Tensor> model = Net(2, seed: 3);
        var options = new TrainerOptions { BatchSize = 2, Objective = new SquaredError() };
        Should.Throw<InvalidOperationException>(() => new Trainer(
            model, data, target => new BatchSelector(target.Model, SelectionFunctions.TrainLoss, null, 2), options)).Message
            .ShouldStartWith("The model is trained for SquaredError, but its batches are chosen for ClassCrossEntropy.");
        using var trainer = new Trainer(model, data, target => new BatchSelector(
            target.Model, SelectionFunctions.TrainLoss, null, 2, new BatchSelectorOptions { Objective = target.Objective }), options);
        trainer.Step().Trained.ShouldBe(12 * 2 / 20);
    }

    [Theory]
    [InlineData("negative")]
    [InlineData("zero")]
    [InlineData("shape")]
    public void Weights_that_are_no_weights_are_refused(string fault)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(8);
        using var model = new Mlp(8, [4], 3, seed: 1);
        Func<Tensor, Batch, Tensor> weighting = (losses, _) => fault switch
        {
            "negative" => tensor([-1f, 1, 1, 1]),
            "zero" => zeros_like(losses),
            _ => zeros(4, 2),
        };
        using var trainer = new Trainer(model, data, new TrainerOptions { BatchSize = 4, Weighting = weighting });
        Should.Throw<InvalidOperationException>(() => trainer.Step()).Message.ShouldStartWith("Weights ");
    }

    [Fact]
    public void What_needs_classes_refuses_labels_that_are_none()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data("regression", count: 12, seed: 1);
        Should.Throw<InvalidOperationException>(() => data.CountByClass()).Message
            .ShouldBe("Counting by class needs a class for each example, but the labels of this data set are no classes.");
        Should.Throw<InvalidOperationException>(() => LabelNoise.Uniform(data, 0.1, seed: 1));
        using nn.Module<Tensor, Tensor> model = Net(2, seed: 3);
        using var trainer = new Trainer(model, data, new TrainerOptions { BatchSize = 4 });   // cross-entropy
        Should.Throw<InvalidInputException>(() => trainer.Step()).Message.ShouldContain("Train with an objective that fits them");
    }

    [Fact]
    public void A_change_of_one_label_changes_the_fingerprint_and_a_cross_fit_covers_all()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data("regression", count: 12, seed: 1);
        Tensor labels = data.Labels.clone();
        labels[3] += 0.001f;
        using LabeledDataset changed = data.WithLabels(labels);
        data.Fingerprint.DifferenceFrom(changed.Fingerprint).ShouldStartWith("labels differ for 1 of 12 examples (id 3)");
        using IrreducibleLosses losses = CrossFit.Run(half => Net(2, seed: half), data,
            new HoldoutTrainingOptions { Epochs = 1, BatchSize = 4, Objective = new SquaredError() });
        losses.Count.ShouldBe(12);
        double.IsNaN(losses.Facts.Accuracy).ShouldBeTrue();
    }

    private static (Objective Objective, int Outputs) TaskOf(string task) => task switch
    {
        "regression" => (new SquaredError(), 2),
        "several labels" => (new BinaryCrossEntropy(), 3),
        _ => (new TokenCrossEntropy(), Words),
    };

    private static LabeledDataset Data(string task, int count, long seed)
    {
        using IDisposable scope = NewDisposeScope();
        using Generator random = Seeding.Stream(seed, 0);
        Tensor inputs = task == "tokens" ? randn(count, Length, 6, generator: random) : randn(count, 6, generator: random);
        Tensor truth = randn(6, task == "tokens" ? Words : task == "regression" ? 2 : 3, generator: new Generator(9));
        Tensor outputs = inputs.matmul(truth);
        Tensor labels = task switch
        {
            "regression" => outputs,
            "several labels" => outputs.gt(0).to(float32),
            _ => outputs.argmax(2),
        };
        if (task == "tokens") { labels.slice(1, Length - 1, Length, 1).fill_(-100); }
        return LabeledDataset.WithTargets(inputs, labels);
    }

    private static nn.Module<Tensor, Tensor> Net(int outputs, long seed)
    {
        TorchSharp.Modules.Linear linear = nn.Linear(6, outputs);
        Initialization.Reset(linear, seed);
        return linear;
    }
}
