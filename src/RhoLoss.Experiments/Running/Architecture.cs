using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Models;
using RhoLoss.Pretrained;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Running;

/// <summary>A network as a recipe names it.</summary>
/// <param name="Name">One of <see cref="ModelNames.All"/>.</param>
/// <param name="Hidden">Widths of an MLP's hidden layers; ignored by the others.</param>
/// <param name="Dropout">Rate of dropout of an MLP or the small CNN; ignored by the others.</param>
/// <param name="Weights">File of weights to start from; empty: from scratch.</param>
public sealed record Architecture(string Name, ValueList<int> Hidden, double Dropout = 0, string Weights = "")
{
    /// <summary>The target of a recipe.</summary>
    public static Architecture TargetOf(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return new(recipe.Model.Name, recipe.Model.Hidden, recipe.Model.Dropout, recipe.Model.Weights);
    }

    /// <summary>Name and sizes: <c>mlp-512-512-512</c>.</summary>
    public string Title => Name == ModelNames.Mlp ? $"mlp-{string.Join('-', Hidden)}" : Name;

    /// <summary>A network for inputs and classes of this data, on its device: fresh, or with the weights of the file.</summary>
    /// <param name="data">Gives the shape of inputs and the number of classes.</param>
    /// <param name="seed">Seed of its initialisation.</param>
    /// <param name="downscale">Images reach it averaged over squares of this side.</param>
    /// <param name="onWeights">Told of what was loaded from the file.</param>
    /// <exception cref="InvalidInputException">There is no such network, or the file of weights is not of this one.</exception>
    public nn.Module<Tensor, Tensor> Create(LabeledDataset data, long seed, int downscale = 1, Action<WeightReport>? onWeights = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        RequireInputs(data, downscale);
        long[] shape = [.. data.InputShape.Select((side, axis) => axis == 0 ? side : side / downscale)];
        nn.Module<Tensor, Tensor> model = Weights.Length == 0 ? Build(shape, data, seed) : Load(shape, data, seed, onWeights);
        return model.to(data.Ids.device);
    }

    /// <summary>Whether it reads token ids and not images.</summary>
    public bool ReadsText => Name.StartsWith("albert-", StringComparison.Ordinal);

    /// <summary>Checks that it can read inputs of this data.</summary>
    /// <param name="data">Gives their shape.</param>
    /// <param name="downscale">Images reach it averaged over squares of this side.</param>
    /// <exception cref="InvalidInputException">They are text and it reads images, or vice versa, or they are too small.</exception>
    public void RequireInputs(LabeledDataset data, int downscale)
    {
        ArgumentNullException.ThrowIfNull(data);
        string Others(bool text, string or) => string.Join(or, ModelNames.All.Where(n => (this with { Name = n }).ReadsText == text));
        if (ReadsText && data.Tokens is null)
        {
            throw new InvalidInputException(
                $"The model {Name} reads text, but the data are images or numbers. Set model.name, "
                + $"irreducible-loss.model or scoring.proxy-model, whichever names it, to one of {Others(text: false, ", ")}.");
        }
        if (!ReadsText && data.Tokens is not null)
        {
            throw new InvalidInputException(
                $"The model {Name} reads images, but the data are text. Set model.name, "
                + $"irreducible-loss.model or scoring.proxy-model, whichever names it, to {Others(text: true, " or ")}.");
        }
        if (!ReadsText && data.InputShape is [_, long height, long width]) { RequireSides(height, width, downscale, data.IsStreamed); }
        if (ReadsText && downscale > 1)
        {
            throw new InvalidInputException(
                $"Only images can be downscaled, but the data are text and scoring.proxy-downscale is {downscale}. Set it to \"1\".");
        }
    }

    private nn.Module<Tensor, Tensor> Build(long[] shape, LabeledDataset data, long seed) => ReadsText
        ? new Albert(
            (Name == ModelNames.AlbertSmall ? AlbertOptions.Small : AlbertOptions.Base) with
            {
                VocabularySize = data.Tokens!.Size,
                PaddingId = data.Tokens.PaddingId
            },
            data.Classes, seed)
        : Build(shape, data.Classes, seed);

