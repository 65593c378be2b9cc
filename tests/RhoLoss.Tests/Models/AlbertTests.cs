using System.Runtime.CompilerServices;
using System.Text.Json;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.References;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Models;

/// <summary>ALBERT against PyTorch 1.13 (References/make_albert_references.py), and what its inputs must not change.</summary>
public sealed class AlbertTests
{
    private static readonly JsonElement Reference = JsonDocument.Parse(File.ReadAllText(ReferencePath())).RootElement;
    private static readonly AlbertOptions Tiny = new()
    {
        VocabularySize = 50,
        EmbeddingSize = 8,
        HiddenSize = 12,
        Layers = 3,
        Heads = 3,
        IntermediateSize = 20,
        MaxPositions = 16,
        ClassifierDropout = 0,
    };

    [Fact]
    public void Base_has_the_published_number_of_parameters()
    {
        using var check = new NoTensorLeaks();
        using var model = new Albert(AlbertOptions.Base, classes: 2, seed: 1);
        const long embeddings = (30_000 + 512 + 2) * 128 + 2 * 128, mapping = 128 * 768 + 768;
        const long attention = 4 * (768 * 768 + 768) + 2 * 768;
        const long feedForward = (768 * 3072 + 3072) + (3072 * 768 + 768) + 2 * 768;
        const long pooler = 768 * 768 + 768;
        (embeddings + mapping + attention + feedForward + pooler).ShouldBe(11_683_584);
        model.parameters().Sum(p => p.numel()).ShouldBe(11_683_584 + 2 * 768 + 2);
    }

    [Fact]
    public void Names_logits_loss_and_gradients_are_PyTorchs()
    {
        using var check = new NoTensorLeaks();
        using Albert model = Filled();
        model.state_dict().Keys.Order(StringComparer.Ordinal)
            .ShouldBe(Reference.GetProperty("names").EnumerateArray().Select(n => n.GetString()!));
        model.named_parameters().Select(p => p.name).Order(StringComparer.Ordinal)
            .ShouldBe(model.state_dict().Keys.Order(StringComparer.Ordinal));

        Tensor logits = model.forward(Ids());
        Values(logits).ShouldMatch(Reference.Numbers("logits"), "logits");
        Tensor loss = nn.functional.cross_entropy(logits, tensor(Reference.Whole("labels")));
        Values(loss).ShouldMatch([Reference.GetProperty("loss").GetDouble()], "loss");
        loss.backward();
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        Values(parameters["albert.encoder.albert_layer_groups.0.albert_layers.0.attention.query.weight"].grad!)
            .ShouldMatch(Reference.Numbers("queryGradient"), "query");
        Values(parameters["albert.embeddings.word_embeddings.weight"].grad!).ShouldMatch(Reference.Numbers("wordGradient"), "words");
        foreach (TorchSharp.Modules.Parameter parameter in model.parameters()) { parameter.grad?.Dispose(); }
    }

    [Fact]
    public void Columns_that_are_padding_everywhere_and_other_rows_do_not_change_logits()
    {
        using var check = new NoTensorLeaks();
        using Albert model = Filled();
        using IDisposable noGradient = no_grad();
        Tensor ids = Ids();                                                     // [4, 12], of which the longest row has 10
        double[] whole = Values(model.forward(ids));
        Values(model.forward(ids.slice(1, 0, 10, 1))).ShouldBe(whole);          // to the bit: the same tensor reaches the layers
        Values(model.forward(cat([ids, zeros(4, 30, dtype: int64)], 1))).ShouldBe(whole);   // 42 columns are more than the 16 positions
        Values(model.forward(ids.to(int32))).ShouldBe(whole);
        for (int row = 0; row < 4; row++)
        {
            Values(model.forward(ids.slice(0, row, row + 1, 1)))
                .ShouldMatch(whole[(4 * row)..(4 * row + 4)], $"row {row} alone, cut to its own length");
        }
    }

    [Fact]
    public void A_batch_of_nothing_but_padding_has_finite_logits()
    {
        using var check = new NoTensorLeaks();
        using Albert model = Filled();
        // Not a text that a tokenizer makes; an attention over nothing would be 0 / 0.
        using IDisposable noGradient = no_grad();
        model.forward(cat([Ids(), zeros(1, 12, dtype: int64)])).isfinite().all().item<bool>().ShouldBeTrue();
        model.forward(zeros(2, 3, dtype: int64)).isfinite().all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void A_seed_determines_the_parameters()
    {
        using var check = new NoTensorLeaks();
        using Albert first = new(Tiny, 4, seed: 3), again = new(Tiny, 4, seed: 3), other = new(Tiny, 4, seed: 4);
        Toys.ParameterBits(again).ShouldBe(Toys.ParameterBits(first));
        Toys.ParameterBits(other).ShouldNotBe(Toys.ParameterBits(first));
        Tensor words = first.state_dict()["albert.embeddings.word_embeddings.weight"];
        words.std().item<float>().ShouldBe(0.02f, 0.003f);                      // 400 numbers: standard error 0.0007
        first.state_dict()["albert.encoder.albert_layer_groups.0.albert_layers.0.full_layer_layer_norm.weight"].eq(1).all().item<bool>()
            .ShouldBeTrue();
        first.state_dict()["classifier.bias"].eq(0).all().item<bool>().ShouldBeTrue();
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0, 0.5)]
    public void Dropout_is_on_in_train_mode_and_off_in_eval_mode(double dropout, double beforeClassifier)
    {
        using var check = new NoTensorLeaks();
        using var model = new Albert(Tiny with { Dropout = dropout, ClassifierDropout = beforeClassifier }, 4, seed: 1);
        using IDisposable noGradient = no_grad();
        model.train();
        Values(model.forward(Ids())).ShouldNotBe(Values(model.forward(Ids())));
        model.eval();
        Values(model.forward(Ids())).ShouldBe(Values(model.forward(Ids())));
    }

