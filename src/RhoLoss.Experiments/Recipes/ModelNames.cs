namespace RhoLoss.Experiments.Recipes;

/// <summary>The networks that a recipe can name: the rule of its keys, the registry and the messages all read this list.</summary>
public static class ModelNames
{
    /// <summary>Fully connected.</summary>
    public const string Mlp = "mlp";

    /// <summary>The paper's small convolutional network.</summary>
    public const string SmallCnn = "small-cnn";

    /// <summary>The CIFAR zoo: networks whose stems are made for images of about 32×32.</summary>
    public const string ResNet18 = "resnet-18", ResNet34 = "resnet-34", ResNet50 = "resnet-50",
        Vgg11 = "vgg11-bn", DenseNet121 = "densenet-121", GoogLeNet = "googlenet",
        MobileNetV2 = "mobilenet-v2", InceptionV3 = "inception-v3";

    /// <summary>Torchvision's own, for images of about 224×224.</summary>
    public const string ResNet18Large = "resnet-18-224", ResNet50Large = "resnet-50-224", MobileNetV2Large = "mobilenet-v2-224";

    /// <summary>For text: ALBERT v2 and a small one to train from scratch.</summary>
    public const string AlbertSmall = "albert-small", AlbertBase = "albert-base";

    /// <summary>All of them, in the order in which they are listed.</summary>
    public static ValueList<string> All { get; } =
        [
            Mlp, SmallCnn, ResNet18, ResNet34, ResNet50, Vgg11, DenseNet121, GoogLeNet, MobileNetV2, InceptionV3,
            ResNet18Large, ResNet50Large, MobileNetV2Large, AlbertSmall, AlbertBase
        ];

    /// <summary>Whether it is made for images of about 224×224.</summary>
    public static bool IsLarge(string name) => name is ResNet18Large or ResNet50Large or MobileNetV2Large;
}
