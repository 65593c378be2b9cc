using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// The LeNet-like network that the paper uses as a cheap IL model: three 3×3 convolutions of 64, 128 and 256 channels without padding,
/// each followed by 2×2 max-pooling and then ReLU, and fully connected layers of 128, 256 and C. On 3×32×32: 537,610 parameters for
/// 10 classes, 560,740 for 100.
/// </summary>
public sealed class SmallCnn : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
    [ComponentName(Name = "conv2")] private readonly Conv2d _conv2;
    [ComponentName(Name = "conv3")] private readonly Conv2d _conv3;
    [ComponentName(Name = "fc1")] private readonly Linear _fc1;
    [ComponentName(Name = "fc2")] private readonly Linear _fc2;
    [ComponentName(Name = "fc3")] private readonly Linear _fc3;
    [ComponentName(Name = "dropout1")] private readonly SeededDropout? _dropout1;
    [ComponentName(Name = "dropout2")] private readonly SeededDropout? _dropout2;

    /// <summary>Creates the network for images of channels × height × width; both sides at least 22 pixels.</summary>
    /// <param name="inputShape">Channels, height, width.</param>
    /// <param name="classes">C.</param>
    /// <param name="seed">Seed of the initialisation.</param>
    /// <param name="dropout">Rate of dropout after the two hidden fully connected layers, at least 0 and below 1; 0: none.</param>
    public SmallCnn(IReadOnlyList<long> inputShape, int classes, long seed, double dropout = 0) : base(nameof(SmallCnn))
    {
        ArgumentNullException.ThrowIfNull(inputShape);
        SeededDropout.RequireRate(dropout);
        long height = AfterThreeBlocks(inputShape[1]), width = AfterThreeBlocks(inputShape[2]);
        if (height < 1 || width < 1)
        {
            throw new ArgumentException(
                $"SmallCnn needs images of at least 22×22 pixels, but they are {inputShape[1]}×{inputShape[2]}.", nameof(inputShape));
        }
        _conv1 = nn.Conv2d(inputShape[0], 64, 3);
        _conv2 = nn.Conv2d(64, 128, 3);
        _conv3 = nn.Conv2d(128, 256, 3);
        _fc1 = nn.Linear(256 * height * width, 128);
        _fc2 = nn.Linear(128, 256);
        _fc3 = nn.Linear(256, classes);
        register_module("conv1", _conv1);
        register_module("conv2", _conv2);
        register_module("conv3", _conv3);
        register_module("fc1", _fc1);
        register_module("fc2", _fc2);
        register_module("fc3", _fc3);
        if (dropout > 0)
        {
            _dropout1 = new SeededDropout(dropout);
            _dropout2 = new SeededDropout(dropout);
            register_module("dropout1", _dropout1);
            register_module("dropout2", _dropout2);
        }
        Initialization.Reset(this, seed);
    }

    /// <summary>Images [n, channels, height, width] to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        Tensor x = nn.functional.max_pool2d(_conv1.call(input), 2).relu_();
        x = nn.functional.max_pool2d(_conv2.call(x), 2).relu_();
        x = nn.functional.max_pool2d(_conv3.call(x), 2).relu_();
        x = _fc1.call(x.flatten(1)).relu_();
        x = _fc2.call(_dropout1?.call(x) ?? x).relu_();
        x = _dropout2?.call(x) ?? x;
        return _fc3.call(x);
    }

    private static long AfterThreeBlocks(long side)
    {
        for (int block = 0; block < 3; block++) { side = (side - 2) / 2; }
        return side;
    }
}
