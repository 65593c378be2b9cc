using System.Runtime.Intrinsics;
using RhoLoss.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// BatchNorm and ReLU over bfloat16 images whose channels are innermost in memory: one pass for the statistics, one to normalise, add and
/// rectify in place. Statistics are those of pieces of fixed size, combined in their order, so they are the same for any number of threads.
/// </summary>
internal static unsafe class ChannelsLastBatchNorm
{
    private const int Channels = 32;            // in one vector of bfloat16
    private const int PieceBytes = 1 << 16;     // read twice for the statistics, the second time from the cache

    private static readonly Vector512<uint> UpperHalf = Vector512.Create(0xFFFF0000u);

    /// <summary>
    /// Whether these tensors can be taken: on the CPU, without gradient, bfloat16, channels innermost and a
    /// multiple of 32, normalised by float32 parameters.
    /// </summary>
    public static bool Fits(BatchNorm2d norm, Tensor x, Tensor? shortcut) =>
        !is_grad_enabled() && IsDense(x) && x.shape[1] % Channels == 0 && x.numel() > x.shape[1]
        && (shortcut is null || (IsDense(shortcut) && x.shape.AsSpan().SequenceEqual(shortcut.shape)))
        && norm is { track_running_stats: true, affine: true, momentum: not null } && norm.weight.dtype == float32
        && norm.weight.shape[0] == x.shape[1] && norm.running_mean!.dtype == float32 && norm.running_var!.dtype == float32;

    private static bool IsDense(Tensor x)
    {
        if (x.dtype != bfloat16 || x.device_type != DeviceType.CPU || x.dim() != 4) { return false; }
        long channels = x.shape[1], height = x.shape[2], width = x.shape[3];
        return x.stride().AsSpan().SequenceEqual([height * width * channels, 1, width * channels, channels]);
    }

