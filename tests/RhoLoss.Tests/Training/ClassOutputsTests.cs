using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>Labels that the model has no output for, and a single output, of which every loss is 0 and every prediction right.</summary>
public sealed class ClassOutputsTests
{
    private static readonly TrainerOptions Options = new() { BatchSize = 2, LargeBatchSize = 4 };

    public static TheoryData<string> Ways =>
    [
        "trainer", "uniform trainer", "bfloat16 trainer", "holdout", "cross-fit", "svp", "selector", "selector of batches", "dropout",
        "original", "evaluator", "confusion",
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_label_without_an_output_is_named_with_its_example_before_any_step(string way)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(30, classes: 3), holdout = Toys.Points(30, classes: 3, seed: 2);   // every class occurs
        using var model = new DropoutMlp(outputs: 2);
        byte[] before = Toys.Bits(model);
        string message = Should.Throw<InvalidInputException>(() => Use(way, model, data, holdout)).Message;
        message.ShouldEndWith(" has label 2, but the model has 2 outputs, for the labels 0 to 1. Give the model an output for each class, "
            + "or correct the labels.");
        long id = long.Parse(message.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        Toys.Longs((way == "holdout" ? holdout : data).LabelsOf(tensor([id]))).ShouldBe([2]);
        Toys.Bits(model).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_single_output_is_no_classifier(string way)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(30, classes: 1), holdout = Toys.Points(30, classes: 1, seed: 2);
        using var model = new DropoutMlp(outputs: 1);
        byte[] before = Toys.Bits(model);
        Should.Throw<InvalidInputException>(() => Use(way, model, data, holdout)).Message
            .ShouldStartWith("A classifier must have at least two outputs, but the model has 1: ");
        Toys.Bits(model).ShouldBe(before);
    }

    [Fact]
    public void Outputs_of_another_shape_are_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(6);
        using var model = new PassThrough();
        Should.Throw<InvalidInputException>(() => Evaluator.Evaluate(model, data)).Message
            .ShouldStartWith("A model must give logits of shape [n, C], a number for each example and class, but gave [6, 3, 8, 8] for 6 ");
    }

    [Fact]
    public void More_outputs_than_classes_are_allowed()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(12, classes: 3);
        using var model = new Mlp(8, [6], 10, seed: 1);   // an output layer made for other data
        using var trainer = new Trainer(model, data, SelectionFunctions.TrainLoss, null, Options);
        Toys.Record(trainer, 2).Count.ShouldBe(2);
        Evaluator.Evaluate(model, data).Count.ShouldBe(12);
    }

    [Fact]
    public void A_negative_label_in_a_batch_of_the_users_own_is_refused()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using var selector = new BatchSelector(model, SelectionFunctions.TrainLoss, null, 1);
        var batch = new Batch(tensor([5L, 6]), ones(2, 3), tensor([0L, -100]));   // −100 is what PyTorch ignores without a word
        Should.Throw<InvalidInputException>(() => selector.Select(batch)).Message
            .ShouldBe("Labels must be whole numbers from 0, but example 6 has label -100.");
    }

    [Fact]
    public void The_largest_label_of_a_data_set_is_looked_up_once()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(12);
        Batch first = data.Gather(data.Ids.slice(0, 0, 4, 1)), second = data.Gather(data.Ids.slice(0, 4, 8, 1));
        second.At(tensor([0L])).LargestLabel.ShouldBeSameAs(first.LargestLabel);
        Toys.Longs(data.LabelsOf(tensor([first.LargestLabel.Id]))).ShouldBe([first.LargestLabel.Label]);
    }

    [Fact]
    public void A_holdout_of_other_classes_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(30, classes: 2, seed: 2), data = Toys.Points(30, classes: 3);
        using var model = new Mlp(8, [6], 3, seed: 1);
        Should.Throw<InvalidInputException>(() => HoldoutTraining.Run(model, holdout, data, new() { Epochs = 1 })).Message
            .ShouldStartWith("The holdout set must have the classes of the training set, but has 2 for 3.");
    }

    [Fact]
    public void Logit_adjustment_needs_as_many_outputs_as_classes()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(30, seed: 2), data = Toys.Points(30);
        using var model = new Mlp(8, [6], 5, seed: 1);
        var options = new HoldoutTrainingOptions { Epochs = 1, LogitAdjustment = 1 };
        Should.Throw<InvalidInputException>(() => HoldoutTraining.Run(model, holdout, data, options)).Message
            .ShouldBe("Logit adjustment needs an output for each class and no other, but the model has 5 outputs for 3 classes.");
    }

    private static void Use(string way, DropoutMlp model, LabeledDataset data, LabeledDataset holdout)
    {
        var options = new HoldoutTrainingOptions { Epochs = 1, BatchSize = 4 };
        switch (way)
        {
            case "trainer": Step(SelectionFunctions.TrainLoss, Options); break;
            case "uniform trainer": Step(SelectionFunctions.Uniform, Options); break;
            case "bfloat16 trainer":
                Step(SelectionFunctions.Uniform, Options with { Format = new() { Precision = Precision.BFloat16 } });
                break;
            case "holdout": HoldoutTraining.Run(model, holdout, data, options).Dispose(); break;
            case "cross-fit": CrossFit.Run(_ => new DropoutMlp((int)model.Outputs), data, options).Dispose(); break;
            case "svp": SelectionViaProxy.Run(model, data, 0.5, Options, epochs: 1); break;
            case "selector": Select(new TargetScorer(model), SelectionFunctions.TrainLoss); break;
            case "selector of batches":
                using (var selector = new BatchSelector(model, SelectionFunctions.TrainLoss, null, 2))
                {
                    selector.Select(new Batch(data.Ids, data.StoredInputs, data.Labels));
                }
                break;
            case "dropout": Select(new TargetScorer(model), SelectionFunctions.Bald(2)); break;
            case "original":
                using (var target = new Mlp(8, [4], 3, seed: 1))
                {
                    var learning = new DropoutMlp((int)model.Outputs);
                    using var reference = new LearningReference(learning, new AdamWOptions());
                    Select(new TargetScorer(target), SelectionFunctions.ReducibleHoldoutLoss, reference);
                }
                break;
            case "evaluator": Evaluator.Evaluate(model, data); break;
            default: Evaluator.ConfusionMatrix(model, data); break;
        }

        void Step(SelectionFunction score, TrainerOptions trainerOptions)
        {
            using var trainer = new Trainer(model, data, score, null, trainerOptions);
            trainer.Step();
        }

        void Select(Scorer scorer, SelectionFunction score, Reference? reference = null)
        {
            using var selector = new BatchSelector(scorer, score, reference, 2);
            selector.Select(data, new LargeBatch(1, data.Ids));
        }
    }

    private sealed class DropoutMlp : nn.Module<Tensor, Tensor>
    {
        private readonly Mlp _mlp;

        public DropoutMlp(int outputs) : base(nameof(DropoutMlp))
        {
            Outputs = outputs;
            _mlp = new Mlp(8, [4], outputs, seed: 1, dropout: 0.5);
            register_module("mlp", _mlp);
        }

        public long Outputs { get; }

        public override Tensor forward(Tensor input) => _mlp.forward(input);
    }
}
