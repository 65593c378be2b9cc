using System.Text.Json;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.References;

/// <summary>Whole selection steps and optimizers against PyTorch 1.13 (make_selection_references.py).</summary>
public sealed class SelectionReferenceTests
{
    private static JsonElement Of(string name) => PyTorchReferences.Selection.GetProperty(name);

    [Fact]
    public void Scores_of_logits_far_apart_are_PyTorchs()
    {
        using var check = new NoTensorLeaks();
        using var given = new GivenLogits(Of("candidates"));
        var expected = new Dictionary<string, SelectionFunction>(StringComparer.Ordinal)
        {
            ["trainLoss"] = SelectionFunctions.TrainLoss,
            ["reducibleHoldoutLoss"] = SelectionFunctions.ReducibleHoldoutLoss,
            ["negativeIrreducibleLoss"] = SelectionFunctions.NegativeIrreducibleLoss,
            ["gradientNorm"] = SelectionFunctions.GradientNorm,
            ["learnability"] = SelectionFunctions.Learnability,
            ["temperedLearnability"] = SelectionFunctions.TemperedLearnability(0.5, 2),
            ["smoothedLearnability"] = SelectionFunctions.SmoothedLearnability(0.25),
            ["probabilityGap"] = SelectionFunctions.ProbabilityGap,
        };
        foreach ((string name, SelectionFunction function) in expected)
        {
            Examples.Values(given.Select(function, given.Data.Count).Candidates.Scores!)
                .ShouldMatch(Of("candidates").Numbers(name), name, tolerance: 5e-6);
        }
    }

    [Fact]
    public void The_filter_keeps_what_PyTorch_lets_pass()
    {
        using var check = new NoTensorLeaks();
        using var given = new GivenLogits(Of("candidates"));
        long[] passing = Of("candidates").Whole("passing");

        SelectedBatch selected = given.Select(
            SelectionFunctions.FilterThenUniform(Of("candidates").GetProperty("highest").GetDouble()), passing.Length);

        Examples.Longs(selected.Indices).Order().ShouldBe(passing);
    }

    [Fact]
    public void Importance_weights_and_the_variance_reduction_are_PyTorchs()
    {
        using var check = new NoTensorLeaks();
        using var given = new GivenLogits(Of("candidates"));
        double[] weights = Of("candidates").Numbers("importanceWeights");
        using BatchSelector selector = given.Selector(SelectionFunctions.GradientNorm, given.Data.Count,
            new ImportanceSampling(Smoothing: 0));
        var seen = new HashSet<long>();
        for (int step = 0; step < 40; step++)
        {
            SelectedBatch selected = selector.Select(given.Data.Gather(given.Data.Ids));
            long[] positions = Examples.Longs(selected.Positions);
            Examples.Values(selected.Weights!).ShouldMatch([.. positions.Select(p => weights[p])], "weight", tolerance: 5e-6);
            seen.UnionWith(positions);
        }
        seen.Count.ShouldBe(given.Data.Count);
        selector.VarianceReduction.ShouldBe(Of("candidates").GetProperty("tau").GetDouble(), 1e-6);
    }

    [Fact]
    public void The_proxys_entropies_their_ranking_and_what_is_kept_are_PyTorchs_before_and_after_training()
    {
        using var check = new NoTensorLeaks();
        JsonElement reference = Of("selectionViaProxy");
        using LabeledDataset data = DataOf(reference, factor: 4);
        using var proxy = new Mlp(6, [5], 4, seed: 1);
        PyTorchReferences.Fill(proxy);
        Check(reference.GetProperty("untrained"), "untrained");

        // A batch is all of D, so that the order within an epoch changes nothing but rounding.
        var options = new TrainerOptions
        {
            BatchSize = data.Count,
            Optimizer = new AdamWOptions { LearningRate = reference.GetProperty("learningRate").GetDouble() },
        };
        Tensor tenth = SelectionViaProxy.Run(proxy, data, 0.1, options, reference.GetProperty("epochs").GetInt32());
        Examples.Longs(tenth).ShouldBe([.. reference.GetProperty("trained").Whole("ranking").Take(2).Order()]);   // ⌊0.1 · 24⌋
        Check(reference.GetProperty("trained"), "trained");

        void Check(JsonElement expected, string what)
        {
            Examples.Values(SelectionViaProxy.Entropies(proxy, data)).ShouldMatch(expected.Numbers("entropies"), what, tolerance: 5e-6);
            long[] ranking = expected.Whole("ranking");
            for (int kept = 1; kept <= data.Count; kept++)
            {
                Examples.Longs(SelectionViaProxy.Choose(proxy, data, (double)kept / data.Count))
                    .ShouldBe([.. ranking.Take(kept).Order()], $"{what}, {kept}");
            }
        }
    }

