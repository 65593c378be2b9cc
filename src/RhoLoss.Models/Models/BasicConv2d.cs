using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// The unit that both Inception networks are made of: convolution without bias, batch normalisation with ε = 0.001, ReLU.
/// Its parts are called <c>conv</c> and <c>bn</c>, as in torchvision.
/// </summary>
internal sealed class BasicConv2d : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")] private readonly Conv2d _convolution;
    [ComponentName(Name = "bn")] private readonly BatchNorm2d _norm;

    public BasicConv2d(long inputs, long outputs, long kernel, long stride = 1, long padding = 0)
        : this(inputs, outputs, (kernel, kernel), stride, (padding, padding)) { }

    public BasicConv2d(long inputs, long outputs, (long Height, long Width) kernel, long stride, (long Height, long Width) padding)
        : base(nameof(BasicConv2d))
    {
        _convolution = nn.Conv2d(inputs, outputs, kernel, stride: (stride, stride), padding: padding, bias: false);
        _norm = nn.BatchNorm2d(outputs, eps: 0.001);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(BatchNormRelu.Call(_norm, _convolution.call(input)));
    }
}
