using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>Which streamed inputs are decoded while a trainer takes its gradient step.</summary>
public sealed class ForeseenBatchesTests
{
    private const int Count = 40, Batch = 8;

    // Two steps need 16 rows; the batch after them is 8 more where it is decided and all of it is trained on.
    [Theory]
    [InlineData(Batch, true, 24)]     // InfoBatch within its first epoch
    [InlineData(Batch, false, 24)]    // RS2: all that is drawn trains
    [InlineData(Batch * 2, false, 16)]   // uniform chooses half of a batch before it looks
    public void The_next_batch_is_decoded_where_it_is_known_and_needed(int largeBatch, bool prune, int decoded)
    {
        using var check = new NoTensorLeaks();
        var rows = new Rows();
        using LabeledDataset data = LabeledDataset.Streamed(rows, new StreamOptions(2), arange(Count, dtype: int64).remainder(4), 4,
            new Normalization([0f], [1f]));
        using var model = new Mlp(4, [8], 4, seed: 0);
        var options = new TrainerOptions { BatchSize = Batch, LargeBatchSize = largeBatch, Sampler = prune ? Toys.Pruning : null };
        using (var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, options))
        {
            for (int step = 0; step < 2; step++) { trainer.Step(); }
            SpinWait.SpinUntil(() => rows.Decoded >= decoded, TimeSpan.FromSeconds(10));
            rows.Decoded.ShouldBe(decoded);
        }
    }

    // Five batches an epoch: the sixth depends on the losses of the fifth, so that nothing is decoded that may be dropped.
    [Fact]
    public void The_first_batch_of_an_epoch_that_may_be_pruned_waits_for_the_losses()
    {
        using var check = new NoTensorLeaks();
        var rows = new Rows();
        using LabeledDataset data = LabeledDataset.Streamed(rows, new StreamOptions(2), arange(Count, dtype: int64).remainder(4), 4,
            new Normalization([0f], [1f]));
        using var model = new Mlp(4, [8], 4, seed: 0);
        using var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, new TrainerOptions
        {
            BatchSize = Batch,
            LargeBatchSize = Batch,
            Sampler = Toys.Pruning,
        });
        for (int step = 0; step < 5; step++) { trainer.Step(); }
        rows.Decoded.ShouldBe(Count);
        trainer.EpochsTaken.ShouldBe(1);
    }

    private sealed class Rows : IInputDecoder
    {
        private int _decoded;

        public int Decoded => Volatile.Read(ref _decoded);

        public IReadOnlyList<long> Shape { get; } = [1, 2, 2];

        public string Preprocessing => "rows";

        public void Decode(long row, Span<byte> destination)
        {
            destination.Fill((byte)row);
            Interlocked.Increment(ref _decoded);
        }

        public long ContentHash(long row) => row;

        public string NameOf(long row) => $"row {row}";
    }
}
