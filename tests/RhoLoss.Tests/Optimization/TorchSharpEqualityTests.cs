using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace RhoLoss.Tests.Optimization;

/// <summary>
/// In float32 the fused optimizers take TorchSharp's steps: SGD to the bit; AdamW to the bit but for the square root, which LibTorch
/// rounds wrongly by one unit for a sixth of all numbers (its vector mathematics library), and a fused step rounds correctly.
/// </summary>
public sealed class TorchSharpEqualityTests
{
    private const int Steps = 100;

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
        using Mlp model = CreateModel(), reference = CreateModel();
        using optim.Optimizer torchSharps = optim.SGD(reference.parameters(), learningRate, momentum, weight_decay: weightDecay,
            nesterov: nesterov);
        Train(model, options, reference, torchSharps.step, step => Toys.Bits(model).ShouldBe(Toys.Bits(reference), $"step {step}"));
    }

    [Theory]
    [InlineData(1e-3, 0.9, 0.999, 1e-8, 0.01)]   // PyTorch's defaults
    [InlineData(0.05, 0.8, 0.95, 1e-3, 0.2)]     // every hyperparameter far from them
    [InlineData(1e-2, 0, 0, 1e-8, 0)]            // no averaging, no decay
    public void AdamW_is_equal_to_the_bit_over_100_steps_when_the_root_is_rounded_correctly(
        double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var check = new NoTensorLeaks();
        var options = new AdamWOptions
        {
            LearningRate = learningRate,
            Beta1 = beta1,
            Beta2 = beta2,
            Epsilon = epsilon,
            WeightDecay = weightDecay,
        };
        using Mlp model = CreateModel(), reference = CreateModel();
        (Parameter Weight, Tensor First, Tensor Second)[] states = [.. reference.parameters()
            .Select(p => (p, zeros_like(p), zeros_like(p)))];
        int t = 0;
        Train(model, options, reference, Step, step => Toys.Bits(model).ShouldBe(Toys.Bits(reference), $"step {step}"));

        // TorchSharp 0.107.0, optim.AdamW.step, without its options; the root in float64,
        // from which rounding once more gives the nearest float32.
        Tensor Step(Func<Tensor>? closure)
        {
            using IDisposable noGradient = no_grad();
            t++;
            foreach ((Parameter weight, Tensor first, Tensor second) in states)
            {
                Tensor gradient = weight.grad!;
                weight.mul_(1 - learningRate * weightDecay);
                first.mul_(beta1).add_(gradient, alpha: 1 - beta1);
                second.mul_(beta2).addcmul_(gradient, gradient, value: 1 - beta2);
                Tensor denominator = (second.to(float64).sqrt().to(float32) / Math.Sqrt(1 - Math.Pow(beta2, t))).add_(epsilon);
                weight.addcdiv_(first, denominator, value: -(learningRate / (1 - Math.Pow(beta1, t))));
            }
            return zeros(1);
        }
    }

    [Theory]
    [InlineData(1e-3, 0.9, 0.999, 1e-8, 0.01)]
    [InlineData(0.05, 0.8, 0.95, 1e-3, 0.2)]
    public void AdamW_is_within_a_millionth_over_100_steps(
        double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var check = new NoTensorLeaks();
        var options = new AdamWOptions
        {
            LearningRate = learningRate,
            Beta1 = beta1,
            Beta2 = beta2,
            Epsilon = epsilon,
            WeightDecay = weightDecay,
        };
        using Mlp model = CreateModel(), reference = CreateModel();
        using optim.Optimizer torchSharps = optim.AdamW(reference.parameters(), learningRate, beta1, beta2, epsilon, weightDecay);
        Train(model, options, reference, torchSharps.step, step =>
        {
            foreach ((Parameter own, Parameter other) in model.parameters().Zip(reference.parameters()))
            {
                (own - other).abs().max().item<float>().ShouldBeLessThanOrEqualTo(1e-6f, $"step {step}");
            }
        });
    }

    // Widths that are no multiple of 4, 8 or 16, so that both LibTorch's vector loops and what they leave over are compared.
    private static Mlp CreateModel() => new(13, [37, 5], 3, seed: 1);

    /// <summary>Trains both on the same random batches, each from its own gradients.</summary>
    private static void Train(
        Mlp model, OptimizerOptions options, Mlp reference, Func<Func<Tensor>?, Tensor> referenceStep, Action<int> compare)
    {
        using var parameters = new FlatParameters(model);
        using Optimizer fused = options.CreateFor(parameters);
        using var generator = new Generator(2, CPU);
        for (int step = 1; step <= Steps; step++)
        {
            using IDisposable scope = NewDisposeScope();
            Tensor inputs = randn([8, 13], generator: generator), labels = randint(0, 3, [8], dtype: int64, generator: generator);
            fused.ZeroGradients();
            nn.functional.cross_entropy(model.forward(inputs), labels).backward();
            fused.Step();
            reference.zero_grad();
            nn.functional.cross_entropy(reference.forward(inputs), labels).backward();
            referenceStep(null);
            compare(step);
        }
    }
}
