using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// MobileNet-v2 (Sandler et al., 2018) of width 1 with torchvision's names. <see cref="Small"/> has no stride in the stem and in the second
/// stage: 2,236,682 parameters for 10 classes and three channels. <see cref="Large"/> is torchvision's own, for images of about 224×224:
/// 3,504,872 for 1000 classes. <see cref="Folded"/> is the same network after training, with its
/// normalisation folded into the convolutions.
/// </summary>
public sealed class MobileNetV2 : nn.Module<Tensor, Tensor>
{
    // Expansion, channels, blocks and stride of each stage: Table 2 of the paper.
    internal static readonly (long Expansion, long Channels, int Blocks, long Stride)[] Stages =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    [ComponentName(Name = "features")] private readonly Sequential _features;
    [ComponentName(Name = "classifier")] private readonly Sequential _classifier;
    // Numbers, not tensors: a field that is a tensor becomes a buffer of the module, and a name in its state.
    private readonly InputScale? _input;

    private MobileNetV2(
        string name, long channels, int classes, long stemStride, long secondStride, bool folded, long seed, InputScale? input = null)
        : base(name)
    {
        _input = input;
        var features = new List<nn.Module<Tensor, Tensor>> { new MobileConv(channels, 32, 3, stemStride, folded: folded) };
        long inputs = 32;
        for (int stage = 0; stage < Stages.Length; stage++)
        {
            (long expansion, long outputs, int blocks, long stride) = Stages[stage];
            if (stage == 1) { stride = secondStride; }
            for (int i = 0; i < blocks; i++)
            {
                features.Add(new InvertedResidual(inputs, outputs, i == 0 ? stride : 1, expansion, folded));
                inputs = outputs;
            }
        }
        features.Add(new MobileConv(inputs, 1280, 1, 1, folded: folded));
        _features = nn.Sequential(features);
        _classifier = nn.Sequential(new SeededDropout(0.2), nn.Linear(1280, classes));
        RegisterComponents();
        Initialization.Reset(this, seed);
    }

    /// <summary>For small images with that many channels.</summary>
    public static MobileNetV2 Small(long channels, int classes, long seed) =>
        new("MobileNetV2Small", channels, classes, 1, 1, folded: false, seed);

    /// <summary>For images of about 224×224; layers and names of torchvision's <c>mobilenet_v2</c>.</summary>
    public static MobileNetV2 Large(long channels, int classes, long seed) =>
        new("MobileNetV2Large", channels, classes, 2, 2, folded: false, seed);

    /// <summary>
    /// For images of about 224×224, without normalisation layers: every convolution has a bias instead, and pads as TensorFlow's SAME does.
    /// It is what a trained network becomes when its normalisation is folded into the convolutions, and meant for such weights
    /// (<see cref="Pretrained.QuantizedMobileNetV2"/>), not for training from scratch.
    /// </summary>
    /// <param name="channels">Channels of an image.</param>
    /// <param name="classes">C.</param>
    /// <param name="seed">Seed of the initialisation.</param>
    /// <param name="input">
    /// What inputs are multiplied by and then added to, where they are not scaled as the weights expect; null to leave them.
    /// </param>
    public static MobileNetV2 Folded(long channels, int classes, long seed, InputScale? input = null) =>
        new("MobileNetV2Folded", channels, classes, 2, 2, folded: true, seed, input);

    /// <summary>Images [n, channels, height, width] to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = _input is null ? input : _input.Apply(input);
        return scope.MoveToOuter(_classifier.call(_features.call(x).mean([2, 3])));
    }

    /// <summary>
    /// Convolution (one filter a channel when <c>depthwise</c>), normalisation unless folded, ReLU6; the parts are 0 and 1.
    /// </summary>
    private sealed class MobileConv : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "0")] private readonly Conv2d _convolution;
        [ComponentName(Name = "1")] private readonly BatchNorm2d? _norm;
        private readonly long _kernel, _stride;
        private readonly bool _padsSame;

        public MobileConv(long inputs, long outputs, long kernel, long stride, bool depthwise = false, bool folded = false)
            : base(nameof(MobileConv))
        {
            (_kernel, _stride) = (kernel, stride);
            _padsSame = folded && stride > 1;   // with stride 1 both ways to pad are one
            _convolution = nn.Conv2d(
                inputs, outputs, kernel, stride: stride, padding: _padsSame ? 0 : (kernel - 1) / 2,
                groups: depthwise ? inputs : 1, bias: folded);
            _norm = folded ? null : nn.BatchNorm2d(outputs);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = input;
            if (_padsSame)
            {
                (long top, long bottom) = Same(input.shape[2]);
                (long left, long right) = Same(input.shape[3]);
                x = nn.functional.pad(x, [left, right, top, bottom]);
            }
            x = _convolution.call(x);
            return scope.MoveToOuter((_norm?.call(x) ?? x).relu6_());
        }

        /// <summary>TensorFlow's SAME: ⌈side / stride⌉ outputs, and of an odd number of zeros the additional one after the image.</summary>
        private (long Before, long After) Same(long side)
        {
            long outputs = (side + _stride - 1) / _stride;
            long zeros = Math.Max(0, (outputs - 1) * _stride + _kernel - side);
            return (zeros / 2, zeros - zeros / 2);
        }
    }

    /// <summary>
    /// 1×1 to more channels, 3×3 a channel at a time, 1×1 to few channels without ReLU; added to the input where the shape stays.
    /// </summary>
    private sealed class InvertedResidual : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "conv")] private readonly Sequential _layers;
        private readonly bool _adds;

        public InvertedResidual(long inputs, long outputs, long stride, long expansion, bool folded) : base(nameof(InvertedResidual))
        {
            long width = inputs * expansion;
            _adds = stride == 1 && inputs == outputs;
            var layers = new List<nn.Module<Tensor, Tensor>>();
            if (expansion != 1) { layers.Add(new MobileConv(inputs, width, 1, 1, folded: folded)); }
            layers.Add(new MobileConv(width, width, 3, stride, depthwise: true, folded: folded));
            layers.Add(nn.Conv2d(width, outputs, 1, bias: folded));
            if (!folded) { layers.Add(nn.BatchNorm2d(outputs)); }
            _layers = nn.Sequential(layers);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = _layers.call(input);
            return scope.MoveToOuter(_adds ? x.add_(input, Scalars.One) : x);
        }
    }
}
