using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class ComputeFormatTests
{
    private static readonly ComputeFormat HalfChannelsLast = new() { Precision = Precision.BFloat16, ChannelsLast = true };
    private static readonly TrainerOptions Options = new() { BatchSize = 4, LargeBatchSize = 20, Seed = 1 };

    [Fact]
    public void A_run_in_bfloat16_is_saved_in_float32_under_the_models_names_and_can_go_on_in_float32()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(50);
        using SmallResidualNet model = new(seed: 1), plain = new(seed: 2);
        using Trainer half = new(model, data, SelectionFunctions.TrainLoss, null, Options with { Format = HalfChannelsLast });
        using Trainer single = new(plain, data, SelectionFunctions.TrainLoss, null, Options);
        Toys.Record(half, 3);
        Checkpoint checkpoint = half.Capture();
        foreach ((string name, Tensor value) in plain.state_dict())
        {
            checkpoint.Tensor("model." + name).dtype.ShouldBe(value.dtype, name);
            checkpoint.Tensor("model." + name).shape.ShouldBe(value.shape, name);
        }
        checkpoint.Tensors.Keys.ShouldContain("optimizer.first-moment._conv1.weight");

        single.Restore(checkpoint);
        Evaluation inHalf = Evaluator.Evaluate(half.Model, data), inSingle = Evaluator.Evaluate(single.Model, data);
        inSingle.Loss.ShouldBe(inHalf.Loss, 0.02);   // nats; bfloat16 has relative steps of 2⁻⁸ = 0.004
        Toys.Record(single, 1)[0].Loss.ShouldBe(Toys.Record(half, 1)[0].Loss, 0.1);
    }

    [Fact]
    public void A_trained_model_is_an_ordinary_float32_one_after_its_trainer()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(50);
        using var model = new SmallResidualNet(seed: 1);
        byte[] masters;
        using (var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, Options with { Format = HalfChannelsLast }))
        {
            Toys.Record(trainer, 2);
            Dictionary<string, Tensor> saved = trainer.Capture().Tensors;
            masters = [.. model.state_dict().Keys.SelectMany(name => Toys.Bits(saved["model." + name]))];
        }
        Toys.Bits(model).ShouldBe(masters);
        Evaluator.Evaluate(model, data).Count.ShouldBe(50);
    }

    [Fact]
    public void An_irreducible_loss_model_trains_in_bfloat16_and_scores_in_float32()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(60, seed: 2), data = Toys.Points(40);
        using Mlp half = new(8, [16], 3, seed: 1), single = new(8, [16], 3, seed: 1);
        var options = new HoldoutTrainingOptions { Epochs = 10, BatchSize = 10, Optimizer = new AdamWOptions { LearningRate = 0.01 } };
        using IrreducibleLosses ofHalf = HoldoutTraining.Run(half, holdout, data, options with { Format = HalfChannelsLast });
        using IrreducibleLosses ofSingle = HoldoutTraining.Run(single, holdout, data, options);
        half.parameters().Select(p => p.dtype).Distinct().ShouldBe([float32]);
        ofHalf.Facts.Loss.ShouldBe(ofSingle.Facts.Loss, 0.1);
        ofHalf.Facts.Loss.ShouldBe(Evaluator.Evaluate(half, data).Loss, 1e-6);
    }

    [Fact]
    public void Two_trainers_of_one_float32_model_take_turns()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using Mlp model = new(8, [6], 3, seed: 1);
        using Trainer first = new(model, data, SelectionFunctions.Uniform, null, Options);
        using Trainer second = new(model, data, SelectionFunctions.Uniform, null, Options);
        Toys.Record(first, 1);
        byte[] afterFirst = Toys.Bits(model);
        Toys.Record(second, 1);
        Toys.Bits(model).ShouldNotBe(afterFirst);
        Toys.Record(first, 1);
        Dictionary<string, Tensor> saved = first.Capture().Tensors;
        Toys.Bits(model).ShouldBe([.. model.state_dict().Keys.SelectMany(name => Toys.Bits(saved["model." + name]))]);
    }
}
