using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// GoogLeNet with batch normalisation (Szegedy et al., 2015) for small images: one 3×3 convolution to 192 channels in the place of the
/// stem, no auxiliary heads, torchvision's names. 5,490,986 parameters for 10 classes and three channels.
/// </summary>
public sealed class GoogLeNet : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")] private readonly BasicConv2d _conv1;
    [ComponentName(Name = "inception3a")] private readonly Inception _inception3A;
    [ComponentName(Name = "inception3b")] private readonly Inception _inception3B;
    [ComponentName(Name = "inception4a")] private readonly Inception _inception4A;
    [ComponentName(Name = "inception4b")] private readonly Inception _inception4B;
    [ComponentName(Name = "inception4c")] private readonly Inception _inception4C;
    [ComponentName(Name = "inception4d")] private readonly Inception _inception4D;
    [ComponentName(Name = "inception4e")] private readonly Inception _inception4E;
    [ComponentName(Name = "inception5a")] private readonly Inception _inception5A;
    [ComponentName(Name = "inception5b")] private readonly Inception _inception5B;
    [ComponentName(Name = "dropout")] private readonly SeededDropout _dropout;
    [ComponentName(Name = "fc")] private readonly Linear _fc;

    /// <summary>Creates the network for images with that many channels.</summary>
    public GoogLeNet(long channels, int classes, long seed) : base(nameof(GoogLeNet))
    {
        // Widths of the table of the GoogLeNet paper.
        _conv1 = new BasicConv2d(channels, 192, 3, padding: 1);
        _inception3A = new Inception(192, 64, (96, 128), (16, 32), 32);
        _inception3B = new Inception(256, 128, (128, 192), (32, 96), 64);
        _inception4A = new Inception(480, 192, (96, 208), (16, 48), 64);
        _inception4B = new Inception(512, 160, (112, 224), (24, 64), 64);
        _inception4C = new Inception(512, 128, (128, 256), (24, 64), 64);
        _inception4D = new Inception(512, 112, (144, 288), (32, 64), 64);
        _inception4E = new Inception(528, 256, (160, 320), (32, 128), 128);
        _inception5A = new Inception(832, 256, (160, 320), (32, 128), 128);
        _inception5B = new Inception(832, 384, (192, 384), (48, 128), 128);
        _dropout = new SeededDropout(0.2);
        _fc = nn.Linear(1024, classes);
        RegisterComponents();
        Initialization.Reset(this, seed);
    }

    /// <summary>Images [n, channels, height, width] to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = _inception3B.call(_inception3A.call(_conv1.call(input)));
        x = _inception4B.call(_inception4A.call(Halved(x)));
        x = _inception4E.call(_inception4D.call(_inception4C.call(x)));
        x = _inception5B.call(_inception5A.call(Halved(x)));
        return scope.MoveToOuter(_fc.call(_dropout.call(x.mean([2, 3]))));
    }

    private static Tensor Halved(Tensor x) => nn.functional.max_pool2d(x, 3, stride: 2, padding: 1);

    /// <summary>
    /// Four branches side by side: 1×1, 1×1 then 3×3, 1×1 then 3×3 (5×5 in the paper; torchvision's is 3×3), and max-pooling
    /// then 1×1.
    /// </summary>
    private sealed class Inception : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "branch1")] private readonly BasicConv2d _branch1;
        [ComponentName(Name = "branch2")] private readonly Sequential _branch2;
        [ComponentName(Name = "branch3")] private readonly Sequential _branch3;
        [ComponentName(Name = "branch4")] private readonly Sequential _branch4;

        public Inception(long inputs, long width1, (long Reduced, long Width) branch2, (long Reduced, long Width) branch3, long width4)
            : base(nameof(Inception))
        {
            _branch1 = new BasicConv2d(inputs, width1, 1);
            _branch2 = nn.Sequential(
                new BasicConv2d(inputs, branch2.Reduced, 1), new BasicConv2d(branch2.Reduced, branch2.Width, 3, padding: 1));
            _branch3 = nn.Sequential(
                new BasicConv2d(inputs, branch3.Reduced, 1), new BasicConv2d(branch3.Reduced, branch3.Width, 3, padding: 1));
            _branch4 = nn.Sequential(nn.MaxPool2d(3, stride: 1, padding: 1, ceil_mode: true), new BasicConv2d(inputs, width4, 1));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            return scope.MoveToOuter(cat([_branch1.call(input), _branch2.call(input), _branch3.call(input), _branch4.call(input)], 1));
        }
    }
}
