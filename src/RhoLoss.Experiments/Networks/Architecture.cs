using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Models;
using RhoLoss.Pretrained;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Networks;

/// <summary>A network as a recipe names it.</summary>
/// <param name="Name">One of <see cref="ModelTable.Names"/>.</param>
/// <param name="Hidden">Widths of an MLP's hidden layers; ignored by the others.</param>
/// <param name="Dropout">Rate of dropout of an MLP or the small CNN; ignored by the others.</param>
/// <param name="Weights">File of weights to start from, or the name of one that ships with the tool; empty: from scratch.</param>
public sealed record Architecture(string Name, ValueList<int> Hidden, double Dropout = 0, string Weights = "")
{
    /// <summary>Under this name a checkpoint has the SHA-256 of the vocabulary that its tokens are of.</summary>
    internal const string VocabularyKey = "vocabulary";

    /// <summary>The target of a recipe.</summary>
    public static Architecture TargetOf(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return new(recipe.Model.Name, recipe.Model.Hidden, recipe.Model.Dropout, recipe.Model.Weights);
    }

    /// <summary>Name and sizes: <c>mlp-512-512-512</c>.</summary>
    public string Title => Kind.HasWidths ? $"{Name}-{string.Join('-', Hidden)}" : Name;

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

    /// <summary>What the name stands for.</summary>
    /// <exception cref="InvalidInputException">There is no such network.</exception>
    public ModelKind Kind => ModelTable.Get(Name);

    /// <summary>Checks that it can read inputs of this data.</summary>
    /// <param name="data">Gives their shape.</param>
    /// <param name="downscale">Images reach it averaged over squares of this side.</param>
    /// <exception cref="InvalidInputException">They are text and it reads images, or vice versa, or they are too small.</exception>
    public void RequireInputs(LabeledDataset data, int downscale)
    {
        ArgumentNullException.ThrowIfNull(data);
        // Among texts, what classifies fits classes, and what foretells tokens a label a token.
        string Others(bool text, string or) =>
            ModelTable.NamesOf(model => model.ReadsText == text && (!text || model.PredictsTokens == (data.Classes == 0)), or);
        bool readsText = Kind.ReadsText;
        if (readsText && data.Tokens is null)
        {
            throw new InvalidInputException(
                $"The model {Name} reads text, but the data are images or numbers. Set model.name, "
                + $"irreducible-loss.model or scoring.proxy-model, whichever names it, to one of {Others(text: false, ", ")}.");
        }
        if (!readsText && data.Tokens is not null)
        {
            throw new InvalidInputException(
                $"The model {Name} reads images, but the data are text. Set model.name, "
                + $"irreducible-loss.model or scoring.proxy-model, whichever names it, to {Others(text: true, " or ")}.");
        }
        if (readsText && Kind.PredictsTokens != (data.Classes == 0))
        {
            string does = Kind.PredictsTokens ? "foretells the next token, but the labels of the data are classes"
                : "classifies texts, but the data have a label a token";
            throw new InvalidInputException(
                $"The model {Name} {does}. Set model.name, irreducible-loss.model or scoring.proxy-model, whichever names it, to "
                + $"{Others(text: true, " or ")}.");
        }
        if (!readsText && data.InputShape is [_, long height, long width]) { RequireSides(height, width, downscale, data.IsStreamed); }
        if (readsText && downscale > 1)
        {
            throw new InvalidInputException(
                $"Only images can be downscaled, but the data are text and scoring.proxy-downscale is {downscale}. Set it to \"1\".");
        }
    }

    private nn.Module<Tensor, Tensor> Build(long[] shape, LabeledDataset data, long seed) =>
        Kind.Create(new ModelRequest(shape, data.Classes, seed, Hidden, Dropout, data.Tokens));

    private nn.Module<Tensor, Tensor> Load(long[] shape, LabeledDataset data, long seed, Action<WeightReport>? onWeights)
    {
        ShippedWeights.Require(Weights);
        string file = ShippedWeights.FileOf(Weights);
        if (QuantizedMobileNetV2.IsOne(file)) { return LoadQuantized(file, shape, data, seed, onWeights); }
        nn.Module<Tensor, Tensor> model = Build(shape, data, seed);
        try
        {
            WeightReport report = WeightFile.Load(model, file, ClassifierWeights.LoadIfClassesAgree);
            RequireVocabulary(file, data.Tokens);
            onWeights?.Invoke(report);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>As many tokens may be others. A file that does not say which it is of may be of any.</summary>
    private static void RequireVocabulary(string file, TokenVocabulary? tokens)
    {
        if (tokens is null || SafetensorsFile.ReadMetadata(file).GetValueOrDefault(VocabularyKey) is not { } trained
            || trained == tokens.Sha256)
        {
            return;
        }
        throw new InvalidInputException(
            $"{file} was trained with another vocabulary of {tokens.Size} tokens (SHA-256 {trained[..Math.Min(8, trained.Length)]}, "
            + $"that of the data is {tokens.Sha256?[..8] ?? "none"}). Read the data with its vocabulary, or choose other weights.");
    }

    private MobileNetV2 LoadQuantized(string file, long[] shape, LabeledDataset data, long seed, Action<WeightReport>? onWeights)
    {
        if (!Kind.ReadsQuantizedWeights || shape[0] != 3)
        {
            throw new InvalidInputException(
                $"{file} is a quantised MobileNet-v2 for images of three channels, "
                + $"but the model is {Name} and the images have {shape[0]}. "
                + $"Set model.name = \"{ModelTable.NamesOf(model => model.ReadsQuantizedWeights, "\" or \"")}\" "
                + "and a data set of colour images, or another file of weights.");
        }
        (MobileNetV2 model, WeightReport report) = QuantizedMobileNetV2.Load(file, data.Classes, seed, data.Normalization);
        onWeights?.Invoke(report);
        return model;
    }

    /// <summary>Checks the size of images.</summary>
    /// <param name="height">Their height.</param>
    /// <param name="width">Their width.</param>
    /// <param name="downscale">They reach it averaged over squares of this side.</param>
    /// <param name="imageFiles">Whether they are read from image files, at a size that a recipe sets.</param>
    /// <exception cref="InvalidInputException">They are too small for it.</exception>
    internal void RequireSides(long height, long width, int downscale, bool imageFiles)
    {
        (height, width) = (height / downscale, width / downscale);
        if (height >= Kind.SmallestSide && width >= Kind.SmallestSide) { return; }
        string fix = imageFiles ? $"Set data.image-size to at least {Kind.SmallestSide * downscale}, or choose another model"
            : "Choose another model, or a data set of larger images";
        throw new InvalidInputException(
            $"{Name} needs images of at least {Kind.SmallestSide}×{Kind.SmallestSide} pixels, but they are {height}×{width}. {fix}.");
    }
}
