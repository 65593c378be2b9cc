using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

/// <summary>Small data sets and readers of tensors. What is made here belongs to the caller's dispose scope or `using`.</summary>
internal static class Examples
{
    public static double[] Values(Tensor t) => [.. t.detach().to(float64).flatten().contiguous().data<double>()];

    public static long[] Longs(Tensor t) => [.. t.to(int64).flatten().contiguous().data<long>()];

    public static bool[] Bools(Tensor t) => [.. t.flatten().contiguous().data<bool>()];

    /// <summary>Float inputs [n, 2] where row r holds (id, −id), labels r mod <paramref name="classes"/>.</summary>
    public static LabeledDataset OfIds(long[] ids, int classes = 3) => new(
        stack([tensor(ids).to(float32), tensor(ids).to(float32).neg()], 1), arange(ids.Length, dtype: int64).remainder(classes),
        classes, tensor(ids));

    /// <summary>Labels only: n examples with ids 0..n-1 and labels r mod <paramref name="classes"/>.</summary>
    public static LabeledDataset OfCount(int n, int classes) => OfIds([.. Enumerable.Range(0, n).Select(i => (long)i)], classes);

    /// <summary>Bytes [n, 1, 2, 2], byte b of row r being (40·r + 10·b) mod 256, normalised with mean 0.5 and std 0.25.</summary>
    public static LabeledDataset OfBytes(long[] ids, long[] labels, Action<byte[]>? change = null, Normalization? normalization = null)
    {
        byte[] bytes = [.. Enumerable.Range(0, 4 * ids.Length).Select(i => (byte)(40 * (i / 4) + 10 * (i % 4)))];
        change?.Invoke(bytes);
        return new LabeledDataset(tensor(bytes).reshape(ids.Length, 1, 2, 2), tensor(labels), 3, tensor(ids),
            normalization ?? new Normalization([0.5f], [0.25f]));
    }
}
