using RhoLoss.Models;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>Every network that a recipe can name. A new one is a class in the library and a row here.</summary>
public static class ModelTable
{
    /// <summary>The small ones, which also score for others, and the paper's target for CIFAR.</summary>
    public const string Mlp = "mlp", SmallCnn = "small-cnn", ResNet18 = "resnet-18";

    private const string MobileNetV2Large = "mobilenet-v2-224";

    /// <summary>The rows, in the order in which messages and documents list them.</summary>
    public static IReadOnlyList<ModelKind> All { get; } =
    [
        new(Mlp, "fully connected", r => new Mlp(
            r.InputShape.Aggregate(1L, (a, d) => a * d), [.. r.Hidden.Select(h => (long)h)], r.Classes, r.Seed, r.Dropout))
        {
            HasWidths = true,
            HasDropout = true,
            HasConvolutions = false,
            HasBatchNorm = false,
            GainsFromBFloat16 = false,
            UsualInput = [1, 28, 28],
            UsualProxy = Mlp,
        },
        new(SmallCnn, "the paper's small convolutional network", r => new SmallCnn([.. r.InputShape], r.Classes, r.Seed, r.Dropout))
        {
            SmallestSide = 22,
            HasDropout = true,
            HasBatchNorm = false,
            UsualProxy = Mlp,
        },

        // Networks whose stems are made for images of about 32×32.
        OfImages(ResNet18, "ResNet-18 for small images", ResNet.ResNet18),
        OfImages("resnet-34", "ResNet-34 for small images", ResNet.ResNet34),
        OfImages("resnet-50", "ResNet-50 for small images", ResNet.ResNet50),
        OfImages("vgg11-bn", "VGG-11 with BatchNorm for small images", Vgg.Vgg11) with { SmallestSide = 32 },
        OfImages("densenet-121", "DenseNet-121 for small images", DenseNet.DenseNet121) with { SmallestSide = 15 },
        OfImages("googlenet", "GoogLeNet for small images", (channels, classes, seed) => new GoogLeNet(channels, classes, seed)),
        OfImages("mobilenet-v2", "MobileNet-v2 for small images", MobileNetV2.Small),
        OfImages("inception-v3", "Inception-v3 for small images", (channels, classes, seed) => new InceptionV3(channels, classes, seed))
            with { SmallestSide = 7 },

        // Torchvision's own, for images of about 224×224. The small CNN has no stride, so on those its first linear layer would be larger
        // than a ResNet.
        OfLargeImages("resnet-18-224", "ResNet-18 as in torchvision", ResNet.ResNet18Large),
        OfLargeImages("resnet-50-224", "ResNet-50 as in torchvision", ResNet.ResNet50Large),
        OfLargeImages(MobileNetV2Large, "MobileNet-v2 as in torchvision", MobileNetV2.Large)
            with { ReadsQuantizedWeights = true, UsualProxy = Mlp },

        OfText("albert-small", "a small ALBERT, to train from scratch", AlbertOptions.Small),
        OfText("albert-base", "ALBERT v2", AlbertOptions.Base),

        OfLanguage("gpt-nano", "a causal language model, 3 layers of width 96", CausalTransformerOptions.Nano),
        OfLanguage("gpt-micro", "a causal language model, 4 layers of width 128", CausalTransformerOptions.Micro),
    ];

    /// <summary>The names of all rows.</summary>
    public static ValueList<string> Names { get; } = [.. All.Select(model => model.Name)];

    /// <summary>The row of that name.</summary>
    /// <exception cref="InvalidInputException">There is none; the message names the known ones.</exception>
    public static ModelKind Get(string name) => All.FirstOrDefault(model => model.Name == name)
        ?? throw new InvalidInputException($"There is no model '{name}'. Known are {string.Join(", ", Names)}.");

    /// <summary>Names of the rows that are so, as a message lists them.</summary>
    public static string NamesOf(Func<ModelKind, bool> kind, string between) =>
        string.Join(between, All.Where(kind).Select(model => model.Name));

    private static ModelKind OfImages(string name, string meaning, Func<long, int, long, nn.Module<Tensor, Tensor>> create) =>
        new(name, meaning, r => create(r.InputShape[0], r.Classes, r.Seed));

    private static ModelKind OfLargeImages(string name, string meaning, Func<long, int, long, nn.Module<Tensor, Tensor>> create) =>
        OfImages(name, meaning, create) with { UsualInput = [3, 224, 224], UsualProxy = MobileNetV2Large };

    private static ModelKind OfText(string name, string meaning, AlbertOptions options) => new(name, meaning, r => new Albert(
        options with { VocabularySize = r.Tokens!.Size, PaddingId = r.Tokens.PaddingId }, r.Classes, r.Seed))
    {
        ReadsText = true,
        HasConvolutions = false,
        HasBatchNorm = false,
    };

    /// <summary>Vocabulary and context are the data's.</summary>
    private static ModelKind OfLanguage(string name, string meaning, CausalTransformerOptions options) =>
        new(name, meaning, r => new CausalTransformer(
            options with { Vocabulary = r.Tokens!.Size, Context = (int)r.InputShape[0], Dropout = r.Dropout }, r.Seed))
        {
            ReadsText = true,
            PredictsTokens = true,
            Metric = Metric.Named(Metric.BitsPerByte),
            HasDropout = true,
            HasConvolutions = false,
            HasBatchNorm = false,
        };
}
