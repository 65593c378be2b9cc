using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// A block of Inception-v3: branches side by side whose outputs are concatenated. The five kinds are those of torchvision's InceptionA to
/// InceptionE, with their names; figures 5 to 7 of the paper.
/// </summary>
internal sealed class InceptionBlock : nn.Module<Tensor, Tensor>
{
    private readonly List<Func<Tensor, Tensor>> _branches = [];

    private InceptionBlock(string name) : base(name) { }

    /// <summary>1×1; 5×5; two 3×3; average pooling: 224 channels more than <paramref name="poolWidth"/>, the same sides.</summary>
    public static InceptionBlock A(long inputs, long poolWidth)
    {
        var block = new InceptionBlock("InceptionA");
        block.Add(block.Unit("branch1x1", inputs, 64, 1));
        block.Add(block.Unit("branch5x5_1", inputs, 48, 1), block.Unit("branch5x5_2", 48, 64, 5, padding: 2));
        block.Add(
            block.Unit("branch3x3dbl_1", inputs, 64, 1), block.Unit("branch3x3dbl_2", 64, 96, 3, padding: 1),
            block.Unit("branch3x3dbl_3", 96, 96, 3, padding: 1));
        block.Add(AveragePool, block.Unit("branch_pool", inputs, poolWidth, 1));
        return block;
    }

    /// <summary>3×3 and two 3×3 with stride 2; max-pooling: 480 channels more, half the sides.</summary>
    public static InceptionBlock B(long inputs)
    {
        var block = new InceptionBlock("InceptionB");
        block.Add(block.Unit("branch3x3", inputs, 384, 3, stride: 2));
        block.Add(
            block.Unit("branch3x3dbl_1", inputs, 64, 1), block.Unit("branch3x3dbl_2", 64, 96, 3, padding: 1),
            block.Unit("branch3x3dbl_3", 96, 96, 3, stride: 2));
        block.Add(MaxPool);
        return block;
    }

    /// <summary>1×1; 7×7 and two 7×7, each as 1×7 and 7×1; average pooling: 768 channels, the same sides.</summary>
    public static InceptionBlock C(long inputs, long width)
    {
        var block = new InceptionBlock("InceptionC");
        block.Add(block.Unit("branch1x1", inputs, 192, 1));
        block.Add(
            block.Unit("branch7x7_1", inputs, width, 1), block.Row("branch7x7_2", width, width, 7),
            block.Column("branch7x7_3", width, 192, 7));
        block.Add(
            block.Unit("branch7x7dbl_1", inputs, width, 1), block.Column("branch7x7dbl_2", width, width, 7),
            block.Row("branch7x7dbl_3", width, width, 7), block.Column("branch7x7dbl_4", width, width, 7),
            block.Row("branch7x7dbl_5", width, 192, 7));
        block.Add(AveragePool, block.Unit("branch_pool", inputs, 192, 1));
        return block;
    }

    /// <summary>3×3, and 7×7 then 3×3, with stride 2; max-pooling: 512 channels more, half the sides.</summary>
    public static InceptionBlock D(long inputs)
    {
        var block = new InceptionBlock("InceptionD");
        block.Add(block.Unit("branch3x3_1", inputs, 192, 1), block.Unit("branch3x3_2", 192, 320, 3, stride: 2));
        block.Add(
            block.Unit("branch7x7x3_1", inputs, 192, 1), block.Row("branch7x7x3_2", 192, 192, 7),
            block.Column("branch7x7x3_3", 192, 192, 7), block.Unit("branch7x7x3_4", 192, 192, 3, stride: 2));
        block.Add(MaxPool);
        return block;
    }

    /// <summary>1×1; 1×3 beside 3×1, once after 1×1 and once after 3×3; average pooling: 2048 channels, the same sides.</summary>
    public static InceptionBlock E(long inputs)
    {
        var block = new InceptionBlock("InceptionE");
        block.Add(block.Unit("branch1x1", inputs, 320, 1));
        block.Add(
            block.Unit("branch3x3_1", inputs, 384, 1),
            SideBySide(block.Row("branch3x3_2a", 384, 384, 3), block.Column("branch3x3_2b", 384, 384, 3)));
        block.Add(block.Unit("branch3x3dbl_1", inputs, 448, 1), block.Unit("branch3x3dbl_2", 448, 384, 3, padding: 1),
            SideBySide(block.Row("branch3x3dbl_3a", 384, 384, 3), block.Column("branch3x3dbl_3b", 384, 384, 3)));
        block.Add(AveragePool, block.Unit("branch_pool", inputs, 192, 1));
        return block;
    }

    /// <summary>Maps [n, channels, height, width] to the branches' channels.</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(cat([.. _branches.Select(branch => branch(input))], 1));
    }

    private void Add(params Func<Tensor, Tensor>[] steps) => _branches.Add(input => steps.Aggregate(input, (x, step) => step(x)));

    private Func<Tensor, Tensor> Unit(string name, long inputs, long outputs, long kernel, long stride = 1, long padding = 0) =>
        Registered(name, new BasicConv2d(inputs, outputs, kernel, stride, padding));

    /// <summary>1 × length.</summary>
    private Func<Tensor, Tensor> Row(string name, long inputs, long outputs, long length) =>
        Registered(name, new BasicConv2d(inputs, outputs, (1, length), 1, (0, length / 2)));

    /// <summary>length × 1.</summary>
    private Func<Tensor, Tensor> Column(string name, long inputs, long outputs, long length) =>
        Registered(name, new BasicConv2d(inputs, outputs, (length, 1), 1, (length / 2, 0)));

    private Func<Tensor, Tensor> Registered(string name, BasicConv2d unit)
    {
        register_module(name, unit);
        return unit.call;
    }

    private static Func<Tensor, Tensor> SideBySide(Func<Tensor, Tensor> first, Func<Tensor, Tensor> second) =>
        x => cat([first(x), second(x)], 1);

    private static Tensor AveragePool(Tensor x) => nn.functional.avg_pool2d(x, 3, stride: 1, padding: 1);

    private static Tensor MaxPool(Tensor x) => nn.functional.max_pool2d(x, 3, stride: 2);
}
