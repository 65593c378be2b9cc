using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class ExampleLedgerTests
{
    [Fact]
    public void Candidates_have_their_losses_and_the_trained_their_counts_and_losses_of_the_training_pass()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(5);
        using var ledger = new ExampleLedger(data);
        using IDisposable scope = NewDisposeScope();
        ledger.Observe(Step(data, candidates: [0, 1, 2], losses: [1, 2, 3], reference: [0.5f, 0.25f, 0], trained: [2, 0], [4, 5]));
        ledger.Observe(Step(data, candidates: [2, 3], losses: [6, 7], reference: null, trained: [2], [8]));

        ledger.TimesSelected.data<int>().ToArray().ShouldBe([1, 0, 2, 0, 0]);
        // The second: as a candidate. The last was never one.
        ledger.LastLoss.data<float>().ToArray().ShouldBe([5, 2, 8, 7, float.NaN]);
        ledger.ReferenceLoss.data<float>().ToArray().ShouldBe([0.5f, 0.25f, 0, float.NaN, float.NaN]);
        // 4 + 4 + 4 bytes an example.
        new[] { ledger.TimesSelected, ledger.LastLoss, ledger.ReferenceLoss }.Sum(c => c.NumberOfElements * c.ElementSize)
            .ShouldBe(12 * data.Count);
    }

    [Fact]
    public void Losses_of_a_proxy_or_a_memory_are_not_the_models()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(3);
        using var ledger = new ExampleLedger(data);
        using IDisposable scope = NewDisposeScope();
        ledger.Observe(Step(data, [0, 1], [1, 2], null, trained: [1], [3], speaksForTarget: false));
        ledger.LastLoss.data<float>().ToArray().ShouldBe([float.NaN, 3, float.NaN]);
    }

    [Fact]
    public void An_example_that_is_drawn_twice_counts_twice()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(3);
        using var ledger = new ExampleLedger(data);
        using IDisposable scope = NewDisposeScope();
        ledger.Observe(Step(data, [0, 1], [1, 2], null, trained: [1, 1], [2, 2]));
        ledger.TimesSelected.data<int>().ToArray().ShouldBe([0, 2, 0]);
    }

    [Fact]
    public void A_checkpoint_keeps_it_and_one_of_other_data_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(3), other = Toys.Points(4);
        using ExampleLedger ledger = new(data), resumed = new(data), foreign = new(other);
        using IDisposable scope = NewDisposeScope();
        ledger.Observe(Step(data, [0, 1], [1, 2], [3, 4], trained: [1], [2]));
        var checkpoint = new Checkpoint();
        ledger.Capture(checkpoint);
        resumed.Restore(checkpoint);
        resumed.TimesSelected.data<int>().ToArray().ShouldBe(ledger.TimesSelected.data<int>().ToArray());
        Toys.Bits(resumed.LastLoss).ShouldBe(Toys.Bits(ledger.LastLoss));
        Toys.Bits(resumed.ReferenceLoss).ShouldBe(Toys.Bits(ledger.ReferenceLoss));
        Should.Throw<InvalidInputException>(() => foreign.Restore(checkpoint));
        foreign.TimesSelected.data<int>().ToArray().ShouldBe([0, 0, 0, 0]);
    }

    [Fact]
    public void The_file_has_a_row_an_example_by_id()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Points(3);
        using var ledger = new ExampleLedger(data);
        using IDisposable scope = NewDisposeScope();
        ledger.Observe(Step(data, [0, 1], [1, 2], [3, 4], trained: [1], [2]));
        ledger.Save(folder["examples.safetensors"]);

        (Dictionary<string, Tensor> columns, Dictionary<string, string> facts) = SafetensorsFile.Read(folder["examples.safetensors"]);
        columns.Keys.Order().ShouldBe(["id", "last-loss", "reference-loss", "times-selected"]);
        columns["id"].data<long>().ToArray().ShouldBe([100, 107, 114], "as Toys makes them");
        columns["times-selected"].data<int>().ToArray().ShouldBe([0, 1, 0]);
        facts["data"].ShouldBe(data.Fingerprint.Value);
    }

    private static TrainingStep Step(
        LabeledDataset data, long[] candidates, float[] losses, float[]? reference, long[] trained, float[] trainedLosses,
        bool speaksForTarget = true)
    {
        Tensor Ids(long[] rows) => data.Ids.index_select(0, tensor(rows));
        var scored = new ScoredCandidates(Ids(candidates), null, null, null, tensor(losses), reference is null ? null : tensor(reference))
        {
            SpeaksForTarget = speaksForTarget,
        };
        Batch batch = data.Gather(Ids(trained));
        Tensor positions = tensor(trained.Select(row => (long)Array.IndexOf(candidates, row)).ToArray());
        return new TrainingStep(
            1, new SelectedBatch(batch, positions, null, scored),
            new TrainedBatch(batch, zeros(trained.Length, 3), tensor(trainedLosses), Objective.CrossEntropy), Loss: 1);
    }
}
