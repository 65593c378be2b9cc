using RhoLoss.Models;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Models;

/// <summary>The zoo under the names that recipes have for it.</summary>
internal static class Zoo
{
    public static nn.Module<Tensor, Tensor> Create(string name, int classes = 10, long channels = 3, long seed = 1) => name switch
    {
        "vgg11-bn" => Vgg.Vgg11(channels, classes, seed),
        "resnet-34" => ResNet.ResNet34(channels, classes, seed),
        "resnet-50" => ResNet.ResNet50(channels, classes, seed),
        "densenet-121" => DenseNet.DenseNet121(channels, classes, seed),
        "googlenet" => new GoogLeNet(channels, classes, seed),
        "mobilenet-v2" => MobileNetV2.Small(channels, classes, seed),
        "inception-v3" => new InceptionV3(channels, classes, seed),
        "resnet-18-224" => ResNet.ResNet18Large(channels, classes, seed),
        "resnet-50-224" => ResNet.ResNet50Large(channels, classes, seed),
        "mobilenet-v2-224" => MobileNetV2.Large(channels, classes, seed),
        "mobilenet-v2-folded" => MobileNetV2.Folded(channels, classes, seed),
        _ => throw new ArgumentException($"There is no '{name}' in the zoo.", nameof(name)),
    };
}
