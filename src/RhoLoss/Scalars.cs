using static TorchSharp.torch;

namespace RhoLoss;

/// <summary>
/// Numbers for operations on tensors that are there until the operation is done. Where TorchSharp makes one itself, of the 0.5 of
/// <c>tensor * 0.5</c> or the factor 1 of <c>tensor + tensor</c>, nothing refers to it once LibTorch has its address: a garbage
/// collection during the call frees it, and LibTorch reads what lies there then. All such numbers are made here; compiled into each
/// assembly that computes.
/// </summary>
internal static class Scalars
{
    /// <summary>A call takes three numbers at most, and none of this library makes others before it returns.</summary>
    private const int Kept = 16;

    [ThreadStatic]
    private static Ring? _recent;

    /// <summary>0, for ever.</summary>
    public static Scalar Zero { get; } = 0L.ToScalar();

    /// <summary>1, for ever: the factor of a plain <c>add</c> among others.</summary>
    public static Scalar One { get; } = 1L.ToScalar();

    /// <summary>A number; this thread keeps it until it has made some more. Not to be stored.</summary>
    public static Scalar Of(double value) => Keep(value.ToScalar());

    /// <inheritdoc cref="Of(double)"/>
    public static Scalar Of(long value) => Keep(value.ToScalar());

    /// <inheritdoc cref="Of(double)"/>
    public static Scalar Of(bool value) => Keep(value.ToScalar());

    /// <summary>left + right.</summary>
    public static Tensor Sum(Tensor left, Tensor right) => left.add(right, One);

    /// <summary>number − tensor.</summary>
    public static Tensor Difference(Scalar number, Tensor tensor) => tensor.negative().add(number, One);

    /// <summary>0, 1, …, count − 1.</summary>
    public static Tensor Range(long count, ScalarType type, Device? device = null) =>
        arange(Zero, Of(count), One, dtype: type, device: device);

    /// <summary>from, from + step, … below <paramref name="end"/>, int64.</summary>
    public static Tensor Range(long from, long end, long step = 1) => arange(Of(from), Of(end), Of(step), dtype: int64);

    /// <summary>The one number of a tensor of any type, on any device.</summary>
    public static double ToDouble(Tensor tensor)
    {
        using Scalar value = tensor.ToScalar();   // disposed, and so alive, after it was read
        return value.ToDouble();
    }

    private static Scalar Keep(Scalar value) => (_recent ??= new Ring()).Add(value);

    private sealed class Ring
    {
        private readonly Scalar[] _scalars = new Scalar[Kept];
        private int _next;

        public Scalar Add(Scalar value)
        {
            _next = (_next + 1) % Kept;
            return _scalars[_next] = value;
        }
    }
}
