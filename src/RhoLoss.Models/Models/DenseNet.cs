using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// DenseNet-BC (Huang et al., 2017) for small images: torchvision's layers and names with a 3×3 stem of stride 1; the max-pooling after it
/// stays. DenseNet-121 has 6,956,426 parameters for 10 classes and three channels.
/// </summary>
public sealed class DenseNet : nn.Module<Tensor, Tensor>
{
    private const long Growth = 32, BottleneckWidth = 4 * Growth;

    [ComponentName(Name = "features")] private readonly Sequential _features;
    [ComponentName(Name = "classifier")] private readonly Linear _classifier;

    private DenseNet(string name, long channels, IReadOnlyList<int> layersPerBlock, int classes, long seed) : base(name)
    {
        long width = 2 * Growth;
        var features = new List<(string, nn.Module<Tensor, Tensor>)>
        {
            ("conv0", nn.Conv2d(channels, width, 3, padding: 1, bias: false)),
            ("norm0", nn.BatchNorm2d(width)),
            ("relu0", nn.ReLU(inplace: true)),
            ("pool0", nn.MaxPool2d(3, stride: 2, padding: 1)),
        };
        for (int block = 1; block <= layersPerBlock.Count; block++)
        {
            int layers = layersPerBlock[block - 1];
            long inputs = width;
            features.Add(($"denseblock{block}", nn.Sequential(Enumerable.Range(0, layers)
                .Select(i => ($"denselayer{i + 1}", (nn.Module<Tensor, Tensor>)new DenseLayer(inputs + i * Growth))))));
            width += layers * Growth;
            if (block == layersPerBlock.Count) { break; }
            features.Add(($"transition{block}", Transition(width)));
            width /= 2;
        }
        features.Add(("norm5", nn.BatchNorm2d(width)));
        _features = nn.Sequential(features);
        _classifier = nn.Linear(width, classes);
        RegisterComponents();
        Initialization.Reset(this, seed);
    }

    /// <summary>DenseNet-121: four dense blocks of 6, 12, 24 and 16 layers that add 32 channels each.</summary>
    public static DenseNet DenseNet121(long channels, int classes, long seed) =>
        new(nameof(DenseNet121), channels, [6, 12, 24, 16], classes, seed);

    /// <summary>Images [n, channels, height, width] to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(_classifier.call(_features.call(input).relu_().mean([2, 3])));
    }

    /// <summary>Halves the channels and both sides.</summary>
    private static Sequential Transition(long inputs) => nn.Sequential(
        ("norm", nn.BatchNorm2d(inputs)),
        ("relu", nn.ReLU(inplace: true)),
        ("conv", nn.Conv2d(inputs, inputs / 2, 1, bias: false)),
        ("pool", nn.AvgPool2d(2, stride: 2)));

    /// <summary>Appends 32 channels computed from all that it is given.</summary>
    private sealed class DenseLayer : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "norm1")] private readonly BatchNorm2d _norm1;
        [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
        [ComponentName(Name = "norm2")] private readonly BatchNorm2d _norm2;
        [ComponentName(Name = "conv2")] private readonly Conv2d _conv2;

        public DenseLayer(long inputs) : base(nameof(DenseLayer))
        {
            _norm1 = nn.BatchNorm2d(inputs);
            _conv1 = nn.Conv2d(inputs, BottleneckWidth, 1, bias: false);
            _norm2 = nn.BatchNorm2d(BottleneckWidth);
            _conv2 = nn.Conv2d(BottleneckWidth, Growth, 3, padding: 1, bias: false);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = _conv1.call(_norm1.call(input).relu_());
            x = _conv2.call(_norm2.call(x).relu_());
            return scope.MoveToOuter(cat([input, x], 1));
        }
    }
}
