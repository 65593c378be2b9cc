using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Models;

/// <summary>A language model through everything that trains, scores, selects, resumes and evaluates.</summary>
public sealed class LanguageModelTrainingTests
{
    private const int Length = 12, Words = 20;

    private static readonly CausalTransformerOptions Small =
        new() { Vocabulary = Words, Context = Length, Layers = 2, Heads = 2, Width = 16 };

    private static readonly TrainerOptions Options = new()
    {
        BatchSize = 4,
        LargeBatchSize = 12,
        Seed = 3,
        Objective = new TokenCrossEntropy(),
        Optimizer = new AdamWOptions { LearningRate = 0.01 },
    };

    // The period is 7 bytes, of which two are equal: one byte back does not tell the next one, two do.
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void A_periodic_sequence_of_bytes_is_learnt_and_gone_on_with(Precision precision)
    {
        using var check = new NoTensorLeaks();
        byte[] period = [.. "abcadef"u8];
        byte[] At(int start, int count) => [.. Enumerable.Range(start, count).Select(i => period[i % period.Length])];
        long[] bytes = [.. Enumerable.Range(0, 28).SelectMany(start => At(start, 25)).Select(b => (long)b)];
        Tensor lines = tensor(bytes, [28, 25]);
        using LabeledDataset data = LabeledDataset.WithTargets(
            lines[.., ..24].clone(), lines[.., 1..].clone(), tokens: new TokenVocabulary(256));
        using var model = new CausalTransformer(Small with { Vocabulary = 256, Context = 24 }, seed: 1);
        var format = new ComputeFormat { Precision = precision };
        using (var trainer = new Trainer(model, data, Options with { BatchSize = 14, LargeBatchSize = 14, Format = format }))
        {
            Evaluator.Evaluate(trainer.Model, data, Options.Objective).Loss.ShouldBe(Math.Log(256), 0.1);   // it knows nothing
            for (int step = 0; step < 150; step++) { trainer.Step(); }
            // The first byte of a line leaves the second open where it is "a": 4/7 of lines have 23 of 24 bytes to be sure of.
            Evaluation evaluation = Evaluator.Evaluate(trainer.Model, data, Options.Objective);
            evaluation.Loss.ShouldBeLessThan(0.1);
            evaluation.Accuracy.ShouldBeGreaterThan(0.95);
        }
        long[] prompt = [.. At(2, 20).Select(b => (long)b)];
        new TextSampler { Context = 24, Temperature = 0 }.Continue(model, prompt, 40, seed: 1)
            .ShouldBe([.. At(22, 40).Select(b => (long)b)]);   // far beyond the context: the window slides
    }

    [Theory]
    [InlineData(0, "uniform")]
    [InlineData(0.1, "uniform")]
    [InlineData(0, "rho-loss")]
    [InlineData(0.1, "rho-loss")]
    public void An_interrupted_run_continues_bit_for_bit(double dropout, string method)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Sentences(50, seed: 1);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        CausalTransformerOptions sizes = Small with { Dropout = dropout };
        Trainer Create(CausalTransformer model) =>
            method == "uniform" ? new(model, data, Options) : new(model, data, SelectionFunctions.ReducibleHoldoutLoss, losses, Options);

