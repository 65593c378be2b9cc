namespace RhoLoss.Cli.Doctor;

/// <summary>
/// A two-dimensional convolution at the size at which a network here has it, with padding of half the kernel but for
/// <paramref name="Padding"/>.
/// </summary>
/// <param name="N">Images.</param>
/// <param name="From">Channels in.</param>
/// <param name="To">Channels out.</param>
/// <param name="Kernel">Side of the kernel.</param>
/// <param name="Stride">Stride.</param>
/// <param name="Padding">Padding.</param>
/// <param name="Side">Side of the image.</param>
/// <param name="Groups">Groups; as many as channels in a depthwise convolution.</param>
internal sealed record ConvolutionShape(int N, int From, int To, int Kernel, int Stride, int Padding, int Side, int Groups = 1)
{
    /// <summary>
    /// The distinct convolutions of the small CNN and the ResNet-18 for small images, and those that other networks here add in
    /// kind.
    /// </summary>
    public static IReadOnlyList<ConvolutionShape> OfOurNetworks { get; } =
    [
        // Small CNN, 32 × 32.
        new(8, 3, 64, 3, 1, 0, 32), new(8, 64, 128, 3, 1, 0, 15), new(8, 128, 256, 3, 1, 0, 6),
        // ResNet-18: the first layer, the two of each stage, the steps down between stages and their shortcuts.
        new(4, 3, 64, 3, 1, 1, 32), new(4, 64, 64, 3, 1, 1, 32),
        new(4, 64, 128, 3, 2, 1, 32), new(4, 128, 128, 3, 1, 1, 16), new(4, 64, 128, 1, 2, 0, 32),
        new(4, 128, 256, 3, 2, 1, 16), new(4, 256, 256, 3, 1, 1, 8), new(4, 128, 256, 1, 2, 0, 16),
        new(4, 256, 512, 3, 2, 1, 8), new(4, 512, 512, 3, 1, 1, 4), new(4, 256, 512, 1, 2, 0, 8),
        // MobileNet-v2: widened, depthwise and narrowed; DenseNet: few channels out; GoogLeNet and Inception: 5 × 5; networks for
        // 224 × 224: 7 × 7.
        new(4, 32, 192, 1, 1, 0, 16), new(4, 192, 192, 3, 1, 1, 16, Groups: 192), new(4, 192, 192, 3, 2, 1, 16, Groups: 192),
        new(4, 192, 32, 1, 1, 0, 8), new(4, 128, 32, 3, 1, 1, 8), new(4, 16, 32, 5, 1, 2, 8), new(2, 3, 64, 7, 2, 3, 64),
        // Few channels out, where the damage was first seen.
        new(16, 128, 4, 1, 1, 0, 8), new(16, 64, 8, 3, 1, 1, 8),
    ];
}
