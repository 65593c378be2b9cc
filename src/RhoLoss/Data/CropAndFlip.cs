using RhoLoss.Accelerators;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// torchvision's RandomCrop(size, padding) followed by RandomHorizontalFlip(0.5), for a whole batch at once: every image of
/// [n, channels, height, width] is padded with zeros, cropped at its own offset and mirrored with probability one half. The crop is as
/// large as the image, or of a given size (Clothing-1M: stored at 256×256, cropped to 224×224).
/// </summary>
public sealed class CropAndFlip : Augmentation
{
    private readonly int _padding;
    private readonly int _size;

    /// <summary>Pads by <paramref name="padding"/> pixels on each side before cropping; 4 for 32×32 images (paper, App. B).</summary>
    /// <param name="padding">At least 0.</param>
    /// <param name="seed">Seed of the offsets and of the flips.</param>
    /// <param name="size">Side of the square crop in pixels; 0: the crop has the size of the image.</param>
    public CropAndFlip(int padding, long seed, int size = 0) : base(seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        _padding = padding;
        _size = size;
    }

    /// <inheritdoc/>
    protected override Tensor Apply(Tensor inputs, Span<ExampleRandom> random)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        long height = _size > 0 ? _size : inputs.shape[2], width = _size > 0 ? _size : inputs.shape[3];
        long[] top = new long[random.Length], left = new long[random.Length];
        bool[] flip = new bool[random.Length];
        for (int i = 0; i < random.Length; i++)
        {
            top[i] = random[i].Below(inputs.shape[2] - height + 2 * _padding + 1);
            left[i] = random[i].Below(inputs.shape[3] - width + 2 * _padding + 1);
            flip[i] = random[i].Below(2) == 1;
        }
        return CropAt(inputs, Column(tensor(top)), Column(tensor(left)), Column(tensor(flip)), height, width);

        Tensor Column(Tensor values) => Transfer.To(values.unsqueeze(1), inputs.device);
    }

    /// <summary>
    /// The crop at given offsets (int64, [n, 1]) in the padded image, mirrored where <paramref name="flip"/> (bool, [n, 1]).
    /// </summary>
    internal Tensor CropAt(Tensor inputs, Tensor top, Tensor left, Tensor flip, long height, long width)
    {
        long n = inputs.shape[0];
        Device device = inputs.device;
        Tensor column = Scalars.Range(width, int64, device).unsqueeze(0);
        Tensor rows = Scalars.Sum(top, Scalars.Range(height, int64, device).unsqueeze(0));            // [n, height]
        Tensor mirrored = Scalars.Difference(Scalars.Of(width - 1), column);
        Tensor columns = Scalars.Sum(left, where(flip, mirrored, column));                         // [n, width]
        Tensor padded = nn.functional.pad(inputs.permute(0, 2, 3, 1), [0, 0, _padding, _padding, _padding, _padding]);
        Tensor example = Scalars.Range(n, int64, device).reshape(n, 1, 1);
        Tensor cropped = padded.index(
            TensorIndex.Tensor(example), TensorIndex.Tensor(rows.unsqueeze(2)), TensorIndex.Tensor(columns.unsqueeze(1)));
        return cropped.permute(0, 3, 1, 2).contiguous();
    }
}