    private nn.Module<Tensor, Tensor> Build(long[] shape, int classes, long seed) => Name switch
    {
        ModelNames.Mlp => new Mlp(shape.Aggregate(1L, (a, d) => a * d), [.. Hidden.Select(h => (long)h)], classes, seed, Dropout),
        ModelNames.SmallCnn => new SmallCnn(shape, classes, seed, Dropout),
        ModelNames.ResNet18 => ResNet.ResNet18(shape[0], classes, seed),
        ModelNames.ResNet34 => ResNet.ResNet34(shape[0], classes, seed),
        ModelNames.ResNet50 => ResNet.ResNet50(shape[0], classes, seed),
        ModelNames.Vgg11 => Vgg.Vgg11(shape[0], classes, seed),
        ModelNames.DenseNet121 => DenseNet.DenseNet121(shape[0], classes, seed),
        ModelNames.GoogLeNet => new GoogLeNet(shape[0], classes, seed),
        ModelNames.MobileNetV2 => MobileNetV2.Small(shape[0], classes, seed),
        ModelNames.InceptionV3 => new InceptionV3(shape[0], classes, seed),
        ModelNames.ResNet18Large => ResNet.ResNet18Large(shape[0], classes, seed),
        ModelNames.ResNet50Large => ResNet.ResNet50Large(shape[0], classes, seed),
        ModelNames.MobileNetV2Large => MobileNetV2.Large(shape[0], classes, seed),
        _ => throw new InvalidInputException($"There is no model '{Name}'. Known are {string.Join(", ", ModelNames.All)}."),
    };

    private nn.Module<Tensor, Tensor> Load(long[] shape, LabeledDataset data, long seed, Action<WeightReport>? onWeights)
    {
        if (QuantizedMobileNetV2.IsOne(Weights)) { return LoadQuantized(shape, data, seed, onWeights); }
        nn.Module<Tensor, Tensor> model = Build(shape, data, seed);
        try
        {
            WeightReport report = WeightFile.Load(model, Weights, ClassifierWeights.LoadIfClassesAgree);
            onWeights?.Invoke(report);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private MobileNetV2 LoadQuantized(long[] shape, LabeledDataset data, long seed, Action<WeightReport>? onWeights)
    {
        if (Name != ModelNames.MobileNetV2Large || shape[0] != 3)
        {
            throw new InvalidInputException(
                $"{Weights} is a quantised MobileNet-v2 for images of three channels, "
                + $"but the model is {Name} and the images have {shape[0]}. "
                + $"Set model.name = \"{ModelNames.MobileNetV2Large}\" and a data set of colour images, or another model.weights.");
        }
        (MobileNetV2 model, WeightReport report) = QuantizedMobileNetV2.Load(Weights, data.Classes, seed, data.Normalization);
        onWeights?.Invoke(report);
        return model;
    }

    /// <summary>The smallest side of an image, in pixels, of which its layers leave something.</summary>
    private long LeastSide => Name switch
    {
        ModelNames.SmallCnn => 22,
        ModelNames.Vgg11 => 32,
        ModelNames.DenseNet121 => 16,
        ModelNames.InceptionV3 => 7,
        _ => 1,
    };

    /// <summary>Checks the size of images.</summary>
    /// <param name="height">Their height.</param>
    /// <param name="width">Their width.</param>
    /// <param name="downscale">They reach it averaged over squares of this side.</param>
    /// <param name="imageFiles">Whether they are read from image files, at a size that a recipe sets.</param>
    /// <exception cref="InvalidInputException">They are too small for it.</exception>
    internal void RequireSides(long height, long width, int downscale, bool imageFiles)
    {
        (height, width) = (height / downscale, width / downscale);
        if (height >= LeastSide && width >= LeastSide) { return; }
        string fix = imageFiles ? $"Set data.image-size to at least {LeastSide * downscale}, or choose another model"
            : "Choose another model, or a data set of larger images";
        throw new InvalidInputException(
            $"{Name} needs images of at least {LeastSide}×{LeastSide} pixels, but they are {height}×{width}. {fix}.");
    }
}
