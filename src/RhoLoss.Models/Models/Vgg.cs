using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// VGG with batch normalisation (Simonyan and Zisserman, 2015) for small images, at least 32×32: torchvision's layers and names, with 512
/// numbers instead of 512·7·7 into the classifier. VGG11-BN has 28,149,514 parameters for 10 classes and three channels.
/// </summary>
public sealed class Vgg : nn.Module<Tensor, Tensor>
{
    private const long Pool = 0;

    [ComponentName(Name = "features")] private readonly Sequential _features;
    [ComponentName(Name = "classifier")] private readonly Sequential _classifier;

    private Vgg(string name, long channels, IReadOnlyList<long> widths, int classes, long seed) : base(name)
    {
        var layers = new List<nn.Module<Tensor, Tensor>>();
        long inputs = channels;
        foreach (long width in widths)
        {
            if (width == Pool)
            {
                layers.Add(nn.MaxPool2d(2, stride: 2));
                continue;
            }
            layers.Add(nn.Conv2d(inputs, width, 3, padding: 1));
            layers.Add(nn.BatchNorm2d(width));
            layers.Add(nn.ReLU(inplace: true));
            inputs = width;
        }
        _features = nn.Sequential(layers);
        _classifier = nn.Sequential(
            nn.Linear(inputs, 4096), nn.ReLU(inplace: true), new SeededDropout(0.5),
            nn.Linear(4096, 4096), nn.ReLU(inplace: true), new SeededDropout(0.5),
            nn.Linear(4096, classes));
        RegisterComponents();
        Initialization.Reset(this, seed);
    }

    /// <summary>VGG11-BN: eight convolutions and three linear layers.</summary>
    public static Vgg Vgg11(long channels, int classes, long seed) =>
        new(nameof(Vgg11), channels, [64, Pool, 128, Pool, 256, 256, Pool, 512, 512, Pool, 512, 512, Pool], classes, seed);

    /// <summary>Images [n, channels, height, width], both sides at least 32, to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(_classifier.call(_features.call(input).mean([2, 3])));
    }
}
