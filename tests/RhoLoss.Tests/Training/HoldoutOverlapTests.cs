using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>A holdout that holds what it is to judge.</summary>
public sealed class HoldoutOverlapTests
{
    [Fact]
    public void The_training_set_itself_is_refused_and_CrossFit_named()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        string message = Refused(data, data);
        message.ShouldStartWith("The holdout set must share no example with the training set, but all of its 40 examples have inputs of "
            + "the training set (id 100, 107, 114, 121, 128, …)");
        message.ShouldContain("use CrossFit");
    }

    [Fact]
    public void The_same_inputs_with_other_labels_are_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40), corrupted = data.WithLabels((data.Labels + 1) % 3);
        Refused(data, corrupted).ShouldContain("all of its 40 examples");
    }

    [Theory]
    [InlineData(0, 30, 29, 40, 1)]     // one example of a common pool that is in both
    [InlineData(0, 10, 0, 40, 10)]     // a holdout that was not taken out of the training set
    [InlineData(0, 40, 30, 40, 10)]    // a training set that is a part of the holdout
    public void Parts_of_one_data_set_must_not_overlap(int holdoutFrom, int holdoutTo, int trainingFrom, int trainingTo, int shared)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset all = Toys.Points(40);
        using LabeledDataset holdout = Part(all, holdoutFrom, holdoutTo), training = Part(all, trainingFrom, trainingTo);
        string count = shared == holdout.Count ? "all" : $"{shared}";
        long first = Toys.Longs(all.Ids)[trainingFrom];
        string message = Refused(holdout, training);
        message.ShouldContain($"but {count} of its {holdout.Count} examples have inputs of the training set (id {first}");
    }

    [Fact]
    public void A_copy_under_other_ids_is_found_by_its_content()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        Tensor inputs = data.StoredInputs.slice(0, 20, 40, 1).clone(), labels = data.Labels.slice(0, 20, 40, 1).clone();
        using var holdout = new LabeledDataset(inputs, labels, 3);   // ids 0..19
        Refused(holdout, data).ShouldContain("but all of its 20 examples have inputs of the training set (id 0, 1, 2, 3, 4, …)");
    }

    [Fact]
    public void Sets_that_were_numbered_apart_are_no_overlap()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(40, seed: 2), data = Toys.Points(40);   // the same ids, other inputs
        Accepted(holdout, data);
    }

    [Fact]
    public void Inputs_that_are_common_anyway_are_no_overlap()
    {
        using var check = new NoTensorLeaks();
        // Three yes-or-no features have eight values, so that 40 rows of each set hold the same ones, and about an eighth agree row by row.
        using LabeledDataset holdout = YesOrNo(seed: 2), data = YesOrNo(seed: 1);
        Accepted(holdout, data);
    }

    [Fact]
    public void Parts_of_one_data_set_without_common_examples_are_no_overlap()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset all = Toys.Points(80);
        using LabeledDataset holdout = Part(all, 0, 40), training = Part(all, 40, 80);
        Accepted(holdout, training);
    }

    private static string Refused(LabeledDataset holdout, LabeledDataset training)
    {
        using var model = new Mlp((int)training.InputShape[0], [4], 3, seed: 1);
        byte[] before = Toys.Bits(model);
        string message = Should.Throw<InvalidInputException>(() => Train(model, holdout, training)).Message;
        Toys.Bits(model).ShouldBe(before);
        return message;
    }

    private static void Accepted(LabeledDataset holdout, LabeledDataset training)
    {
        using var model = new Mlp((int)training.InputShape[0], [4], 3, seed: 1);
        using IrreducibleLosses losses = Train(model, holdout, training);
        losses.Fingerprint!.Value.ShouldBe(training.Fingerprint.Value);
    }

    private static IrreducibleLosses Train(Mlp model, LabeledDataset holdout, LabeledDataset training) =>
        HoldoutTraining.Run(model, holdout, training, new HoldoutTrainingOptions { Epochs = 1, BatchSize = 10 });

    private static LabeledDataset Part(LabeledDataset data, int from, int to)
    {
        using Tensor ids = data.Ids.slice(0, from, to, 1);
        return data.Subset(ids);
    }

    private static LabeledDataset YesOrNo(long seed)
    {
        using IDisposable scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        return new LabeledDataset(randint(0, 2, [40, 3], generator: generator).to(float32), arange(40, dtype: int64) % 3, 3);
    }
}
