using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class SequenceDatasetTests
{
    private const long Ignored = TokenCrossEntropy.Ignored;

    [Fact]
    public void Each_token_is_to_be_predicted_from_those_before_it()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = LabeledDataset.OfSequences(new Sequences([5, 6, 7], [8]));

        Batch batch = data.Gather(tensor(new long[] { 1, 0 }));

        batch.Labels.shape.ShouldBe([2, 3]);
        batch.Labels.data<long>().ToArray().ShouldBe([8, Ignored, Ignored, 5, 6, 7]);
        batch.Inputs.data<long>().ToArray().ShouldBe([9, 8, 0, 9, 5, 6]);   // 9 starts, 0 is padding
        data.LabelsOf(tensor(new long[] { 0 })).data<long>().ToArray().ShouldBe([5, 6, 7]);
        data.Labels.data<long>().ToArray().ShouldBe([3, 1]);
        data.InputShape.ShouldBe([3]);
        data.IsStreamed.ShouldBeTrue();
    }

    [Fact]
    public void Subsets_and_flags_keep_ids_and_tokens_together()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = LabeledDataset.OfSequences(
            new Sequences([1, 2], [3, 4], [5, 6]), tensor(new long[] { 10, 20, 30 }));
        data.SetFlag("odd", tensor(new[] { false, true, false }));

        using LabeledDataset part = data.Subset(tensor(new long[] { 30, 20 }));
        using LabeledDataset again = part.Subset(tensor(new long[] { 20 }));

        part.LabelsOf(tensor(new long[] { 20, 30 })).data<long>().ToArray().ShouldBe([3, 4, 5, 6]);
        again.LabelsOf(tensor(new long[] { 20 })).data<long>().ToArray().ShouldBe([3, 4]);
        again.FlagOf("odd", again.Ids)!.data<bool>().ToArray().ShouldBe([true]);
    }

    [Fact]
    public void A_fingerprint_covers_every_token_and_the_length()
    {
        using var check = new NoTensorLeaks();
        DatasetFingerprint Of(params int[][] rows)
        {
            using LabeledDataset data = LabeledDataset.OfSequences(new Sequences(rows));
            return data.Fingerprint;
        }

        DatasetFingerprint expected = Of([1, 2, 3], [4, 5]);

        Of([1, 2, 3], [4, 5]).Value.ShouldBe(expected.Value);
        expected.DifferenceFrom(Of([1, 2, 3], [4, 6])).ShouldBe("inputs differ for 1 of 2 examples (id 1)");
        expected.DifferenceFrom(Of([1, 2, 3], [4]))!.ShouldContain("labels differ for 1 of 2 examples (id 1)");
    }

    [Fact]
    public void Bytes_of_the_text_are_those_of_the_rows_that_are_there_or_not_known()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = LabeledDataset.OfSequences(new Sequences([1, 2], [3], [4]) { Bytes = [5, 7, 11] });
        using LabeledDataset part = data.Subset(tensor(new long[] { 2, 0 }));
        using LabeledDataset other = LabeledDataset.OfSequences(new Sequences([5, 6]) { Bytes = [2] }, tensor(new long[] { 9 }));
        using LabeledDataset both = data.Concat(other), unknown = LabeledDataset.OfSequences(new Sequences([1, 2]));

        data.TextBytes.ShouldBe(23);
        part.TextBytes.ShouldBe(16);
        both.TextBytes.ShouldBe(25);
        unknown.TextBytes.ShouldBeNull();
    }

    [Fact]
    public void Two_vocabularies_of_one_size_are_told_apart()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset one = LabeledDataset.OfSequences(new Sequences([1, 2]) { Vocabulary = new(10) { Sha256 = "aa" } });
        using LabeledDataset other = LabeledDataset.OfSequences(
            new Sequences([1, 2]) { Vocabulary = new(10) { Sha256 = "bb" } }, tensor(new long[] { 9 }));
        using LabeledDataset same = LabeledDataset.OfSequences(new Sequences([1, 2]) { Vocabulary = new(10) { Sha256 = "bb" } });

        one.Fingerprint.DifferenceFrom(same.Fingerprint)!.ShouldContain("padding 0 vocabulary aa, now as");
        Should.Throw<ArgumentException>(() => one.Concat(other)).Message.ShouldContain("vocabularies");
    }

    [Fact]
    public void Tokens_cannot_be_replaced_by_other_labels()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = LabeledDataset.OfSequences(new Sequences([1, 2], [3]));
        using LabeledDataset same = data.WithLabels(data.Labels.alias());

        same.LabelsOf(tensor(new long[] { 1 })).data<long>().ToArray().ShouldBe([3, Ignored]);
        Should.Throw<InvalidOperationException>(() => data.WithLabels(zeros(2, dtype: int64)));
    }

    [Fact]
    public void A_token_that_the_vocabulary_does_not_have_is_refused_with_its_place()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = LabeledDataset.OfSequences(new Sequences([1, 2], [10]));

        Should.Throw<InvalidInputException>(() => data.Gather(tensor(new long[] { 1 }))).Message
            .ShouldBe("row 1: tokens must lie in 0..9, but one is 10.");
        Should.Throw<InvalidInputException>(() => LabeledDataset.OfSequences(new Sequences([1], []))).Message
            .ShouldBe("row 1: a sequence must have 1 to 1 tokens, but has 0.");
    }

    /// <summary>Sequences in memory over ten tokens, of which 9 starts and 0 is padding.</summary>
    private sealed class Sequences(params int[][] rows) : ITokenSequences
    {
        public long Count => rows.Length;

        public int Length => rows.Max(row => row.Length);

        public long[]? Bytes { get; init; }

        public TokenVocabulary Vocabulary { get; init; } = new(10);

        public long? BytesOf(long row) => Bytes?[row];

        public int StartToken => 9;

        public int LengthOf(long row) => rows[row].Length;

        public void Read(long row, Span<int> tokens) => rows[row].CopyTo(tokens);

        public string NameOf(long row) => $"row {row}";
    }
}
