using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// Inception-v3 (Szegedy et al., 2016) for small images: one 3×3 convolution to 192 channels in the place of the stem, no auxiliary head,
/// torchvision's names. 21,638,954 parameters for 10 classes and three channels.
/// </summary>
public sealed class InceptionV3 : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "Conv2d_1a_3x3")] private readonly BasicConv2d _stem;
    [ComponentName(Name = "Mixed_5b")] private readonly InceptionBlock _mixed5B;
    [ComponentName(Name = "Mixed_5c")] private readonly InceptionBlock _mixed5C;
    [ComponentName(Name = "Mixed_5d")] private readonly InceptionBlock _mixed5D;
    [ComponentName(Name = "Mixed_6a")] private readonly InceptionBlock _mixed6A;
    [ComponentName(Name = "Mixed_6b")] private readonly InceptionBlock _mixed6B;
    [ComponentName(Name = "Mixed_6c")] private readonly InceptionBlock _mixed6C;
    [ComponentName(Name = "Mixed_6d")] private readonly InceptionBlock _mixed6D;
    [ComponentName(Name = "Mixed_6e")] private readonly InceptionBlock _mixed6E;
    [ComponentName(Name = "Mixed_7a")] private readonly InceptionBlock _mixed7A;
    [ComponentName(Name = "Mixed_7b")] private readonly InceptionBlock _mixed7B;
    [ComponentName(Name = "Mixed_7c")] private readonly InceptionBlock _mixed7C;
    [ComponentName(Name = "dropout")] private readonly SeededDropout _dropout;
    [ComponentName(Name = "fc")] private readonly Linear _fc;

    /// <summary>Creates the network for images with that many channels.</summary>
    public InceptionV3(long channels, int classes, long seed) : base(nameof(InceptionV3))
    {
        _stem = new BasicConv2d(channels, 192, 3, padding: 1);
        _mixed5B = InceptionBlock.A(192, poolWidth: 32);
        _mixed5C = InceptionBlock.A(256, poolWidth: 64);
        _mixed5D = InceptionBlock.A(288, poolWidth: 64);
        _mixed6A = InceptionBlock.B(288);
        _mixed6B = InceptionBlock.C(768, width: 128);
        _mixed6C = InceptionBlock.C(768, width: 160);
        _mixed6D = InceptionBlock.C(768, width: 160);
        _mixed6E = InceptionBlock.C(768, width: 192);
        _mixed7A = InceptionBlock.D(768);
        _mixed7B = InceptionBlock.E(1280);
        _mixed7C = InceptionBlock.E(2048);
        _dropout = new SeededDropout(0.5);
        _fc = nn.Linear(2048, classes);
        RegisterComponents();
        Initialization.Reset(this, seed);
    }

    /// <summary>Images [n, channels, height, width], both sides at least 7, to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = _mixed5D.call(_mixed5C.call(_mixed5B.call(_stem.call(input))));
        x = _mixed6C.call(_mixed6B.call(_mixed6A.call(x)));
        x = _mixed6E.call(_mixed6D.call(x));
        x = _mixed7C.call(_mixed7B.call(_mixed7A.call(x)));
        return scope.MoveToOuter(_fc.call(_dropout.call(x.mean([2, 3]))));
    }
}
