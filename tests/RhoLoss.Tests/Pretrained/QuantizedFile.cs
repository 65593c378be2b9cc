using System.Text.Json;
using RhoLoss.Randomness;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Pretrained;

/// <summary>A small number of labels, random numbers of 8 bits, and otherwise a file in the format of the quantised MobileNet-v2.</summary>
internal static class QuantizedFile
{
    /// <summary>
    /// The operations as the file lists them: numbered tensors, blocks whose input is added, a mean before the classifier.
    /// </summary>
    public static List<Dictionary<string, object>> Graph(int labels)
    {
        var operations = new List<Dictionary<string, object>> { new() { ["op"] = "quantize", ["src"] = new[] { 0 }, ["dst"] = 109 } };
        int last = 109, layer = 0;
        void Layer(string op, long outputs, long inputs, int kernel, long stride, bool relu6)
        {
            operations.Add(new()
            {
                ["name"] = $"layer{layer++:00}",
                ["op"] = op,
                ["out"] = outputs,
                ["inp"] = inputs,
                ["k"] = kernel,
                ["stride"] = stride,
                ["relu6"] = relu6,
                ["src"] = last,
                ["dst"] = last + 1,
            });
            last++;
        }
        Layer("conv", 32, 3, 3, 2, true);
        long width = 32;
        // t, c, n and s of Table 2 of the MobileNet-v2 paper.
        foreach ((long t, long c, int n, long s) in new (long, long, int, long)[]
        {
            (1, 16, 1, 1),
            (6, 24, 2, 2),
            (6, 32, 3, 2),
            (6, 64, 4, 2),
            (6, 96, 3, 1),
            (6, 160, 3, 2),
            (6, 320, 1, 1),
        })
        {
            for (int i = 0; i < n; i++)
            {
                int input = last;
                if (t > 1) { Layer("conv", width * t, width, 1, 1, true); }
                Layer("dwconv", width * t, 1, 3, i == 0 ? s : 1, true);
                Layer("conv", c, width * t, 1, 1, false);
                if (i > 0)
                {
                    operations.Add(new() { ["op"] = "add", ["src"] = new[] { input, last }, ["dst"] = last + 1 });
                    last++;
                }
                width = c;
            }
        }
        Layer("conv", 1280, 320, 1, 1, true);
        operations.Add(new() { ["op"] = "mean", ["src"] = new[] { last, 1 }, ["dst"] = ++last });
        Layer("conv", labels, 1280, 1, 1, false);
        operations.Add(new() { ["op"] = "softmax", ["src"] = new[] { last }, ["dst"] = last + 1 });
        return operations;
    }

    public static void Write(string path, int labels, Action<List<Dictionary<string, object>>>? change = null, string? leaveOut = null)
    {
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Stream(7, 7);
        List<Dictionary<string, object>> graph = Graph(labels);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (Dictionary<string, object> operation in graph.Where(o => o.ContainsKey("name")))
        {
            string name = (string)operation["name"];
            long outputs = (long)operation["out"], inputs = (long)operation["inp"], kernel = (int)operation["k"];
            tensors[$"{name}.weight_q"] = randint(-127, 128, [outputs, inputs, kernel, kernel], dtype: int8, generator: generator);
            // About He's deviation: of numbers even in ±127 the deviation is 73.
            tensors[$"{name}.scale"] = full([outputs], (float)(Math.Sqrt(2.0 / (inputs * kernel * kernel)) / 73))
                * (1 + 0.1 * arange(outputs, dtype: float32) / outputs);
            tensors[$"{name}.bias"] = 0.1f * rand([outputs], generator: generator);
        }
        if (leaveOut is not null) { tensors.Remove(leaveOut); }
        change?.Invoke(graph);
        SafetensorsFile.Write(path, tensors,
            new Dictionary<string, string> { ["layers"] = JsonSerializer.Serialize(graph), ["source"] = "test" });
    }
}
