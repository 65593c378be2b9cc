using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// ResNet-18 for small images: a 3×3 stem and no max-pooling, as in the paper's CIFAR experiments. 11,173,962 parameters for 10 classes
/// and three channels, 11,220,132 for 100.
/// </summary>
public sealed class ResNet : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
    [ComponentName(Name = "bn1")] private readonly BatchNorm2d _bn1;
    private readonly List<BasicBlock> _blocks = [];
    [ComponentName(Name = "linear")] private readonly Linear _linear;

    private ResNet(string name, long channels, IReadOnlyList<int> blocksPerStage, int classes, long seed) : base(name)
    {
        _conv1 = nn.Conv2d(channels, 64, 3, padding: 1, bias: false);
        _bn1 = nn.BatchNorm2d(64);
        register_module("conv1", _conv1);
        register_module("bn1", _bn1);
        long width = 64;
        for (int stage = 0; stage < blocksPerStage.Count; stage++)
        {
            long outputs = 64L << stage;
            var layer = nn.ModuleList<nn.Module<Tensor, Tensor>>();
            for (int i = 0; i < blocksPerStage[stage]; i++)
            {
                var block = new BasicBlock(width, outputs, stride: stage > 0 && i == 0 ? 2 : 1);
                layer.Add(block);
                _blocks.Add(block);
                width = outputs;
            }
            register_module($"layer{stage + 1}", layer);
        }
        _linear = nn.Linear(width, classes);
        register_module("linear", _linear);
        Initialization.Reset(this, seed);
    }

    /// <summary>Creates a ResNet-18 for images with that many channels.</summary>
    public static ResNet ResNet18(long channels, int classes, long seed) => new(nameof(ResNet18), channels, [2, 2, 2, 2], classes, seed);

    /// <summary>Images [n, channels, height, width] to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        Tensor x = _bn1.forward(_conv1.forward(input)).relu_();
        foreach (BasicBlock block in _blocks) { x = block.forward(x); }
        return _linear.forward(x.mean([2, 3]));
    }

    /// <summary>Two 3×3 convolutions with a shortcut, which is a 1×1 convolution where the shape changes.</summary>
    private sealed class BasicBlock : nn.Module<Tensor, Tensor>
    {
        // Names by attribute: a parent registers the fields of its children, under the fields' own names if they have no other.
        [ComponentName(Name = "conv1")] private readonly Conv2d _conv1;
        [ComponentName(Name = "bn1")] private readonly BatchNorm2d _bn1;
        [ComponentName(Name = "conv2")] private readonly Conv2d _conv2;
        [ComponentName(Name = "bn2")] private readonly BatchNorm2d _bn2;
        [ComponentName(Name = "shortcut")] private readonly Sequential? _shortcut;

        public BasicBlock(long inputs, long outputs, long stride) : base(nameof(BasicBlock))
        {
            _conv1 = nn.Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: false);
            _bn1 = nn.BatchNorm2d(outputs);
            _conv2 = nn.Conv2d(outputs, outputs, 3, padding: 1, bias: false);
            _bn2 = nn.BatchNorm2d(outputs);
            register_module("conv1", _conv1);
            register_module("bn1", _bn1);
            register_module("conv2", _conv2);
            register_module("bn2", _bn2);
            if (stride != 1 || inputs != outputs)
            {
                _shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride: stride, bias: false), nn.BatchNorm2d(outputs));
                register_module("shortcut", _shortcut);
            }
        }

        public override Tensor forward(Tensor input)
        {
            Tensor x = _bn1.forward(_conv1.forward(input)).relu_();
            x = _bn2.forward(_conv2.forward(x));
            return x.add_(_shortcut?.forward(input) ?? input).relu_();
        }
    }
}
