using System.Diagnostics;
using System.Globalization;
using RhoLoss.Models;
using static TorchSharp.torch;

namespace Convolutions;

/// <summary>What the layers of a ResNet-18 and a whole step of it cost on this path, beside the machine's matrix product.</summary>
internal static class Speed
{
    private const int Rounds = 5;
    private const long ResNet18MultiplyAdds = 555_422_720;   // a forward pass of one 3×32×32 image, docs/paper-to-code.md

    public static int Run()
    {
        foreach (ScalarType type in (ScalarType[])[float32, bfloat16])
        {
            double peak = MatrixProduct(type);
            Print($"{type}: 512³ matrix product {peak:0.0} GFLOP/s");
            foreach (bool channelsLast in (bool[])[false, true])
            {
                string layout = channelsLast ? "channels-last" : "contiguous";
                Print($"  3×3, 64 → 64 on 16×16, n = 64, forward + backward, {layout}: {Layer(type, channelsLast):0.0} GFLOP/s");
                if (type == bfloat16) { continue; }
                Print($"  the same by unfolding and matrix product, {layout}: {Layer(type, channelsLast, unfolded: true):0.0} GFLOP/s");
            }
        }
        double product = MatrixProduct(float32), step = ResNet18(n: 32);
        double products = 3 * 2e-9 * 32 * ResNet18MultiplyAdds / product;
        Print($"ResNet-18, 32 images, forward + backward, float32: {1e3 * step:0} ms, {step / products:0.00} × its products");
        return 0;
    }

    private static double MatrixProduct(ScalarType type)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor a = rand(512, 512).to(type);
        return 2e-9 * 512 * 512 * 512 / Best(() => a.mm(a).Dispose(), times: 10);
    }

    private static double Layer(ScalarType type, bool channelsLast, bool unfolded = false)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor input = Laid(randn(64, 64, 16, 16).to(type), channelsLast), weight = Laid(randn(64, 64, 3, 3).to(type), channelsLast);
        input.requires_grad_();
        weight.requires_grad_();
        double seconds = Best(() =>
        {
            using IDisposable inner = NewDisposeScope();
            Tensor output = unfolded ? Unfolded(input, weight) : nn.functional.conv2d(input, weight, padding: [1, 1]);
            output.sum().backward();
        });
        return 3 * 2e-9 * 64 * 64 * 64 * 9 * 16 * 16 / seconds;
    }

    /// <summary>A convolution of one's own: columns of the input, one matrix product.</summary>
    private static Tensor Unfolded(Tensor input, Tensor weight)
    {
        Tensor columns = nn.functional.unfold(input, kernel_size: 3, padding: 1);
        return weight.reshape(weight.shape[0], -1).matmul(columns).reshape(input.shape[0], weight.shape[0], input.shape[2], input.shape[3]);
    }

    private static double ResNet18(int n)
    {
        using IDisposable scope = NewDisposeScope();
        using var model = ResNet.ResNet18(channels: 3, classes: 10, seed: 0);
        Tensor images = randn(n, 3, 32, 32), labels = zeros(n, int64);
        return Best(() =>
        {
            using IDisposable inner = NewDisposeScope();
            model.zero_grad(set_to_none: false);
            nn.functional.cross_entropy(model.forward(images), labels).backward();
        });
    }

    private static Tensor Laid(Tensor t, bool channelsLast) =>
        (channelsLast ? t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : t).detach();

    private static double Best(Action run, int times = 1)
    {
        run();
        return Enumerable.Range(0, Rounds).Min(_ =>
        {
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < times; i++) { run(); }
            return Stopwatch.GetElapsedTime(started).TotalSeconds / times;
        });
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
