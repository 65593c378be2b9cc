using System.Text.Json;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.References;

/// <summary>Models, scores, BatchNorm and AdamW against PyTorch 1.13.</summary>
public sealed class PyTorchReferenceTests
{
    private static nn.Module<Tensor, Tensor> Create(string name) => name switch
    {
        "mlp" => new Mlp(784, [512, 512, 512], 10, seed: 1),
        "smallCnn" => new SmallCnn([3, 32, 32], 10, seed: 1),
        "smallCnn28" => new SmallCnn([1, 28, 28], 10, seed: 1),
        _ => ResNet.ResNet18(3, 10, seed: 1),
    };

    [Theory]
    [InlineData("mlp")]
    [InlineData("smallCnn")]
    [InlineData("smallCnn28")]
    [InlineData("resNet18")]
    public void Logits_losses_gradient_norms_and_reducible_losses_are_PyTorchs_in_both_modes(string name)
    {
        using var check = new NoTensorLeaks();
        JsonElement reference = PyTorchReferences.Of(name);
        using nn.Module<Tensor, Tensor> model = Create(name);
        model.parameters().Sum(p => p.numel()).ShouldBe(reference.GetProperty("parameters").GetInt64());
        model.state_dict().Keys.Order(StringComparer.Ordinal)
            .ShouldBe(reference.GetProperty("names").EnumerateArray().Select(n => n.GetString()!));
        PyTorchReferences.Fill(model);

        long[] labels = reference.Whole("labels");
        using var data = new LabeledDataset(PyTorchReferences.InputOf(reference.Whole("inputShape")), tensor(labels), 10);
        using IrreducibleLosses table = IrreducibleLosses.From(
            tensor(reference.Numbers("irreducible")), data, new IrreducibleLossFacts("reference", "holdout", 0, 1, 0, 0, 0));
        foreach ((ScoringMode mode, string key) in new[] { (ScoringMode.Eval, "eval"), (ScoringMode.Train, "train") })
        {
            JsonElement expected = reference.GetProperty(key);
            // One forward pass each: all scores from the same logits.
            Tensor Check(Candidates candidates)
            {
                Examples.Values(candidates.Logits).ShouldMatch(expected.Numbers("logits"), $"{name} {key} logits");
                Examples.Values(SelectionFunctions.TrainLoss(candidates)).ShouldMatch(expected.Numbers("loss"), $"{name} {key} loss");
                Examples.Values(SelectionFunctions.GradientNorm(candidates))
                    .ShouldMatch(expected.Numbers("gradientNorm"), $"{name} {key} gradient norm");
                Examples.Values(SelectionFunctions.Learnability(candidates))
                    .ShouldMatch(expected.Numbers("learnability"), $"{name} {key} learnability");
                Examples.Values(SelectionFunctions.TemperedLearnability(0.5, 2)(candidates))
                    .ShouldMatch(expected.Numbers("temperedLearnability"), $"{name} {key} tempered");
                Examples.Values(SelectionFunctions.SmoothedLearnability(0.25)(candidates))
                    .ShouldMatch(expected.Numbers("smoothedLearnability"), $"{name} {key} smoothed");
                Examples.Values(SelectionFunctions.ProbabilityGap(candidates))
                    .ShouldMatch(expected.Numbers("probabilityGap"), $"{name} {key} gap");
                Tensor scores = SelectionFunctions.ReducibleHoldoutLoss(candidates);
                Examples.Values(scores).ShouldMatch(expected.Numbers("reducibleHoldoutLoss"), $"{name} {key} RHO");
                return scores;
            }
            var options = new BatchSelectorOptions
            {
                LargeBatchSize = labels.Length,
                Mode = mode,
                RunningStatistics = RunningStatistics.Update,
            };
            using var selector = new BatchSelector(model, Check, table, 1, options);
            selector.Select(data, new LargeBatch(1, data.Ids)).Positions.item<long>()
                .ShouldBe(Argmax(expected.Numbers("reducibleHoldoutLoss")));
        }

        // The train-mode pass above, with Update, moved the running statistics once.
        Dictionary<string, Tensor> state = model.state_dict();
        foreach (JsonProperty statistic in reference.GetProperty("runningStatistics").EnumerateObject())
        {
            double[] mean = [Examples.Values(state[statistic.Name]).Average(Math.Abs)];
            mean.ShouldMatch([statistic.Value.GetDouble()], $"{name} {statistic.Name}");
        }
    }

    [Fact]
    public void Three_AdamW_steps_on_a_mean_cross_entropy_give_PyTorchs_losses_and_parameters()
    {
        using var check = new NoTensorLeaks();
        JsonElement reference = PyTorchReferences.Of("adamW");
        using var model = new Mlp(6, [5], 4, seed: 1);
        PyTorchReferences.Fill(model);
        using var parameters = new FlatParameters(model);
        using Optimizer optimizer = new AdamWOptions { LearningRate = 0.01, WeightDecay = 0.1 }.CreateFor(parameters);
        long[] labels = reference.Whole("labels");
        var batch = new Batch(arange(labels.Length, dtype: int64),
            PyTorchReferences.InputOf(reference.Whole("inputShape")), tensor(labels));
        var gradientStep = new GradientStep(model, optimizer, seed: 1);
        double[] losses = [.. Enumerable.Range(1, 3).Select(step => gradientStep.Take(batch, Objective.CrossEntropy, step).Loss)];
        losses.ShouldMatch(reference.Numbers("losses"), "loss");
        foreach ((string name, Tensor value) in model.state_dict())
        {
            Examples.Values(value).ShouldMatch(reference.GetProperty("parameters").Numbers(name), name);
        }
    }

    [Fact]
    public void The_references_say_which_PyTorch_made_them() => PyTorchReferences.Of("torch").GetString()!.ShouldStartWith("1.13");

    private static long Argmax(double[] values) => Array.IndexOf(values, values.Max());
}
