using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

/// <summary>Inputs decoded by worker threads: what is gathered is a function of the ids alone.</summary>
public sealed class StreamedDatasetTests
{
    private const int Count = 40, Side = 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Batches_are_those_of_the_same_bytes_in_memory_whatever_the_number_of_threads(int threads)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset streamed = Streamed(new Rows(), new StreamOptions(threads, AheadBytes: 7 * Rows.Size));
        using LabeledDataset stored = Stored();
        var one = new CropAndFlip(padding: 1, seed: 3);
        var other = new CropAndFlip(padding: 1, seed: 3);
        using var sampler = new ShuffledSampler(stored.Ids, largeBatchSize: 16, seed: 5);
        for (int step = 0; step < 9; step++)
        {
            using IDisposable scope = NewDisposeScope();
            LargeBatch next = sampler.Next();
            Batch expected = stored.Gather(next, one), actual = streamed.Gather(next, other);
            streamed.Prefetch(sampler.Ahead(1, 16)[0].Ids);
            actual.Inputs.equal(expected.Inputs).all().item<bool>().ShouldBeTrue();
            actual.Labels.data<long>().ToArray().ShouldBe(expected.Labels.data<long>().ToArray());
        }
    }

    [Fact]
    public void A_subset_a_relabelled_set_and_copies_read_the_same_inputs()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset streamed = Streamed(new Rows(), new StreamOptions(2));
        using LabeledDataset subset = streamed.Subset(tensor(new long[] { 7, 3 }));
        using LabeledDataset copies = subset.Repeat(2, firstNewId: 100);
        using LabeledDataset relabelled = copies.WithLabels(zeros(4, dtype: int64));
        Batch batch = relabelled.Gather(tensor(new long[] { 101, 7, 3 }));
        // Row r of the decoder is r, r, …; the normalisation of mean 0 and std 1 divides by 255.
        // Id 101 is the second copy's second row, a copy of 3.
        batch.Inputs.select(1, 0).select(1, 0).select(1, 0).data<float>().Select(v => (int)Math.Round(v * 255)).ShouldBe([3, 7, 3]);
    }

    [Fact]
    public void A_prediction_that_was_wrong_costs_nothing_but_time()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset streamed = Streamed(new Rows(), new StreamOptions(2));
        streamed.Prefetch(tensor(new long[] { 1, 2, 3 }));
        streamed.Prefetch(tensor(new long[] { 4, 5 }));
        Batch batch = streamed.Gather(tensor(new long[] { 9, 4, 9, 1 }));
        batch.Inputs.select(1, 0).select(1, 0).select(1, 0).data<float>().Select(v => (int)Math.Round(v * 255)).ShouldBe([9, 4, 9, 1]);
    }

    // 2 · 2 threads rows are the least room; 8 rows were asked for.
    [Theory]
    [InlineData(8, 8)]
    [InlineData(5, 8)]
    [InlineData(40, 8)]
    [InlineData(3, 4)]
    public void No_more_is_held_than_allowed_even_where_other_rows_were_foreseen(int foreseen, int room)
    {
        int most = 0;
        InputStream? stream = null;
        var rows = new Rows { OnDecode = () => Max(ref most, stream!.Ahead) };
        stream = new InputStream(rows, new StreamOptions(2, AheadBytes: room == 4 ? 1 : room * Rows.Size));
        var destination = new byte[Count * Rows.Size];
        for (int turn = 0; turn < 20; turn++)
        {
            stream.Foresee([.. Enumerable.Range(0, foreseen).Select(r => (long)r)]);
            if (turn % 2 == 0) { SpinWait.SpinUntil(() => rows.Decoded >= Math.Min(foreseen, room), TimeSpan.FromSeconds(10)); }
            long[] others = [.. Enumerable.Range(0, 20).Select(r => (long)(39 - r)), 0, 1];
            stream.Read(others, destination);
            for (int i = 0; i < others.Length; i++) { destination[i * Rows.Size].ShouldBe((byte)others[i]); }
            stream.Ahead.ShouldBeLessThanOrEqualTo(room);
        }
        stream.Release();
        most.ShouldBeInRange(1, room);

        static void Max(ref int most, int value)
        {
            int seen;
            while (value > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, value, seen) != seen) { }
        }
    }

    [Fact]
    public void Each_view_counts_its_own_waiting()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset streamed = Streamed(new Rows(), new StreamOptions(1));
        using LabeledDataset subset = streamed.Subset(tensor(new long[] { 3, 6, 9 }));
        subset.Gather(subset.Ids);
        subset.DataWaitSeconds.ShouldBeGreaterThan(0);   // rows divisible by 3 take a millisecond
        streamed.DataWaitSeconds.ShouldBe(0);
    }

    [Fact]
    public void The_cache_keeps_what_fits_and_no_more()
    {
        using var check = new NoTensorLeaks();
        var rows = new Rows();
        using LabeledDataset streamed = Streamed(rows, new StreamOptions(2, CacheBytes: 10 * Rows.Size));
        streamed.Gather(streamed.Ids);
        streamed.Gather(streamed.Ids);
        rows.Decoded.ShouldBe(Count + Count - 10);
    }

    [Fact]
    public void A_failure_surfaces_where_the_input_is_needed_and_names_it()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset streamed = Streamed(new Rows { Bad = 6 }, new StreamOptions(2));
        streamed.Prefetch(tensor(new long[] { 5, 6 }));
        using (Tensor fine = streamed.Gather(tensor(new long[] { 5 })).Inputs) { fine.shape.ShouldBe([1, 1, Side, Side]); }
        Should.Throw<InvalidInputException>(() => streamed.Gather(tensor(new long[] { 5, 6, 8 }))).Message.ShouldContain("row 6");
        Batch after = streamed.Gather(tensor(new long[] { 8 }));
        after.Count.ShouldBe(1);
    }

    [Fact]
    public void Evaluation_reads_the_centre_of_images_that_are_stored_larger()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset streamed = LabeledDataset.Streamed(new Rows(), new StreamOptions(1), zeros(Count, dtype: int64), 1,
            Plain, cropSize: 2);
        var crop = new CropAndFlip(padding: 0, seed: 1, size: 2);
        streamed.InputShape.ShouldBe([1L, 2, 2]);
        streamed.Gather(tensor(new long[] { 0, 1 })).Inputs.shape.ShouldBe([2, 1, 2, 2]);
        streamed.Gather(new LargeBatch(1, tensor(new long[] { 0, 1 })), crop).Inputs.shape.ShouldBe([2, 1, 2, 2]);
    }

    [Fact]
    public void What_the_files_hold_and_how_they_are_read_decide_the_fingerprint()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset one = Streamed(new Rows(), new StreamOptions(1));
        using LabeledDataset other = Streamed(new Rows(), new StreamOptions(3));
        using LabeledDataset changed = Streamed(new Rows { Bad = 2 }, new StreamOptions(1));
        one.Fingerprint.DifferenceFrom(other.Fingerprint).ShouldBeNull();
        one.Fingerprint.DifferenceFrom(changed.Fingerprint).ShouldBe($"inputs differ for 1 of {Count} examples (id 2)");
    }

    private static Normalization Plain { get; } = new([0f], [1f]);

    private static LabeledDataset Streamed(Rows rows, StreamOptions options) =>
        LabeledDataset.Streamed(rows, options, arange(Count, dtype: int64).remainder(4), 4, Plain);

    private static LabeledDataset Stored()
    {
        Tensor inputs = arange(Count, dtype: int64).to(uint8).reshape(Count, 1, 1, 1).expand(Count, 1, Side, Side).contiguous();
        return new LabeledDataset(inputs, arange(Count, dtype: int64).remainder(4), 4, normalization: Plain);
    }

    /// <summary>Every byte of row r is r; later rows of a batch are often ready first.</summary>
    private sealed class Rows : IInputDecoder
    {
        public const int Size = Side * Side;
        private int _decoded;

        public int Decoded => _decoded;

        public long Bad { get; init; } = -1;

        public Action? OnDecode { get; init; }

        public IReadOnlyList<long> Shape { get; } = [1, Side, Side];

        public string Preprocessing => "rows";

        public void Decode(long row, Span<byte> destination)
        {
            OnDecode?.Invoke();
            Interlocked.Increment(ref _decoded);
            if (row == Bad) { throw new InvalidOperationException("made to fail"); }
            Thread.SpinWait((int)(row % 3) * 10_000);   // some rows take longer, so that threads overtake each other
            destination.Fill((byte)row);
        }

        public long ContentHash(long row) => row == Bad ? -row : row;

        public string NameOf(long row) => $"row {row}";
    }
}