    [Fact]
    public void Steps_of_the_original_selection_function_are_PyTorchs()
    {
        using var check = new NoTensorLeaks();
        JsonElement reference = Of("originalRho");
        int large = reference.GetProperty("largeBatch").GetInt32(), kept = reference.GetProperty("batch").GetInt32();
        var optimizer = new AdamWOptions { LearningRate = reference.GetProperty("learningRate").GetDouble() };
        using LabeledDataset data = DataOf(reference);
        using var target = new Mlp(6, [8], 4, seed: 1);
        var il = new Mlp(6, [5], 4, seed: 1);
        PyTorchReferences.Fill(target);
        PyTorchReferences.Fill(il);
        using var parameters = new FlatParameters(target);
        using Optimizer fused = optimizer.CreateFor(parameters);
        using var live = new LearningReference(il, optimizer with { LearningRate = 0.01 * optimizer.LearningRate });
        using var selector = new BatchSelector(target, SelectionFunctions.ReducibleHoldoutLoss, live, kept,
            new BatchSelectorOptions { LargeBatchSize = large });
        var gradientStep = new GradientStep(target, fused, seed: 1);
        int step = 0;
        foreach (JsonElement expected in reference.GetProperty("steps").EnumerateArray())
        {
            using IDisposable scope = NewDisposeScope();
            SelectedBatch selected = selector.Select(data.Gather(data.Ids.slice(0, step * large, (step + 1) * large, 1)));
            (TrainedBatch trained, _) = gradientStep.Take(selected.Batch, Objective.CrossEntropy, ++step, selected.Weights);
            selector.Observe(trained);

            Examples.Values(selected.Candidates.Scores!).ShouldMatch(expected.Numbers("scores"), $"scores of step {step}", tolerance: 5e-6);
            Examples.Longs(selected.Indices).ShouldBe(expected.Whole("selected"), $"step {step}");
            Examples.Values(Evaluator.PerExample(target, data).Losses)
                .ShouldMatch(expected.Numbers("targetLosses"), $"target after step {step}", tolerance: 5e-6);
            Examples.Values(Evaluator.PerExample(il, data).Losses)
                .ShouldMatch(expected.Numbers("irreducibleLosses"), $"IL model after step {step}", tolerance: 5e-6);
        }
        step.ShouldBe(3);
    }

    public static TheoryData<string> Optimizers => [.. OptimizerOptionsOf.Keys];

    // The hyperparameters of make_selection_references.py.
    private static readonly Dictionary<string, OptimizerOptions> OptimizerOptionsOf = new(StringComparer.Ordinal)
    {
        ["adamW"] = new AdamWOptions { LearningRate = 1e-3, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, WeightDecay = 0.01 },
        ["adamW-other"] = new AdamWOptions { LearningRate = 0.05, Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-3, WeightDecay = 0.2 },
        ["sgd"] = new SgdOptions { LearningRate = 0.1, WeightDecay = 0.01 },
        ["sgd-momentum"] = new SgdOptions { LearningRate = 0.1, Momentum = 0.9, WeightDecay = 5e-4 },
        ["sgd-nesterov"] = new SgdOptions { LearningRate = 0.03, Momentum = 0.7, WeightDecay = 0.1, Nesterov = true },
    };

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Losses_and_parameters_of_25_optimizer_steps_are_PyTorchs(string name)
    {
        using var check = new NoTensorLeaks();
        JsonElement reference = Of("optimizers").GetProperty(name);
        using var model = new Mlp(6, [5], 4, seed: 1);
        PyTorchReferences.Fill(model);
        using var parameters = new FlatParameters(model);
        using Optimizer optimizer = OptimizerOptionsOf[name].CreateFor(parameters);
        using LabeledDataset data = new(PyTorchReferences.InputOf(40, 6), arange(40, dtype: int64) * 3 % 4, 4);
        var gradientStep = new GradientStep(model, optimizer, seed: 1);
        Batch Eight(int step) => data.Gather(data.Ids.slice(0, 8 * (step % 5), 8 * (step % 5) + 8, 1));
        double LossOf(int step) => gradientStep.Take(Eight(step), Objective.CrossEntropy, step + 1).Loss;
        double[] losses = [.. Enumerable.Range(0, 25).Select(LossOf)];

        losses.ShouldMatch(reference.Numbers("losses"), "loss", tolerance: 2e-6);
        foreach ((string parameter, Tensor value) in model.state_dict())
        {
            Examples.Values(value).ShouldMatch(reference.GetProperty("parameters").Numbers(parameter), parameter, tolerance: 2e-6);
        }
    }

    [Fact]
    public void The_references_say_which_PyTorch_made_them() => Of("torch").GetString()!.ShouldStartWith("1.13");

    /// <summary>Ids 100, 107, 114, … of the inputs and labels that a reference was made with.</summary>
    private static LabeledDataset DataOf(JsonElement reference, int factor = 1)
    {
        long[] labels = reference.Whole("labels");
        return new LabeledDataset(factor * PyTorchReferences.InputOf(reference.Whole("inputShape")), tensor(labels), 4,
            arange(labels.Length, dtype: int64) * 7 + 100);
    }

    /// <summary>The reference's logits as the inputs of a model that returns them, and its irreducible losses.</summary>
    private sealed class GivenLogits : IDisposable
    {
        private readonly LogitsModel _model = new();
        private readonly IrreducibleLosses _table;

        public GivenLogits(JsonElement reference)
        {
            Data = new LabeledDataset(
                tensor(reference.Numbers("logits")).reshape(reference.Whole("shape")).to(float32), tensor(reference.Whole("labels")), 5);
            _table = IrreducibleLosses.From(tensor(reference.Numbers("irreducible")).to(float32), Data,
                new IrreducibleLossFacts("reference", "holdout", 0, 1, 0, 0, 0));
        }

        public LabeledDataset Data { get; }

        public BatchSelector Selector(SelectionFunction function, int batchSize, Drawing? drawing = null) =>
            new(_model, function, _table, batchSize, new BatchSelectorOptions
            {
                LargeBatchSize = Data.Count,
                Drawing = drawing ?? new TopScores(),
                Seed = 4,
            });

        public SelectedBatch Select(SelectionFunction function, int batchSize)
        {
            using BatchSelector selector = Selector(function, batchSize);
            return selector.Select(Data.Gather(Data.Ids));
        }

        public void Dispose()
        {
            _table.Dispose();
            Data.Dispose();
            _model.Dispose();
        }
    }
}