    [Fact]
    public void Images_long_sequences_and_impossible_sizes_are_refused()
    {
        using var check = new NoTensorLeaks();
        using var model = new Albert(Tiny, 4, seed: 1);
        Should.Throw<ArgumentException>(() => model.forward(zeros(2, 5))).Message
            .ShouldStartWith("Albert reads token ids, int64 of shape [n, length], but got Float32 of shape [2, 5].");
        Should.Throw<ArgumentException>(() => model.forward(ones(2, 17, dtype: int64))).Message
            .ShouldStartWith("Albert has 16 positions, but a sequence has 17 tokens.");
        Should.Throw<ArgumentException>(() => new Albert(Tiny with { Heads = 5 }, 4, 1)).Message
            .ShouldBe("AlbertOptions.HiddenSize must be a multiple of Heads (5), but was 12.");
        Should.Throw<ArgumentException>(() => new Albert(Tiny with { Layers = 0 }, 4, 1)).Message
            .ShouldBe("AlbertOptions.Layers must be at least 1, but was 0.");
        Should.Throw<ArgumentException>(() => new Albert(Tiny with { PaddingId = 50 }, 4, 1)).Message
            .ShouldBe("AlbertOptions.PaddingId must lie in 0..49, but was 50.");
        Should.Throw<ArgumentException>(() => new Albert(Tiny with { Dropout = 1 }, 4, 1)).Message
            .ShouldBe("AlbertOptions.Dropout must be at least 0 and below 1, but was 1.");
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void Holdout_training_selection_and_evaluation_work_on_tokens(Precision precision)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset train = Texts(80, seed: 1), holdout = Texts(60, seed: 2);
        var format = new ComputeFormat { Precision = precision, ChannelsLast = true };
        using Albert small = new(Tiny, 2, seed: 1), target = new(Tiny, 2, seed: 2);
        var adamW = new AdamWOptions { LearningRate = 0.01 };
        using IrreducibleLosses losses = HoldoutTraining.Run(small, holdout, train, new HoldoutTrainingOptions
        {
            Epochs = 5,
            BatchSize = 10,
            Optimizer = adamW,
            Format = format,
        });
        using var trainer = new Trainer(target, train, SelectionFunctions.ReducibleHoldoutLoss, losses, new TrainerOptions
        {
            BatchSize = 8,
            LargeBatchSize = 40,
            Optimizer = adamW,
            Format = format,
        });
        byte[] before = Toys.ParameterBits(target);
        double[] traced = [.. Toys.Record(trainer, 12).Select(step => step.Loss)];
        traced.ShouldAllBe(loss => double.IsFinite(loss));
        using var formatted = new FormattedModel(target, format);
        Evaluation evaluation = Evaluator.Evaluate(formatted, holdout);
        evaluation.Count.ShouldBe(60);
        double.IsFinite(evaluation.Loss).ShouldBeTrue();
        Toys.ParameterBits(target).ShouldNotBe(before);
    }

    /// <summary>Sequences of 3 to 7 tokens in 12 columns; second token from 4..9 for class 0, 10..15 for class 1.</summary>
    private static LabeledDataset Texts(int count, int seed)
    {
        var drawn = new Random(seed);
        int[] ids = new int[count * 12];
        for (int i = 0; i < count; i++)
        {
            int length = drawn.Next(3, 8);
            ids[12 * i] = 2;
            ids[12 * i + 1] = drawn.Next(4, 10) + 6 * (i % 2);
            for (int t = 2; t < length; t++) { ids[12 * i + t] = drawn.Next(16, 50); }
        }
        return new LabeledDataset(tensor(ids, [count, 12]), arange(count, dtype: int64) % 2, 2, tokens: new TokenVocabulary(50));
    }

    private static Albert Filled()
    {
        var model = new Albert(Tiny, classes: 4, seed: 1);
        PyTorchReferences.Fill(model);
        model.eval();
        return model;
    }

    private static Tensor Ids() => tensor(
        Reference.GetProperty("ids").EnumerateArray().SelectMany(row => row.EnumerateArray().Select(id => id.GetInt64())).ToArray(),
        [4, 12]);

    private static double[] Values(Tensor values) => [.. values.detach().to(float64).flatten().data<double>()];

    private static string ReferencePath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "References", "albert.json");
}
