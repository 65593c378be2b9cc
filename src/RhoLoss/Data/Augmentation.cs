using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>A random change of inputs that keeps their labels, applied to stored inputs before they are normalised. Owns its generator.</summary>
public abstract class Augmentation : IDisposable
{
    private readonly Generator _generator;

    /// <summary>Creates the augmentation with its own random stream.</summary>
    protected Augmentation(long seed) => _generator = Seeding.Create(seed, Seeding.Augmentation);

    /// <summary>The random stream.</summary>
    protected Generator Generator => _generator;

    /// <summary>State of the random stream, for checkpoints. The caller's dispose scope owns it.</summary>
    public Tensor GetState() => GeneratorState.Of(_generator);

    /// <summary>Continues from a state that <see cref="GetState"/> returned.</summary>
    /// <exception cref="InvalidInputException">It is no state of a random stream, which stays as it was.</exception>
    public void SetState(Tensor state) => GeneratorState.Restore(_generator, state, "generator.augmentation");

    /// <summary>Changed copies of the inputs, same shape and type. The caller's dispose scope owns them.</summary>
    public abstract Tensor Apply(Tensor inputs);

    /// <summary>Frees the generator.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the generator.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) { _generator.Dispose(); }
    }
}

/// <summary>
/// torchvision's RandomCrop(size, padding) followed by RandomHorizontalFlip(0.5), for a whole batch at once: every image of
/// [n, channels, height, width] is padded with zeros, cropped at its own offset and mirrored with probability one half. The crop is as large
/// as the image, or of a given size (Clothing-1M: stored at 256×256, cropped to 224×224).
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
    public override Tensor Apply(Tensor inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        using DisposeScope scope = NewDisposeScope();
        long n = inputs.shape[0], height = _size > 0 ? _size : inputs.shape[2], width = _size > 0 ? _size : inputs.shape[3];
        Tensor top = randint(0, inputs.shape[2] - height + 2 * _padding + 1, [n, 1], dtype: int64, generator: Generator);
        Tensor left = randint(0, inputs.shape[3] - width + 2 * _padding + 1, [n, 1], dtype: int64, generator: Generator);
        Tensor flip = rand([n, 1], generator: Generator).lt(Scalars.Of(0.5));
        return scope.MoveToOuter(CropAt(inputs, top, left, flip, height, width));
    }

    /// <summary>The crop at given offsets (int64, [n, 1]) in the padded image, mirrored where <paramref name="flip"/> (bool, [n, 1]).</summary>
    internal Tensor CropAt(Tensor inputs, Tensor top, Tensor left, Tensor flip, long height, long width)
    {
        long n = inputs.shape[0];
        Tensor column = Scalars.Range(width, int64).unsqueeze(0);
        Tensor rows = Scalars.Sum(top, Scalars.Range(height, int64).unsqueeze(0));                           // [n, height]
        Tensor mirrored = Scalars.Difference(Scalars.Of(width - 1), column);
        Tensor columns = Scalars.Sum(left, where(flip, mirrored, column));                                   // [n, width]
        Tensor padded = nn.functional.pad(inputs.permute(0, 2, 3, 1), [0, 0, _padding, _padding, _padding, _padding]);
        Tensor example = Scalars.Range(n, int64).reshape(n, 1, 1);
        Tensor cropped = padded.index(TensorIndex.Tensor(example), TensorIndex.Tensor(rows.unsqueeze(2)), TensorIndex.Tensor(columns.unsqueeze(1)));
        return cropped.permute(0, 3, 1, 2).contiguous();
    }
}
