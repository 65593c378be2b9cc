using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class LabeledDatasetTests
{
    private static readonly long[] SparseIds = [900, 3, 77, 1_000_000_007, 12];

    [Fact]
    public void Gather_returns_the_rows_of_sparse_ids_in_the_order_asked_for()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfIds(SparseIds);
        Batch batch = data.Gather(tensor([12L, 900L, 1_000_000_007L, 12L]));
        Examples.Longs(batch.Indices).ShouldBe([12, 900, 1_000_000_007, 12]);
        Examples.Values(batch.Inputs.select(1, 1)).ShouldBe([-12, -900, -1e9, -12]);   // 1,000,000,007 as float32 is 1e9: spacing 64 there
        Examples.Longs(batch.Labels).ShouldBe([1, 0, 0, 1]);                           // rows 4, 0, 3, 4 modulo 3 classes
        Examples.Longs(data.LabelsOf(tensor([77L, 3L]))).ShouldBe([2, 1]);
    }

    [Fact]
    public void Ids_are_row_numbers_when_none_are_given()
    {
        using var check = new NoTensorLeaks();
        using var data = new LabeledDataset(arange(6, float32).reshape(3, 2), tensor([0L, 1L, 0L]), 2);
        Examples.Longs(data.Ids).ShouldBe([0, 1, 2]);
        Examples.Values(data.Gather(tensor([2L])).Inputs).ShouldBe([4, 5]);
        data.Count.ShouldBe(3);
        data.InputShape.ShouldBe([2L]);
        data.CountByClass().ShouldBe([2, 1]);
    }

    [Theory]
    [InlineData(5L)]               // between known ids
    [InlineData(-1L)]              // below all of them
    [InlineData(2_000_000_000L)]   // above all of them
    public void An_unknown_id_is_an_error_that_names_it(long unknown)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset sparse = Examples.OfIds(SparseIds), dense = Examples.OfCount(5, 3);
        string message = Should.Throw<InvalidInputException>(() => sparse.Gather(tensor([3L, unknown]))).Message;
        message.ShouldContain($"no example with id {unknown} (1 of 2 requested");
        Should.Throw<InvalidInputException>(() => dense.LabelsOf(tensor([3L, unknown]))).Message.ShouldContain($"id {unknown} ");
    }

    [Fact]
    public void Subset_keeps_ids_labels_normalisation_and_flags()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfBytes([10, 20, 30], [0, 1, 2]);
        data.SetFlag("mine", tensor([true, false, true]));
        using LabeledDataset subset = data.Subset(tensor([30L, 20L]));
        Examples.Longs(subset.Ids).ShouldBe([30, 20]);
        Examples.Longs(subset.Labels).ShouldBe([2, 1]);
        Examples.Bools(subset.Flag("mine")!).ShouldBe([true, false]);
        Examples.Bools(subset.FlagOf("mine", tensor([20L]))!).ShouldBe([false]);
        subset.FlagOf("other", tensor([20L])).ShouldBeNull();
        Examples.Values(subset.Gather(tensor([20L])).Inputs).ShouldBe(Examples.Values(data.Gather(tensor([20L])).Inputs));
        data.Count.ShouldBe(3);
    }

    [Fact]
    public void A_subset_outlives_the_data_set_it_came_from()
    {
        using var check = new NoTensorLeaks();
        LabeledDataset data = Examples.OfIds(SparseIds);
        using LabeledDataset subset = data.Subset(tensor([77L]));
        data.Dispose();
        Examples.Values(subset.Gather(tensor([77L])).Inputs).ShouldBe([77, -77]);
    }

    [Fact]
    public void WithLabels_shares_the_inputs_and_keeps_ids_and_flags()
    {
        using var check = new NoTensorLeaks();
        LabeledDataset data = Examples.OfIds(SparseIds);
        data.SetFlag("mine", tensor([true, false, true, false, false]));
        using LabeledDataset relabelled = data.WithLabels(tensor([2L, 2L, 2L, 2L, 2L]));
        data.StoredInputs[1, 0] = 42f;   // written through one, seen through the other: the memory is the same
        relabelled.StoredInputs[1, 0].item<float>().ShouldBe(42f);
        Examples.Longs(data.Labels).ShouldBe([0, 1, 2, 0, 1]);
        data.Dispose();
        Examples.Longs(relabelled.Gather(tensor([3L, 77L])).Labels).ShouldBe([2, 2]);
        Examples.Bools(relabelled.Flag("mine")!).ShouldBe([true, false, true, false, false]);
    }

    [Fact]
    public void A_copy_on_a_device_does_not_share_memory()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfIds([4, 2]);
        data.SetFlag("mine", tensor([true, false]));
        using LabeledDataset copy = data.To(CPU);
        data.StoredInputs.fill_(0f);
        Examples.Values(copy.Gather(tensor([2L])).Inputs).ShouldBe([2, -2]);
        Examples.Bools(copy.Flag("mine")!).ShouldBe([true, false]);
    }

    [Fact]
    public void A_label_outside_the_classes_is_refused_with_the_range_found()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(2, 1), tensor([0L, 3L]), 3)).Message
            .ShouldContain("0..2, but range over 0..3");
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(2, 1), tensor([-1L, 1L]), 3)).Message.ShouldContain("-1..1");
    }

    [Fact]
    public void Labels_and_ids_of_a_wrong_type_or_length_are_refused()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(2, 1), tensor([0, 1]), 3)).Message
            .ShouldContain("Labels must be int64 of shape [2]");
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(2, 1), tensor([0L]), 3)).Message
            .ShouldContain("Labels must be int64 of shape [2]");
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(2, 1), tensor([0L, 1L]), 3, tensor([1, 2]))).Message
            .ShouldContain("Ids must be int64 of shape [2]");
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(2, 1), tensor([0L, 1L]), 3, tensor([1L]))).Message
            .ShouldContain("Ids must be int64 of shape [2]");
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(2, 1), tensor([0L, 1L]), 3, tensor([7L, 7L]))).Message
            .ShouldContain("unique");
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(0, 1), zeros(0, dtype: int64), 3)).Message
            .ShouldContain("at least one example");
    }

    [Fact]
    public void Bytes_need_a_normalisation_and_floats_must_not_have_one()
    {
        using var check = new NoTensorLeaks();
        var normalization = new Normalization([0.5f], [0.5f]);
        Tensor labels = tensor([0L]);
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(1, 1, 2, 2, dtype: uint8), labels, 1)).Message
            .ShouldContain("uint8 with a normalization");
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(1, 1, 2, 2), labels, 1, normalization: normalization)).Message
            .ShouldContain("float32 without");
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(1, 1, dtype: float64), labels, 1)).Message.ShouldContain("Float64");
        Should.Throw<ArgumentException>(
            () => new LabeledDataset(zeros(1, 3, 2, 2, dtype: uint8), labels, 1, normalization: normalization)).Message
            .ShouldContain("one std per channel (3)");
        Should.Throw<ArgumentException>(
            () => new LabeledDataset(zeros(1, 1, 2, 2, dtype: uint8), labels, 1, normalization: new Normalization([0.5f], [0f]))).Message
            .ShouldContain("positive");
    }

    [Fact]
    public void A_flag_must_be_one_bool_per_example()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(3, 3);
        Should.Throw<ArgumentException>(() => data.SetFlag("mine", tensor([true, false]))).Message
            .ShouldContain("'mine' must be bool of shape [3]");
        Should.Throw<ArgumentException>(() => data.SetFlag("mine", tensor([1L, 0L, 1L]))).Message.ShouldContain("Int64");
        data.Flag("mine").ShouldBeNull();
        data.SetFlag("mine", tensor([true, false, true]));
        data.SetFlag("mine", tensor([false, false, true]));   // the second replaces the first, which is freed
        Examples.Bools(data.Flag("mine")!).ShouldBe([false, false, true]);
    }

    [Fact]
    public void Bytes_are_normalised_when_gathered()
    {
        using var check = new NoTensorLeaks();
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        float[] mean = [0.1307f, 0.47889522f], std = [0.3081f, 0.24205776f];   // QMNIST's and CINIC-10's first (algorithm.md, Datasets)
        using var data = new LabeledDataset(tensor([.. bytes, .. bytes]).reshape(1, 2, 16, 16), tensor([0L]), 1,
            normalization: new Normalization(mean, std));
        Tensor inputs = data.Gather(tensor([0L])).Inputs;
        inputs.dtype.ShouldBe(ScalarType.Float32);
        inputs.shape.ShouldBe([1, 2, 16, 16]);
        double[] expected = [.. Enumerable.Range(0, 512).Select(i => (i % 256 / 255.0 - mean[i / 256]) / std[i / 256])];
        Examples.Values(inputs).ShouldBe(expected, tolerance: 1e-6);
    }

    [Fact]
    public void Own_normalisation_is_mean_and_standard_deviation_of_each_channel()
    {
        using var check = new NoTensorLeaks();
        // Channel 0 holds 0, 255, 0, 255: mean 1/2, deviation 1/2. Channel 1 holds 51, 51, 102, 204 = 0.2, 0.2, 0.4, 0.8:
        // mean 0.4, variance (0.04 + 0.04 + 0 + 0.16) / 4 = 0.06.
        Tensor inputs = tensor(new byte[] { 0, 255, 51, 51, 0, 255, 102, 204 }).reshape(2, 2, 1, 2);
        Normalization own = Normalization.Of(inputs);
        own.Mean[0].ShouldBe(0.5f, 1e-6f);
        own.Std[0].ShouldBe(0.5f, 1e-6f);
        own.Mean[1].ShouldBe(0.4f, 1e-6f);
        own.Std[1].ShouldBe(MathF.Sqrt(0.06f), 1e-6f);
    }
}
