using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RhoLoss.Randomness;
using RhoLoss.Tests.Models;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.References;

/// <summary>
/// Names, logits in both modes and running statistics of the zoo against torchvision 0.14 on PyTorch 1.13 (make_zoo_references.py).
/// </summary>
public sealed class ZooReferenceTests
{
    [Theory]
    [InlineData("vgg11-bn")]
    [InlineData("resnet-34")]
    [InlineData("resnet-50")]
    [InlineData("densenet-121")]
    [InlineData("googlenet")]
    [InlineData("mobilenet-v2")]
    [InlineData("inception-v3")]
    [InlineData("resnet-18-224")]
    [InlineData("resnet-50-224")]
    [InlineData("mobilenet-v2-224")]
    public void Names_and_logits_are_torchvisions(string name)
    {
        using var check = new NoTensorLeaks();
        JsonElement reference = PyTorchReferences.Zoo(name);
        using nn.Module<Tensor, Tensor> model = Zoo.Create(name);
        Dictionary<string, Tensor> state = model.state_dict();
        state.Count.ShouldBe(reference.GetProperty("tensors").GetInt32());
        string names = string.Join('\n',
            state.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key} [{string.Join(", ", s.Value.shape)}]"));
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(names)))
            .ShouldBe(reference.GetProperty("namesSha256").GetString(), names);

        PyTorchReferences.Fill(model);
        Tensor images = PyTorchReferences.InputOf(reference.Whole("inputShape"));
        using IDisposable noGradient = no_grad();
        model.eval();
        ShouldBeClose(model.forward(images), reference.Numbers("eval"), 1e-4f, $"{name} eval");

        model.train();
        foreach (SeededDropout dropout in model.named_modules().Select(m => m.module).OfType<SeededDropout>()) { dropout.eval(); }
        // Batch statistics of few numbers divide small differences by small deviations, layer after layer.
        ShouldBeClose(model.forward(images), reference.Numbers("train"), 2e-3f, $"{name} train");
        double[] running = [.. model.state_dict()
            .Where(s => s.Key.Contains("running_", StringComparison.Ordinal)).Select(s => s.Value.to(float64).abs().mean().item<double>())];
        new[] { running.Average() }.ShouldMatch([reference.GetProperty("runningStatistics").GetDouble()], $"{name} running statistics");
    }

    /// <summary>By the largest logit: each is a sum of a thousand terms that nearly cancel where it is small.</summary>
    private static void ShouldBeClose(Tensor logits, double[] reference, float tolerance, string what)
    {
        Tensor expected = tensor(reference).reshape(logits.shape).to(float32);
        (logits - expected).abs().max().item<float>().ShouldBeLessThan(tolerance * expected.abs().max().item<float>(), what);
    }
}
