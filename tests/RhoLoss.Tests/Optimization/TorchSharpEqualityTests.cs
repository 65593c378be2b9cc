using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Optimization;

/// <summary>In float32 the fused optimizers take TorchSharp's steps to the bit, so changing to them changes no result.</summary>
public sealed class TorchSharpEqualityTests
{
    private const int Steps = 100;

    // Widths that are no multiple of a vector of 4, 8 or 16 numbers, and a layer of more than one piece of a pass would be: 13·7, 7·5, 5·3.
    private static Mlp CreateModel() => new(13, [7, 5], 3, seed: 1);

    [Theory]
    [InlineData(1e-3, 0.9, 0.999, 1e-8, 0.01)]   // PyTorch's defaults
    [InlineData(0.05, 0.8, 0.95, 1e-3, 0.2)]     // every hyperparameter far from them
    [InlineData(1e-2, 0, 0, 1e-8, 0)]            // no averaging, no decay
    public void AdamW_is_equal_to_the_bit_over_100_steps(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var check = new NoTensorLeaks();
        var options = new AdamWOptions { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon, WeightDecay = weightDecay };
        RequireEqualSteps(options, model => optim.AdamW(model.parameters(), learningRate, beta1, beta2, epsilon, weightDecay));
    }

    [Theory]
    [InlineData(0.1, 0, 0, false)]
    [InlineData(0.1, 0, 0.01, false)]
    [InlineData(0.1, 0.9, 0, false)]
    [InlineData(0.1, 0.9, 5e-4, false)]
    [InlineData(0.1, 0.9, 0, true)]
    [InlineData(0.03, 0.7, 0.1, true)]
    public void Sgd_is_equal_to_the_bit_over_100_steps(double learningRate, double momentum, double weightDecay, bool nesterov)
    {
        using var check = new NoTensorLeaks();
        var options = new SgdOptions { LearningRate = learningRate, Momentum = momentum, WeightDecay = weightDecay, Nesterov = nesterov };
        RequireEqualSteps(options, model => optim.SGD(model.parameters(), learningRate, momentum, weight_decay: weightDecay, nesterov: nesterov));
    }

    private static void RequireEqualSteps(OptimizerOptions options, Func<nn.Module, optim.Optimizer> createTorchSharps)
    {
        using Mlp model = CreateModel(), reference = CreateModel();
        using var parameters = new FlatParameters(model);
        using FusedOptimizer fused = options.CreateFor(parameters);
        using optim.Optimizer torchSharps = createTorchSharps(reference);
        using var generator = new Generator(2, CPU);
        for (int step = 1; step <= Steps; step++)
        {
            using IDisposable scope = NewDisposeScope();
            Tensor inputs = randn([8, 13], generator: generator), labels = randint(0, 3, [8], dtype: int64, generator: generator);
            fused.ZeroGradients();
            nn.functional.cross_entropy(model.forward(inputs), labels).backward();
            fused.Step();
            torchSharps.zero_grad();
            nn.functional.cross_entropy(reference.forward(inputs), labels).backward();
            torchSharps.step();
            Toys.Bits(model).ShouldBe(Toys.Bits(reference), $"step {step}");
        }
    }
}
