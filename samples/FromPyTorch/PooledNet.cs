using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FromPyTorch;

/// <summary>
/// The network of export.py, written in TorchSharp: layers in fields of the same names have the names of PyTorch's state dict, which is all
/// that loading asks for.
/// </summary>
internal sealed class PooledNet : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006   // a layer has the name of its field, and these are the names of PyTorch's state dict
    private readonly Linear hidden, classifier;
    private readonly Dropout dropout = nn.Dropout(0.1);
#pragma warning restore IDE1006

    public PooledNet(int classes) : base(nameof(PooledNet))
    {
        (hidden, classifier) = (nn.Linear(49, 32), nn.Linear(32, classes));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        Tensor x = nn.functional.avg_pool2d(input.reshape(-1, 1, 28, 28), 4).flatten(1);
        return classifier.call(dropout.call(hidden.call(x).relu()));
    }
}
