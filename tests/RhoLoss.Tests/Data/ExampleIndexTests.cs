using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

/// <summary>The index keeps ids in three ways: not at all, as a table by id, and as a sorted list. All must answer alike.</summary>
public sealed class ExampleIndexTests
{
    private static readonly long[][] Sets =
    [
        [0, 1, 2, 3, 4],               // every id its row
        [0, 2, 4, 6, 8],               // every other id, in order
        [9, 1, 7, 3, 5],               // in any order
        [-4, 10, 2, 8, 6],             // negative ones
        [5, 1_000_000_000_000, 17, 3_000, 0],   // far apart, in any order
        [5, 17, 3_000, 1_000_000_000_000],      // far apart, in order
        [0],
        [3],
        [long.MaxValue, 2, long.MinValue],      // the ends of what an id can be
    ];

    [Fact]
    public void The_row_of_an_id_is_where_it_stood()
    {
        using var check = new NoTensorLeaks();
        foreach (long[] ids in Sets)
        {
            using var index = new ExampleIndex(tensor(ids));
            int[] asked = [.. Enumerable.Range(0, ids.Length).Reverse(), 0];

            Tensor rows = index.RowsOf(tensor(asked.Select(row => ids[row]).ToArray()), "It");

            rows.dtype.ShouldBe(ScalarType.Int64);
            rows.data<long>().ToArray().ShouldBe(asked.Select(row => (long)row), string.Join(' ', ids));
        }
    }

    [Fact]
    public void Every_absent_id_is_named_whether_below_between_or_above()
    {
        using var check = new NoTensorLeaks();
        foreach (long[] ids in Sets)
        {
            using var index = new ExampleIndex(tensor(ids));
            long[] absent = [.. new long[] { -7, 99, 2_000_000_000_000 }.Concat(Enumerable.Range(0, 9).Select(i => (long)i)).Except(ids)];

            string message = Should.Throw<InvalidInputException>(() => index.RowsOf(tensor([ids[0], .. absent]), "It")).Message;

            message.ShouldBe($"It has no example with id {string.Join(", ", absent.Take(10))}{(absent.Length > 10 ? ", …" : "")} "
                + $"({absent.Length} of {absent.Length + 1} requested ids are missing).");
        }
    }

    [Fact]
    public void A_share_answers_when_the_index_it_is_of_is_gone()
    {
        using var check = new NoTensorLeaks();
        foreach (long[] ids in Sets)
        {
            using ExampleIndex share = Shared(ids);
            share.RowsOf(tensor(ids), "It").data<long>().ToArray().ShouldBe(Enumerable.Range(0, ids.Length).Select(row => (long)row));
            share.Ascends.ShouldBe(ids.SequenceEqual(ids.Order()));
        }

        static ExampleIndex Shared(long[] ids)
        {
            using var index = new ExampleIndex(tensor(ids));
            return index.Share();
        }
    }

    [Fact]
    public void An_id_that_occurs_twice_is_refused()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<ArgumentException>(() => new ExampleIndex(tensor(new long[] { 4, 1, 4 })));
    }
}
