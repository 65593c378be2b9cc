using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class TokenDatasetTests
{
    private static readonly TokenVocabulary Ten = new(10);

    [Theory]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Int64)]
    public void Token_ids_are_stored_as_given_and_gathered_as_int64(ScalarType type)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data(Ten, type);
        data.StoredInputs.dtype.ShouldBe(type);
        data.InputShape.ShouldBe([4]);
        Batch batch = data.Gather(tensor(new long[] { 2, 0 }));
        batch.Inputs.dtype.ShouldBe(ScalarType.Int64);
        batch.Inputs.data<long>().ToArray().ShouldBe([2, 7, 8, 3, 2, 5, 3, 0]);
    }

    [Fact]
    public void What_is_made_of_a_text_data_set_keeps_its_vocabulary()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data(Ten);
        using LabeledDataset subset = data.Subset(tensor(new long[] { 1, 2 }));
        using LabeledDataset relabelled = data.WithLabels(zeros(3, dtype: int64));
        using LabeledDataset moved = data.To(CPU);
        using LabeledDataset copies = data.Repeat(3, 100);
        new[] { subset, relabelled, moved, copies }.ShouldAllBe(d => d.Tokens == Ten);
        copies.Gather(copies.Ids).Inputs.shape.ShouldBe([9, 4]);
    }

    [Fact]
    public void The_fingerprint_covers_tokens_size_of_the_vocabulary_and_padding()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data(Ten);
        using LabeledDataset same = Data(Ten);
        using LabeledDataset larger = Data(new TokenVocabulary(11));
        using LabeledDataset padded = Data(new TokenVocabulary(10, PaddingId: 3));
        same.Fingerprint.Value.ShouldBe(data.Fingerprint.Value);
        data.Fingerprint.DifferenceFrom(larger.Fingerprint)
            .ShouldBe("inputs were stored as Int32 [4] tokens 10 padding 0, now as Int32 [4] tokens 11 padding 0");
        data.Fingerprint.DifferenceFrom(padded.Fingerprint)
            .ShouldBe("inputs were stored as Int32 [4] tokens 10 padding 0, now as Int32 [4] tokens 10 padding 3");
    }

    [Fact]
    public void Whole_numbers_need_a_vocabulary_that_they_fit()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<ArgumentException>(() => Data(null)).Message
            .ShouldStartWith("Inputs must be float32 without, or uint8 with a normalization, but are Int32 without one.");
        Should.Throw<ArgumentException>(() => Data(new TokenVocabulary(8))).Message
            .ShouldStartWith("Token ids must lie in 0..7, but range over 0..8.");
        Should.Throw<ArgumentException>(() => Data(new TokenVocabulary(10, PaddingId: 10))).Message
            .ShouldStartWith("The padding id must lie in 0..9, but is 10.");
        Should.Throw<ArgumentException>(() => new LabeledDataset(zeros(3, 4), zeros(3, dtype: int64), 2, tokens: Ten)).Message
            .ShouldStartWith("Token ids must be int32 or int64 of shape [N, length] without a normalization, "
                + "but are Float32 of shape [3, 4] without one.");
    }

    private static LabeledDataset Data(TokenVocabulary? tokens, ScalarType type = ScalarType.Int32)
    {
        using IDisposable scope = NewDisposeScope();
        return new LabeledDataset(
            tensor(new[] { 2, 5, 3, 0, 2, 6, 3, 0, 2, 7, 8, 3 }, [3, 4]).to(type), tensor(new long[] { 0, 1, 1 }), 2, tokens: tokens);
    }
}
