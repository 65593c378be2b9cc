using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// Residual networks (He et al., 2016). For small images with a 3×3 stem and no max-pooling, as in the paper's CIFAR experiments: ResNet-18
/// has 11,173,962 parameters for 10 classes and three channels, ResNet-34 21,282,122, ResNet-50 23,520,842. For images of about 224×224
/// with a 7×7 stem of stride 2 and max-pooling, under torchvision's names: 11,689,512 and 25,557,032 for 1000 classes.
/// </summary>
public sealed class ResNet : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
    [ComponentName(Name = "bn1")] private readonly BatchNorm2d _bn1;
    private readonly bool _maxPool;
    private readonly List<nn.Module<Tensor, Tensor>> _blocks = [];
    // A delegate, because the layer is called linear in one family of checkpoints and fc in the
    // other, and a field of a module's type has one name.
    private readonly Func<Tensor, Tensor> _classify;

    private ResNet(string name, long channels, bool bottleneck, IReadOnlyList<int> blocksPerStage, Style style, int classes, long seed)
        : base(name)
    {
        _conv1 = style.LargeImages
            ? nn.Conv2d(channels, 64, 7, stride: 2, padding: 3, bias: false)
            : nn.Conv2d(channels, 64, 3, padding: 1, bias: false);
        _maxPool = style.LargeImages;
        _bn1 = nn.BatchNorm2d(64);
        register_module("conv1", _conv1);
        register_module("bn1", _bn1);
        long inputs = 64;
        for (int stage = 0; stage < blocksPerStage.Count; stage++)
        {
            long width = 64L << stage, outputs = bottleneck ? 4 * width : width;
            ModuleList<nn.Module<Tensor, Tensor>> layer = nn.ModuleList<nn.Module<Tensor, Tensor>>();
            for (int i = 0; i < blocksPerStage[stage]; i++)
            {
                long stride = stage > 0 && i == 0 ? 2 : 1;
                nn.Module<Tensor, Tensor> block = bottleneck
                    ? new Bottleneck(inputs, width, stride, style.Shortcut)
                    : new BasicBlock(inputs, width, stride, style.Shortcut);
                layer.Add(block);
                _blocks.Add(block);
                inputs = outputs;
            }
            register_module($"layer{stage + 1}", layer);
        }
        Linear classifier = nn.Linear(inputs, classes);
        register_module(style.Classifier, classifier);
        _classify = classifier.call;
        Initialization.Reset(this, seed);
    }

    /// <summary>ResNet-18 for small images with that many channels.</summary>
    public static ResNet ResNet18(long channels, int classes, long seed) =>
        new(nameof(ResNet18), channels, bottleneck: false, [2, 2, 2, 2], Style.Small, classes, seed);

    /// <summary>ResNet-34 for small images.</summary>
    public static ResNet ResNet34(long channels, int classes, long seed) =>
        new(nameof(ResNet34), channels, bottleneck: false, [3, 4, 6, 3], Style.Small, classes, seed);

    /// <summary>ResNet-50 for small images.</summary>
    public static ResNet ResNet50(long channels, int classes, long seed) =>
        new(nameof(ResNet50), channels, bottleneck: true, [3, 4, 6, 3], Style.Small, classes, seed);

    /// <summary>ResNet-18 for images of about 224×224; names and layers of torchvision's <c>resnet18</c>.</summary>
    public static ResNet ResNet18Large(long channels, int classes, long seed) =>
        new(nameof(ResNet18Large), channels, bottleneck: false, [2, 2, 2, 2], Style.Large, classes, seed);

    /// <summary>
    /// ResNet-50 for images of about 224×224; names and layers of torchvision's <c>resnet50</c>, whose strides are in the
    /// 3×3 convolutions.
    /// </summary>
    public static ResNet ResNet50Large(long channels, int classes, long seed) =>
        new(nameof(ResNet50Large), channels, bottleneck: true, [3, 4, 6, 3], Style.Large, classes, seed);

    /// <summary>Images [n, channels, height, width] to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = BatchNormRelu.Call(_bn1, _conv1.call(input));
        if (_maxPool) { x = nn.functional.max_pool2d(x, 3, stride: 2, padding: 1); }
        foreach (nn.Module<Tensor, Tensor> block in _blocks) { x = block.call(x); }
        return scope.MoveToOuter(_classify(x.mean([2, 3])));
    }

    /// <summary>Stem, and what the parts are called that kuangliu's and torchvision's checkpoints name differently.</summary>
    private sealed record Style(bool LargeImages, string Shortcut, string Classifier)
    {
        public static Style Small { get; } = new(false, "shortcut", "linear");

        public static Style Large { get; } = new(true, "downsample", "fc");
    }

    /// <summary>
    /// The 1×1 convolution that takes the place of the identity where the shape changes, registered
    /// under that name; null where it does not.
    /// </summary>
    private static Sequential? Projection(long inputs, long outputs, long stride) =>
        stride == 1 && inputs == outputs
            ? null
            : nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride: stride, bias: false), nn.BatchNorm2d(outputs));

    /// <summary>Two 3×3 convolutions and a shortcut.</summary>
    private sealed class BasicBlock : nn.Module<Tensor, Tensor>
    {
        // Names by attribute: a parent registers the fields of its children, under the fields' own names if they have no other.
        [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
        [ComponentName(Name = "bn1")] private readonly BatchNorm2d _bn1;
        [ComponentName(Name = "conv2")] private readonly Conv2d _conv2;
        [ComponentName(Name = "bn2")] private readonly BatchNorm2d _bn2;
        private readonly Func<Tensor, Tensor>? _shortcut;

        public BasicBlock(long inputs, long width, long stride, string shortcut) : base(nameof(BasicBlock))
        {
            _conv1 = nn.Conv2d(inputs, width, 3, stride: stride, padding: 1, bias: false);
            _bn1 = nn.BatchNorm2d(width);
            _conv2 = nn.Conv2d(width, width, 3, padding: 1, bias: false);
            _bn2 = nn.BatchNorm2d(width);
            register_module("conv1", _conv1);
            register_module("bn1", _bn1);
            register_module("conv2", _conv2);
            register_module("bn2", _bn2);
            if (Projection(inputs, width, stride) is { } projection)
            {
                register_module(shortcut, projection);
                _shortcut = projection.call;
            }
        }

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();   // without a gradient to compute, a block's insides are freed at once
            Tensor x = BatchNormRelu.Call(_bn1, _conv1.call(input));
            return scope.MoveToOuter(BatchNormRelu.Call(_bn2, _conv2.call(x), _shortcut?.Invoke(input) ?? input));
        }
    }

    /// <summary>A 1×1 convolution to the width, a 3×3 one with the stride, a 1×1 one to four times the width, and a shortcut.</summary>
    private sealed class Bottleneck : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
        [ComponentName(Name = "bn1")] private readonly BatchNorm2d _bn1;
        [ComponentName(Name = "conv2")] private readonly Conv2d _conv2;
        [ComponentName(Name = "bn2")] private readonly BatchNorm2d _bn2;
        [ComponentName(Name = "conv3")] private readonly Conv2d _conv3;
        [ComponentName(Name = "bn3")] private readonly BatchNorm2d _bn3;
        private readonly Func<Tensor, Tensor>? _shortcut;

        public Bottleneck(long inputs, long width, long stride, string shortcut) : base(nameof(Bottleneck))
        {
            _conv1 = nn.Conv2d(inputs, width, 1, bias: false);
            _bn1 = nn.BatchNorm2d(width);
            _conv2 = nn.Conv2d(width, width, 3, stride: stride, padding: 1, bias: false);
            _bn2 = nn.BatchNorm2d(width);
            _conv3 = nn.Conv2d(width, 4 * width, 1, bias: false);
            _bn3 = nn.BatchNorm2d(4 * width);
            RegisterComponents();
            if (Projection(inputs, 4 * width, stride) is { } projection)
            {
                register_module(shortcut, projection);
                _shortcut = projection.call;
            }
        }

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = BatchNormRelu.Call(_bn1, _conv1.call(input));
            x = BatchNormRelu.Call(_bn2, _conv2.call(x));
            return scope.MoveToOuter(BatchNormRelu.Call(_bn3, _conv3.call(x), _shortcut?.Invoke(input) ?? input));
        }
    }
}
