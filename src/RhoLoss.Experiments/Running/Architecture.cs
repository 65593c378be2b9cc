using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Models;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Running;

/// <summary>A network as a recipe names it.</summary>
/// <param name="Name">One of <see cref="Names"/>.</param>
/// <param name="Hidden">Widths of an MLP's hidden layers; ignored by the others.</param>
public sealed record Architecture(string Name, ValueList<int> Hidden)
{
    /// <summary>The networks that a recipe can name: three for images, then two for text.</summary>
    public static IReadOnlyList<string> Names { get; } = ["mlp", "small-cnn", "resnet-18", "albert-small", "albert-base"];

    /// <summary>Whether it reads token ids and not images.</summary>
    public bool ReadsText => Name.StartsWith("albert-", StringComparison.Ordinal);

    /// <summary>Name and sizes: <c>mlp-512-512-512</c>.</summary>
    public string Title => Name == "mlp" ? $"mlp-{string.Join('-', Hidden)}" : Name;

    /// <summary>A fresh network for inputs and classes of this data, on its device.</summary>
    /// <param name="data">Gives the shape of inputs and the number of classes.</param>
    /// <param name="seed">Seed of its initialisation.</param>
    /// <param name="downscale">Images reach it averaged over squares of this side.</param>
    public nn.Module<Tensor, Tensor> Create(LabeledDataset data, long seed, int downscale = 1)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Tokens is not null || ReadsText) { return CreateForText(data, seed, downscale).to(data.Ids.device); }
        long[] shape = [.. data.InputShape.Select((side, axis) => axis == 0 ? side : side / downscale)];
        nn.Module<Tensor, Tensor> model = Name switch
        {
            "mlp" => new Mlp(shape.Aggregate(1L, (a, d) => a * d), [.. Hidden.Select(h => (long)h)], data.Classes, seed),
            "small-cnn" => new SmallCnn(shape, data.Classes, seed),
            "resnet-18" => ResNet.ResNet18(data.InputShape[0], data.Classes, seed),
            _ => throw new InvalidInputException($"There is no model '{Name}'. Known are {string.Join(", ", Names.SkipLast(1))} and {Names[^1]}."),
        };
        return model.to(data.Ids.device);
    }

    private Albert CreateForText(LabeledDataset data, long seed, int downscale)
    {
        if (data.Tokens is null)
        {
            throw new InvalidInputException($"The model {Name} reads text, but the data are images or numbers. Set model.name, irreducible-loss.model or scoring.proxy-model, whichever names it, to {string.Join(", ", Names.Where(n => !(this with { Name = n }).ReadsText))}.");
        }
        if (!ReadsText)
        {
            throw new InvalidInputException($"The model {Name} reads images, but the data are text. Set model.name, irreducible-loss.model or scoring.proxy-model, whichever names it, to {string.Join(" or ", Names.Where(n => (this with { Name = n }).ReadsText))}.");
        }
        if (downscale > 1) { throw new InvalidInputException($"Only images can be downscaled, but the data are text and scoring.proxy-downscale is {downscale}. Set it to \"1\"."); }
        AlbertOptions sizes = Name == "albert-small" ? AlbertOptions.Small : AlbertOptions.Base;
        return new Albert(sizes with { VocabularySize = data.Tokens.Size, PaddingId = data.Tokens.PaddingId }, data.Classes, seed);
    }
}