        List<StepTrace> expected;
        byte[] final;
        manual_seed(1);
        using (var model = new CausalTransformer(sizes, seed: 5))
        using (Trainer trainer = Create(model))
        {
            Toys.Record(trainer, 5);
            using (NewDisposeScope()) { trainer.Capture().Save(folder.File("checkpoint")); }
            expected = Toys.Record(trainer, 9);
            final = Toys.Bits(model);
        }
        manual_seed(2);
        using var another = new CausalTransformer(sizes, seed: 6);
        using Trainer resumed = Create(another);
        resumed.Restore(Checkpoint.Load(folder.File("checkpoint")));
        Toys.Record(resumed, 9).ShouldBe(expected);
        Toys.Bits(another).ShouldBe(final);
    }

    [Fact]
    public void Scores_against_a_table_are_means_of_an_examples_own_tokens()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Sentences(60, seed: 1), holdout = Sentences(40, seed: 2);
        using CausalTransformer model = new(Small, seed: 3), small = new(Small with { Layers = 1, Width = 8 }, seed: 4);
        using IrreducibleLosses losses = HoldoutTraining.Run(small, holdout, data,
            new HoldoutTrainingOptions { Epochs = 2, BatchSize = 10, Objective = Options.Objective });
        losses.Count.ShouldBe(60);
        using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, losses, Options);
        trainer.OnStep = step =>
        {
            ScoredCandidates c = step.Selected.Candidates;
            c.Logits!.shape.ShouldBe([c.Indices.shape[0], Length, Words]);
            Tensor labels = data.LabelsOf(c.Indices);
            double[] byHand = [.. Enumerable.Range(0, (int)labels.shape[0]).Select(i => MeanLoss(c.Logits[i], labels[i]))];
            Examples.Values(c.Loss!).ShouldBe(byHand, tolerance: 1e-5);
            Examples.Values(c.Scores!).ShouldBe(
                [.. byHand.Zip(Examples.Values(losses.Of(c.Indices)), (own, irreducible) => own - irreducible)], tolerance: 1e-5);
        };
        double before = Evaluator.Evaluate(model, data, Options.Objective).Loss;
        for (int step = 0; step < 30; step++) { trainer.Step(); }
        Evaluator.Evaluate(trainer.Model, data, Options.Objective).Loss.ShouldBeLessThan(before);
    }

    [Theory]
    [InlineData("target")]
    [InlineData("replica")]
    [InlineData("stale bf16 replica")]
    [InlineData("proxy")]
    [InlineData("last-seen")]
    [InlineData("cascade")]
    [InlineData("live irreducible losses")]
    [InlineData("sampled")]
    [InlineData("percentile")]
    [InlineData("infobatch")]
    public void Every_scorer_and_drawing_takes_labels_of_tokens_and_leaves_no_tensor(string scorer)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Sentences(60, seed: 1);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using var model = new CausalTransformer(Small, seed: 3);
        using Trainer trainer = ScorerTrainers.Create(scorer, model, new CausalTransformer(Small, seed: 5), data, losses, Options);
        for (int step = 0; step < 12; step++) { double.IsFinite(trainer.Step().Loss).ShouldBeTrue(); }
        long before = Toys.LiveTensors;
        for (int step = 0; step < 30; step++) { double.IsFinite(trainer.Step().Loss).ShouldBeTrue(); }
        (Toys.LiveTensors - before).ShouldBeInRange(-4, 4);   // a sampler's permutation comes and goes
    }

    [Theory]
    [InlineData("learnability")]
    [InlineData("probability-gap")]
    [InlineData("filter-uniform")]
    [InlineData("negative-il")]
    [InlineData("train-loss")]
    [InlineData("gradient-norm")]
    public void Every_selection_function_takes_labels_of_tokens(string method)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Sentences(60, seed: 1);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using var model = new CausalTransformer(Small, seed: 3);
        using var trainer = new Trainer(model, data, method switch
        {
            "learnability" => SelectionFunctions.Learnability,
            "probability-gap" => SelectionFunctions.ProbabilityGap,
            "filter-uniform" => SelectionFunctions.FilterThenUniform(1),
            "negative-il" => SelectionFunctions.NegativeIrreducibleLoss,
            "train-loss" => SelectionFunctions.TrainLoss,
            _ => SelectionFunctions.GradientNorm,
        }, losses, Options);
        trainer.OnStep = step => Examples.Values(step.Selected.Candidates.Scores!).ShouldAllBe(score => double.IsFinite(score));
        for (int step = 0; step < 8; step++) { trainer.Step().Trained.ShouldBe(4); }
    }

    // K passes [K, n, T, V]: entropies of tokens, over the words, and their mean over the tokens that count.
    [Fact]
    public void Scores_of_dropout_passes_are_means_over_an_examples_own_tokens()
    {
        using var check = new NoTensorLeaks();
        const int passes = 3;
        using LabeledDataset data = Sentences(60, seed: 1);
        using var model = new CausalTransformer(Small with { Dropout = 0.3 }, seed: 3);
        (string Name, SelectionFunction Score, Func<Tensor, Tensor, Tensor> ByHand)[] scores =
        [
            ("bald", SelectionFunctions.Bald(passes), (p, _) => Entropy(p.exp().mean([0]).log()) - Entropy(p).mean([0])),
            ("conditional", SelectionFunctions.ConditionalEntropy(passes), (p, _) => Entropy(p).mean([0])),
            ("predictive", SelectionFunctions.PredictiveEntropy(passes), (p, _) => Entropy(p.exp().mean([0]).log())),
            ("loss less conditional", SelectionFunctions.LossMinusConditionalEntropy(passes), (p, labels) =>
                -p.mean([0]).gather(2, labels.clamp(min: 0).unsqueeze(2)).squeeze(2) - Entropy(p).mean([0])),
        ];
        foreach ((string name, SelectionFunction score, Func<Tensor, Tensor, Tensor> byHand) in scores)
        {
            double[]? expected = null;
            using var trainer = new Trainer(model, data, candidates =>
            {
                Tensor p = candidates.DropoutLogProbabilities(passes), labels = candidates.Labels;
                p.shape.ShouldBe([passes, 12, Length, Words]);
                Toys.Bits(p[0]).ShouldNotBe(Toys.Bits(p[1]));
                Tensor counted = labels.ge(0).to(float32);
                expected = Examples.Values((byHand(p, labels) * counted).sum(1) / counted.sum(1));
                return score(candidates);
            }, null, Options);
            trainer.OnStep = step => Examples.Values(step.Selected.Candidates.Scores!).ShouldBe(expected!, tolerance: 1e-5, name);
            for (int step = 0; step < 2; step++) { trainer.Step(); }
        }

        static Tensor Entropy(Tensor logProbabilities) => -(logProbabilities.exp() * logProbabilities).sum(-1);
    }

    // The derivative of a mean of cross-entropies by a logit: (softmax − 1 at the label) over the tokens that count.
    [Fact]
    public void The_gradient_norm_of_an_example_is_that_of_its_mean_by_all_of_its_logits()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Sentences(10, seed: 1);
        using var model = new CausalTransformer(Small, seed: 3);
        using IDisposable noGradient = no_grad();
        Tensor logits = model.forward(data.StoredInputs) * 20;   // an untrained model's are all alike
        double[] norms = Examples.Values(Options.Objective.GradientNorm(logits, data.Labels));
        for (int i = 0; i < 10; i++)
        {
            long[] labels = Examples.Longs(data.Labels[i]);
            double counted = labels.Count(label => label >= 0), squares = 0;
            for (int t = 0; t < Length; t++)
            {
                if (labels[t] < 0) { continue; }
                double[] z = Examples.Values(logits[i, t]);
                double sum = z.Sum(Math.Exp);
                squares += z.Select((v, word) => Math.Pow((Math.Exp(v) / sum - (word == labels[t] ? 1 : 0)) / counted, 2)).Sum();
            }
            norms[i].ShouldBe(Math.Sqrt(squares), 1e-5);
        }
        // And by differences, along the gradient itself, in float64.
        Tensor exact = logits.to(float64);
        for (int i = 0; i < 3; i++)
        {
            Tensor one = exact.slice(0, i, i + 1, 1), label = data.Labels.slice(0, i, i + 1, 1);
            Tensor along = Direction(one, label);
            double Loss(double step) => Options.Objective.PerExample(one + along * step, label).item<double>();
            ((Loss(1e-4) - Loss(-1e-4)) / 2e-4).ShouldBe(norms[i], 1e-5);
        }

        static Tensor Direction(Tensor outputs, Tensor labels)
        {
            using IDisposable gradients = enable_grad();
            Tensor leaf = outputs.detach().clone().requires_grad_(true);
            Tensor gradient = autograd.grad([Options.Objective.PerExample(leaf, labels).sum()], [leaf])[0];
            return gradient / gradient.norm();
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_with_dropout_too()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Sentences(30, seed: 1);
        byte[] Train(int processSeed)
        {
            manual_seed(processSeed);
            using var model = new CausalTransformer(Small with { Dropout = 0.1 }, seed: 5);
            using var trainer = new Trainer(model, data, Options);
            for (int step = 0; step < 10; step++) { trainer.Step(); }
            return Toys.Bits(model);
        }

        Train(2).ShouldBe(Train(1));
    }

    private static double MeanLoss(Tensor logits, Tensor labels)
    {
        long[] words = Examples.Longs(labels);
        double sum = 0;
        for (int t = 0; t < words.Length; t++)
        {
            if (words[t] < 0) { continue; }
            double[] z = Examples.Values(logits[t]);
            sum += Math.Log(z.Sum(Math.Exp)) - z[words[t]];
        }
        return sum / words.Count(word => word >= 0);
    }

    /// <summary>Tokens 1..19, each the one before plus one or two; 4 to 12 of them, labels −100 after the end.</summary>
    private static LabeledDataset Sentences(int count, int seed)
    {
        var drawn = new Random(seed);
        long[] inputs = new long[count * Length], labels = new long[count * Length];
        Array.Fill(labels, TokenCrossEntropy.Ignored);
        for (int i = 0; i < count; i++)
        {
            int length = drawn.Next(4, Length + 1), word = drawn.Next(1, Words);
            for (int t = 0; t < length; t++)
            {
                inputs[i * Length + t] = word;
                word = 1 + (word + drawn.Next(0, 2)) % (Words - 1);
                labels[i * Length + t] = word;
            }
        }
        return LabeledDataset.WithTargets(
            tensor(inputs, [count, Length]), tensor(labels, [count, Length]), arange(count, dtype: int64) * 7 + 100,
            tokens: new TokenVocabulary(Words));
    }
}
