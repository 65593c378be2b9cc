using System.Globalization;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// Maps stored bytes 0..255 to (byte / 255 − mean) / std per channel, float32, as torchvision's ToTensor and Normalize do.
/// </summary>
/// <param name="Mean">One mean per channel, in units of the full range 0..1.</param>
/// <param name="Std">One standard deviation per channel, in units of the full range 0..1; positive.</param>
public sealed record Normalization(IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    /// <summary>
    /// Mean and standard deviation of each channel over all examples and pixels of <paramref name="inputs"/>
    /// (uint8, shape [N, channels, height, width]): a set's "own" normalisation. Compute it on the training set and use it for every split.
    /// </summary>
    public static Normalization Of(Tensor inputs)
    {
        using IDisposable scope = NewDisposeScope();
        int channels = (int)inputs.shape[1];
        var mean = new float[channels];
        var std = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            Tensor histogram = inputs.select(1, c).flatten().to(int64).bincount(null, 256).to(float64);
            Tensor values = Scalars.Range(256, float64).div_(Scalars.Of(255.0));
            double total = histogram.sum().item<double>();
            double m = (histogram * values).sum().item<double>() / total;
            double variance = (histogram * values.sub(Scalars.Of(m)).pow(Scalars.Of(2L))).sum().item<double>() / total;
            mean[c] = (float)m;
            std[c] = (float)Math.Sqrt(variance);
        }
        return new Normalization(mean, std);
    }

    internal Tensor Apply(Tensor bytes)
    {
        long[] perChannel = new long[bytes.dim() - 1];
        Array.Fill(perChannel, 1);
        perChannel[0] = Mean.Count;
        Tensor scale = tensor(Std.Select(s => 1f / (255f * s)).ToArray(), device: bytes.device).reshape(perChannel);
        Tensor shift = tensor(Mean.Zip(Std, (m, s) => -m / s).ToArray(), device: bytes.device).reshape(perChannel);
        return bytes.to(float32).mul_(scale).add_(shift, Scalars.One);
    }

    internal void Validate(long channels)
    {
        if (Mean.Count != channels || Std.Count != channels)
        {
            throw new ArgumentException(
                $"Normalization needs one mean and one std per channel ({channels}), but has {Mean.Count} and {Std.Count}.");
        }
        if (Std.Any(s => !(s > 0)))
        {
            string all = string.Join(", ", Std.Select(s => s.ToString(CultureInfo.InvariantCulture)));
            throw new ArgumentException($"Every std of a Normalization must be positive, but they are {all}.");
        }
    }
}
