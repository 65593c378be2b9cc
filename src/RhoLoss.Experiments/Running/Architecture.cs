using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Models;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Running;

/// <summary>A network as a recipe names it.</summary>
/// <param name="Name"><c>mlp</c>, <c>small-cnn</c> or <c>resnet-18</c>.</param>
/// <param name="Hidden">Widths of an MLP's hidden layers; ignored by the others.</param>
public sealed record Architecture(string Name, ValueList<int> Hidden)
{
    /// <summary>Name and sizes: <c>mlp-512-512-512</c>.</summary>
    public string Title => Name == "mlp" ? $"mlp-{string.Join('-', Hidden)}" : Name;

    /// <summary>A fresh network for inputs and classes of this data, on its device.</summary>
    /// <param name="data">Gives the shape of inputs and the number of classes.</param>
    /// <param name="seed">Seed of its initialisation.</param>
    /// <param name="downscale">Images reach it averaged over squares of this side.</param>
    public nn.Module<Tensor, Tensor> Create(LabeledDataset data, long seed, int downscale = 1)
    {
        ArgumentNullException.ThrowIfNull(data);
        long[] shape = [.. data.InputShape.Select((side, axis) => axis == 0 ? side : side / downscale)];
        nn.Module<Tensor, Tensor> model = Name switch
        {
            "mlp" => new Mlp(shape.Aggregate(1L, (a, d) => a * d), [.. Hidden.Select(h => (long)h)], data.Classes, seed),
            "small-cnn" => new SmallCnn(shape, data.Classes, seed),
            "resnet-18" => ResNet.ResNet18(data.InputShape[0], data.Classes, seed),
            _ => throw new InvalidInputException($"There is no model '{Name}'. Known are mlp, small-cnn and resnet-18."),
        };
        return model.to(data.Ids.device);
    }
}