    /// <summary>
    /// x ← max(0, norm(x) + shortcut). In train mode with the statistics of x, which move the running ones as
    /// the layer itself would; in eval mode with those.
    /// </summary>
    public static void NormalizeAndRectify(BatchNorm2d norm, Tensor x, Tensor? shortcut)
    {
        using DisposeScope scope = NewDisposeScope();
        int channels = (int)x.shape[1];
        var images = new Images(
            TensorMemory.PointerTo<ushort>(x), shortcut is null ? null : TensorMemory.PointerTo<ushort>(shortcut),
            x.numel() / channels, channels, get_num_threads());
        double[] mean = new double[channels], variance = new double[channels];
        if (norm.training)
        {
            Measure(images, mean, variance);
            Remember(norm, mean, variance, images.Rows);
        }
        else
        {
            Read(norm.running_mean!, mean);
            Read(norm.running_var!, variance);
        }
        float* weight = TensorMemory.PointerTo<float>(norm.weight), bias = TensorMemory.PointerTo<float>(norm.bias!);
        float[] scale = new float[channels], shift = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            double factor = weight[c] / Math.Sqrt(variance[c] + norm.eps);
            int at = EvenFirst(c);
            scale[at] = (float)factor;
            shift[at] = (float)(bias[c] - mean[c] * factor);
        }
        images.InPieces((_, from, to) => Transform(images, scale, shift, from, to));
        GC.KeepAlive(x);
        GC.KeepAlive(shortcut);
    }

    /// <summary>Where a channel's number is kept: a vector's even channels are widened together, then its odd ones.</summary>
    private static int EvenFirst(int channel) => channel / Channels * Channels + channel % 2 * (Channels / 2) + channel % Channels / 2;

    private static void Read(Tensor numbers, double[] into)
    {
        float* from = TensorMemory.PointerTo<float>(numbers);
        for (int c = 0; c < into.Length; c++) { into[c] = from[c]; }
    }

    private static void Remember(BatchNorm2d norm, double[] mean, double[] variance, long rows)
    {
        float* runningMean = TensorMemory.PointerTo<float>(norm.running_mean!);
        float* runningVariance = TensorMemory.PointerTo<float>(norm.running_var!);
        double momentum = norm.momentum!.Value, unbiased = rows / (rows - 1.0);
        for (int c = 0; c < mean.Length; c++)
        {
            runningMean[c] = (float)((1 - momentum) * runningMean[c] + momentum * mean[c]);
            runningVariance[c] = (float)((1 - momentum) * runningVariance[c] + momentum * unbiased * variance[c]);
        }
        norm.num_batches_tracked?.add_(Scalars.One, Scalars.One);
    }

    /// <summary>
    /// Mean and biased variance of each channel (Chan, Golub and LeVeque, 1979: squares about each
    /// piece's own mean, then the pieces put together).
    /// </summary>
    private static void Measure(Images images, double[] mean, double[] variance)
    {
        int channels = images.Channels;
        float[] means = new float[images.Pieces * channels], squares = new float[images.Pieces * channels];
        images.InPieces((piece, from, to) => MeasurePiece(images, means, squares, piece * channels, from, to));
        for (int piece = 0; piece < images.Pieces; piece++)
        {
            double share = (double)images.RowsOf(piece) / images.Rows;
            for (int c = 0; c < channels; c++) { mean[c] += share * means[piece * channels + EvenFirst(c)]; }
        }
        for (int piece = 0; piece < images.Pieces; piece++)
        {
            double share = (double)images.RowsOf(piece) / images.Rows;
            for (int c = 0; c < channels; c++)
            {
                int at = piece * channels + EvenFirst(c);
                double away = means[at] - mean[c];
                variance[c] += (double)squares[at] / images.Rows + share * away * away;
            }
        }
    }

    private static void MeasurePiece(Images images, float[] means, float[] squares, int at, long from, long to)
    {
        Vector512<float> share = Vector512.Create(1f / (to - from));
        nint stride = images.Channels;
        for (int block = 0; block < images.Channels; block += Channels)
        {
            ushort* first = images.Numbers + from * stride + block, end = images.Numbers + to * stride + block;
            Vector512<float> evenSum = default, oddSum = default, evenSquares = default, oddSquares = default;
            for (ushort* row = first; row < end; row += stride)
            {
                Vector512<uint> pair = Vector512.Load((uint*)row);
                evenSum += (pair << 16).AsSingle();
                oddSum += (pair & UpperHalf).AsSingle();
            }
            Vector512<float> evenMean = evenSum * share, oddMean = oddSum * share;
            for (ushort* row = first; row < end; row += stride)
            {
                Vector512<uint> pair = Vector512.Load((uint*)row);
                Vector512<float> even = (pair << 16).AsSingle() - evenMean, odd = (pair & UpperHalf).AsSingle() - oddMean;
                evenSquares = Vector512.FusedMultiplyAdd(even, even, evenSquares);
                oddSquares = Vector512.FusedMultiplyAdd(odd, odd, oddSquares);
            }
            evenMean.CopyTo(means, at + block);
            oddMean.CopyTo(means, at + block + Channels / 2);
            evenSquares.CopyTo(squares, at + block);
            oddSquares.CopyTo(squares, at + block + Channels / 2);
        }
    }

    private static void Transform(Images images, float[] scale, float[] shift, long from, long to)
    {
        nint channels = images.Channels;
        fixed (float* factors = scale, offsets = shift)
        {
            for (nint row = (nint)from * channels; row < (nint)to * channels; row += channels)
            {
                for (nint block = 0; block < channels; block += Channels)
                {
                    Vector512<uint> pair = Vector512.Load((uint*)(images.Numbers + row + block));
                    Vector512<float> even = Vector512.FusedMultiplyAdd(
                        (pair << 16).AsSingle(), Vector512.Load(factors + block), Vector512.Load(offsets + block));
                    Vector512<float> odd = Vector512.FusedMultiplyAdd(
                        (pair & UpperHalf).AsSingle(), Vector512.Load(factors + block + Channels / 2),
                        Vector512.Load(offsets + block + Channels / 2));
                    if (images.Shortcut != null)
                    {
                        Vector512<uint> added = Vector512.Load((uint*)(images.Shortcut + row + block));
                        even += (added << 16).AsSingle();
                        odd += (added & UpperHalf).AsSingle();
                    }
                    ((Rounded(even) >> 16) | (Rounded(odd) & UpperHalf)).Store((uint*)(images.Numbers + row + block));
                }
            }
        }
    }

    /// <summary>
    /// max(0, value), whose upper half is rounded to nearest even. NaN stays NaN: no comparison holds for it, and its
    /// lower half is zero as that of every bfloat16.
    /// </summary>
    private static Vector512<uint> Rounded(Vector512<float> value)
    {
        Vector512<uint> bits = Vector512.AndNot(value.AsUInt32(), Vector512.LessThan(value, Vector512<float>.Zero).AsUInt32());
        return bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One);
    }

    /// <summary>The images as rows of channels, in pieces that fit a cache.</summary>
    private sealed class Images(ushort* numbers, ushort* shortcut, long rows, int channels, int threads)
    {
        private readonly int _rowsOfAPiece = Math.Max(1, PieceBytes / (sizeof(ushort) * channels));

        public ushort* Numbers => numbers;

        public ushort* Shortcut => shortcut;

        public long Rows => rows;

        public int Channels => channels;

        public int Pieces => (int)((rows + _rowsOfAPiece - 1) / _rowsOfAPiece);

        public long RowsOf(int piece) => Math.Min(_rowsOfAPiece, rows - (long)piece * _rowsOfAPiece);

        /// <summary>Calls the work with each piece's number and its first row and the one after its last.</summary>
        public void InPieces(Action<int, long, long> work)
        {
            void Take(int piece) => work(piece, (long)piece * _rowsOfAPiece, (long)piece * _rowsOfAPiece + RowsOf(piece));
            if (threads == 1 || Pieces == 1)
            {
                for (int piece = 0; piece < Pieces; piece++) { Take(piece); }
                return;
            }
            Parallel.For(0, Pieces, new ParallelOptions { MaxDegreeOfParallelism = threads }, Take);
        }
    }
}
