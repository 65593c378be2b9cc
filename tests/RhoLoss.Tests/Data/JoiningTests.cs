using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class JoiningTests
{
    private const long Ignored = TokenCrossEntropy.Ignored;

    [Fact]
    public void Two_sets_as_one_keep_ids_labels_origins_and_inputs_together()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset first = Examples.OfIds([5, 7]), second = Examples.OfIds([2, 9, 11]);

        using LabeledDataset both = first.Concat(second);

        Examples.Longs(both.Ids).ShouldBe([5, 7, 2, 9, 11]);
        Examples.Longs(both.Labels).ShouldBe([0, 1, 0, 1, 2]);
        Examples.Longs(both.Origins).ShouldBe([5, 7, 2, 9, 11]);
        both.IsStreamed.ShouldBeFalse();
        // Inputs of id i are (i, −i).
        Examples.Values(both.Gather(tensor(new long[] { 9, 5 })).Inputs).ShouldBe([9, -9, 5, -5]);
    }

    [Fact]
    public void A_flag_that_one_set_has_is_false_for_the_examples_of_the_other()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset first = Examples.OfIds([1, 2]), second = Examples.OfIds([3, 4]);
        first.SetFlag("of the first", tensor(new[] { true, false }));
        first.SetFlag("of both", tensor(new[] { false, true }));
        second.SetFlag("of both", tensor(new[] { true, true }));
        second.SetFlag("of the second", tensor(new[] { false, true }));

        using LabeledDataset both = first.Concat(second);

        Examples.Bools(both.Flag("of the first")!).ShouldBe([true, false, false, false]);
        Examples.Bools(both.Flag("of both")!).ShouldBe([false, true, true, true]);
        Examples.Bools(both.Flag("of the second")!).ShouldBe([false, false, false, true]);
    }

    [Fact]
    public void Sequences_as_one_set_are_read_from_both_in_any_order()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset first = LabeledDataset.OfSequences(new Sequences([5, 6, 7], [8]));
        using LabeledDataset second = LabeledDataset.OfSequences(new Sequences([1, 2], [3, 4, 3]), tensor(new long[] { 2, 3 }));
        using LabeledDataset both = first.Concat(second);

        Batch batch = both.Gather(tensor(new long[] { 3, 1, 0, 2 }));
        using LabeledDataset part = both.Subset(tensor(new long[] { 2, 0, 3 }));
        using LabeledDataset again = part.Subset(tensor(new long[] { 3, 2 }));

        Examples.Longs(batch.Labels).ShouldBe([3, 4, 3, 8, Ignored, Ignored, 5, 6, 7, 1, 2, Ignored]);
        Examples.Longs(batch.Inputs).ShouldBe([9, 3, 4, 9, 8, 0, 9, 5, 6, 9, 1, 2]);   // 9 starts, 0 is padding
        Examples.Longs(both.LabelsOf(tensor(new long[] { 2, 1 }))).ShouldBe([1, 2, Ignored, 8, Ignored, Ignored]);
        Examples.Longs(again.LabelsOf(again.Ids)).ShouldBe([3, 4, 3, 1, 2, Ignored]);
        both.IsStreamed.ShouldBeTrue();
        using LabeledDataset whole = LabeledDataset.OfSequences(new Sequences([5, 6, 7], [8], [1, 2], [3, 4, 3]));
        both.Fingerprint.Value.ShouldBe(whole.Fingerprint.Value);
        part.Fingerprint.DifferenceFrom(again.Fingerprint)!.ShouldContain("1 of 3 are gone (id 0)");
    }

    [Fact]
    public void Views_of_one_stream_are_read_as_one_and_views_of_two_from_each()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset stream = Streamed(0, 6), other = Streamed(10, 2);
        using LabeledDataset first = stream.Subset(tensor(new long[] { 4, 1 })), second = stream.Subset(tensor(new long[] { 0, 5 }));
        using LabeledDataset ofOne = first.Concat(second), ofTwo = first.Concat(other);
        long[] Read(LabeledDataset data, params long[] ids)
        {
            data.Prefetch(tensor(ids));
            return [.. Examples.Values(data.Gather(tensor(ids)).Inputs).Select(value => (long)Math.Round(255 * value))];
        }

        // Every byte of a row is its id.
        Read(ofOne, 5, 4, 0).ShouldBe([5, 4, 0]);
        Read(ofTwo, 11, 4, 10, 1).ShouldBe([11, 4, 10, 1]);
        Read(ofTwo, 1).ShouldBe([1]);
    }

    [Fact]
    public void Sets_of_other_kinds_and_ids_that_are_in_both_are_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfIds([1, 2]), classes = Examples.OfIds([3], classes: 4), same = Examples.OfIds([2]);
        using LabeledDataset bytes = Examples.OfBytes([7], [0]);
        using LabeledDataset shifted = Examples.OfBytes([8], [0], normalization: new Normalization([0.4f], [0.25f]));

        Should.Throw<ArgumentException>(() => data.Concat(classes)).Message
            .ShouldStartWith("Only data sets of one kind can be one, but their classes are 3 and 4.");
        Should.Throw<ArgumentException>(() => data.Concat(bytes)).Message.ShouldContain("their inputs are Float32 of shape [2] and Byte");
        Should.Throw<ArgumentException>(() => bytes.Concat(shifted)).Message
            .ShouldContain("their normalizations are mean 0.5 std 0.25 and mean 0.4 std 0.25");
        Should.Throw<ArgumentException>(() => data.Concat(same)).Message.ShouldStartWith("Example ids must be unique");
    }

    private static LabeledDataset Streamed(long firstId, int count) => LabeledDataset.Streamed(
        new Rows(firstId), new StreamOptions(1), zeros(count, dtype: int64), 2, new Normalization([0], [1]),
        arange(firstId, firstId + count, dtype: int64));

    private sealed class Rows(long firstId) : IInputDecoder
    {
        public IReadOnlyList<long> Shape { get; } = [1, 1, 1];

        public string Preprocessing => "rows";

        public void Decode(long row, Span<byte> destination) => destination.Fill((byte)(firstId + row));

        public long ContentHash(long row) => firstId + row;

        public string NameOf(long row) => $"row {row}";
    }

    /// <summary>Sequences of at most three of ten tokens, of which 9 starts and 0 is padding.</summary>
    private sealed class Sequences(params int[][] rows) : ITokenSequences
    {
        public long Count => rows.Length;

        public int Length => 3;

        public TokenVocabulary Vocabulary { get; } = new(10);

        public int StartToken => 9;

        public int LengthOf(long row) => rows[row].Length;

        public void Read(long row, Span<int> tokens) => rows[row].CopyTo(tokens);

        public string NameOf(long row) => $"row {row}";
    }
}
