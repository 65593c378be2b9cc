using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Optimization;

public sealed class AdamWOptionsTests
{
    [Fact]
    public void Defaults_are_those_of_PyTorch()
    {
        // torch.optim.AdamW(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01), PyTorch 1.13 documentation
        new AdamWOptions()
            .ShouldBe(new AdamWOptions { LearningRate = 0.001, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, WeightDecay = 0.01 });
    }

    [Fact]
    public void The_first_step_decays_the_weight_and_moves_it_by_the_learning_rate()
    {
        using var check = new NoTensorLeaks();
        // w = 1, gradient g of −log σ(w) negative; m̂ = g and v̂ = g² after bias correction, so w' = w(1 − lr·0.01) + lr = 0.999 + 0.1.
        Steps(new AdamWOptions { LearningRate = 0.1 }, 1).ShouldBe(1.099, tolerance: 1e-6);
        Steps(new AdamWOptions { LearningRate = 0.1, WeightDecay = 0 }, 1).ShouldBe(1.1, tolerance: 1e-6);
    }

    [Theory]
    [InlineData(0.1, 0.9, 0.999, 1e-8, 0.01)]
    [InlineData(0.05, 0.8, 0.9, 0.1, 0.2)]   // every hyperparameter far from its default, so that a swap would show
    public void Five_steps_follow_the_update_rule(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var check = new NoTensorLeaks();
        double w = 1, m = 0, v = 0;
        for (int t = 1; t <= 5; t++)   // Loshchilov and Hutter (2019), Algorithm 2
        {
            double gradient = -1 / (1 + Math.Exp(w));   // d/dw of −log σ(w)
            w -= learningRate * weightDecay * w;
            m = beta1 * m + (1 - beta1) * gradient;
            v = beta2 * v + (1 - beta2) * gradient * gradient;
            w -= learningRate * (m / (1 - Math.Pow(beta1, t))) / (Math.Sqrt(v / (1 - Math.Pow(beta2, t))) + epsilon);
        }
        var options = new AdamWOptions
        {
            LearningRate = learningRate,
            Beta1 = beta1,
            Beta2 = beta2,
            Epsilon = epsilon,
            WeightDecay = weightDecay,
        };
        Steps(options, 5).ShouldBe(w, tolerance: 2e-6);   // float32 against double
    }

    /// <summary>w after steps on one example x = 1 of class 0, from w = 1.</summary>
    private static double Steps(AdamWOptions options, int steps)
    {
        using var data = new LabeledDataset(ones(1, 1), zeros(1, dtype: int64), classes: 2);
        using var model = new OneWeight(1f);
        using var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, new TrainerOptions
        {
            BatchSize = 1,
            LargeBatchSize = 1,
            Optimizer = options,
        });
        for (int i = 0; i < steps; i++) { trainer.Step(); }
        return model.Value;
    }
}
