using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Optimization;

/// <summary>
/// Which models compute in bfloat16: the others are refused before LibTorch sees two types, which ends the process in some operations.
/// </summary>
public sealed class MixedPrecisionTests
{
    private static readonly ComputeFormat Half = new() { Precision = Precision.BFloat16 };

    public static TheoryData<string, string> Unsuited => new()
    {
        { "Embedding", "part.weight" }, { "EmbeddingBag", "part.weight" }, { "LSTM", "part.weight_ih_l0" }, { "GRU", "part.weight_ih_l0" },
        { "LSTMCell", "part.weight_ih" }, { "MultiheadAttention", "part.in_proj_weight" },
        { "TransformerEncoderLayer", "part.self_attn.in_proj_weight" }, { "PReLU", "part.weight" }, { "Bilinear", "part.weight" },
        { "OwnParameter", "part.matrix" }, { "OwnBuffer", "part.mean" },
    };

    [Theory]
    [MemberData(nameof(Unsuited))]
    public void A_layer_that_cannot_compute_in_bfloat16_is_refused_by_name_and_type(string type, string tensor)
    {
        using var check = new NoTensorLeaks();
        using var model = new Holding(Part(type));
        byte[] before = Toys.Bits(model);
        string message = Should.Throw<ArgumentException>(() => new FlatParameters(model, Half)).Message;
        message.ShouldStartWith("Holding cannot compute in BFloat16: the layer part ");
        message.ShouldContain($"the layer part ({type}) has the ");
        message.ShouldContain($" {tensor}");
        message.ShouldContain("Compute this model in Float32");
        Toys.Bits(model).ShouldBe(before);
        model.parameters().Select(p => p.dtype).Distinct().ShouldBe([float32]);
        new FlatParameters(model).Dispose();   // in float32 there is nothing to refuse
    }

    [Fact]
    public void A_TorchScript_module_is_refused_because_its_layers_are_not_seen()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        TorchScriptFile.Write(folder.File("net.pt"));
        // Not disposed: TorchSharp 0.107 asks a script module for its parts after disposing it.
        var model = new Scripted(jit.load<Tensor, Tensor>(folder.File("net.pt")));
        model.forward(ones(2, 8)).shape.ShouldBe([2, 3]);
        Should.Throw<ArgumentException>(() => new FlatParameters(model, Half)).Message
            .ShouldStartWith("Scripted cannot compute in BFloat16: it is TorchScript or has parts that are, whose layers are not seen");
    }

    [Fact]
    public void A_model_with_a_parameter_of_its_own_is_refused_wherever_it_is_taken_over()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20), holdout = Toys.Points(20, seed: 2);
        using OwnParameter model = new(), target = new();
        using var parameters = new FlatParameters(target);
        foreach (Func<IDisposable> takeOver in (Func<IDisposable>[])
        [
            () => new Trainer(model, data, SelectionFunctions.Uniform, null, new TrainerOptions { Format = Half }),
            () => HoldoutTraining.Run(model, holdout, data, new HoldoutTrainingOptions { Format = Half }),
            () => new ReplicaScorer(parameters, model, Half),
            () => new ProxyScorer(model, new ProxyOptions { Format = Half }),
        ])
        {
            Should.Throw<ArgumentException>(takeOver).Message
                .ShouldStartWith("OwnParameter cannot compute in BFloat16: the model itself has the parameter matrix.");
            model.parameters().Select(p => p.dtype).ShouldBe([float32]);
        }
    }

    [Theory]
    [InlineData("BatchNorm1d")]
    [InlineData("BatchNorm2d")]
    [InlineData("BatchNorm3d")]
    [InlineData("InstanceNorm2d")]
    [InlineData("LayerNorm")]
    [InlineData("GroupNorm")]
    [InlineData("ConvTranspose1d")]
    [InlineData("ConvTranspose2d")]
    [InlineData("ConvTranspose3d")]
    public void A_layer_that_can_computes_and_learns_as_in_float32(string type)
    {
        using var check = new NoTensorLeaks();
        int axes = type[^2] is >= '1' and <= '3' ? type[^2] - '0' : 2;
        using nn.Module<Tensor, Tensor> half = Net(type, axes), single = Net(type, axes);
        foreach ((Parameter own, Parameter other) in half.parameters().Zip(single.parameters())) { using (no_grad()) { own.copy_(other); } }
        using FlatParameters ofHalf = new(half, Half), ofSingle = new(single);
        using var formatted = new FormattedModel(half, Half);
        using var generator = new Generator(1, CPU);
        Tensor inputs = randn([4, 3, .. Enumerable.Repeat(4L, axes)], generator: generator), labels = arange(4, dtype: int64) % 3;
        ofHalf.ZeroGradients();
        Tensor logits = formatted.forward(inputs), expected = single.forward(inputs);
        nn.functional.cross_entropy(logits, labels).backward();
        nn.functional.cross_entropy(expected, labels).backward();
        // bfloat16 has relative steps of 2⁻⁸ = 0.004; three layers forward, and the same backward
        ((logits - expected).norm() / expected.norm()).item<float>().ShouldBeLessThan(0.05f);
        Tensor gradient = Gradient(half), expectedGradient = Gradient(single);
        ((gradient - expectedGradient).norm() / expectedGradient.norm()).item<float>().ShouldBeLessThan(0.1f);
    }

    [Fact]
    public void Whole_numbers_are_not_converted_and_a_marked_module_brings_the_types_together()
    {
        using var check = new NoTensorLeaks();
        using var model = new MarkedReader();
        using var parameters = new FlatParameters(model, Half);
        using var formatted = new FormattedModel(model, Half);
        Tensor logits = formatted.forward(tensor(new long[,] { { 256, 257 }, { 1, 2 } }));   // bfloat16 would round 257 to 256
        model.Seen.ShouldBe(int64);
        logits.shape.ShouldBe([2, 3]);
        Toys.Bits(logits[0]).ShouldNotBe(Toys.Bits(logits[1]));
        model.named_parameters().Select(p => (p.name, p.parameter.dtype))
            .ShouldBe([("words.weight", float32), ("last.weight", bfloat16), ("last.bias", bfloat16)]);
    }

    [Fact]
    public void A_weight_that_two_layers_share_is_refused()
    {
        using var check = new NoTensorLeaks();
        Linear first = nn.Linear(4, 4), second = nn.Linear(4, 4);
        Parameter replaced = second.weight!;
        second.weight = first.weight;
        replaced.Dispose();
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("first", first), ("second", second));
        Should.Throw<ArgumentException>(() => new FlatParameters(model, Half)).Message
            .ShouldContain("the layer first (Linear) and the layer second (Linear) share the parameter weight");
    }

    [Fact]
    public void A_forward_pass_that_brings_types_together_says_so()
    {
        using var check = new NoTensorLeaks();
        using var model = new ConvertsBack();
        using var parameters = new FlatParameters(model, Half);
        using var formatted = new FormattedModel(model, Half);
        string message = Should.Throw<InvalidOperationException>(() => formatted.forward(ones(2, 8))).Message;
        message.ShouldStartWith("ConvertsBack failed while it computed in BFloat16: ");
        message.ShouldContain("brings numbers of two types together");
    }

    private static nn.Module Part(string type) => type switch
    {
        "Embedding" => nn.Embedding(20, 8),
        "EmbeddingBag" => nn.EmbeddingBag(20, 8),
        "LSTM" => nn.LSTM(8, 6),
        "GRU" => nn.GRU(8, 6),
        "LSTMCell" => nn.LSTMCell(8, 6),
        "MultiheadAttention" => nn.MultiheadAttention(8, 2),
        "TransformerEncoderLayer" => nn.TransformerEncoderLayer(8, 2, 16),
        "PReLU" => nn.PReLU(8),
        "Bilinear" => nn.Bilinear(8, 8, 3),
        "OwnParameter" => new OwnParameter(),
        "OwnBuffer" => new OwnBuffer(),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such layer here."),
    };

    private static Tensor Gradient(nn.Module model) => cat([.. model.parameters().Select(p => p.grad!.to(float32).flatten())]);

    private static nn.Module<Tensor, Tensor> Net(string type, int axes)
    {
        nn.Module<Tensor, Tensor> first = axes switch
        {
            1 => nn.Conv1d(3, 4, 3, padding: 1),
            2 => nn.Conv2d(3, 4, 3, padding: 1),
            _ => nn.Conv3d(3, 4, 3, padding: 1),
        };
        nn.Module<Tensor, Tensor> layer = type switch
        {
            "BatchNorm1d" => nn.BatchNorm1d(4),
            "BatchNorm2d" => nn.BatchNorm2d(4),
            "BatchNorm3d" => nn.BatchNorm3d(4),
            "InstanceNorm2d" => nn.InstanceNorm2d(4, affine: true),
            "LayerNorm" => nn.LayerNorm([4, 4, 4]),
            "GroupNorm" => nn.GroupNorm(2, 4),
            "ConvTranspose1d" => nn.ConvTranspose1d(4, 4, 3, padding: 1),
            "ConvTranspose2d" => nn.ConvTranspose2d(4, 4, 3, padding: 1),
            _ => nn.ConvTranspose3d(4, 4, 3, padding: 1),
        };
        Linear last = nn.Linear(4 * (long)Math.Pow(4, axes), 3);
        return nn.Sequential(("first", first), ("layer", layer), ("flat", nn.Flatten()), ("last", last));
    }

    /// <summary>Any layer beside a linear one; it is refused before it runs.</summary>
    private sealed class Holding : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _last = nn.Linear(8, 3);

        public Holding(nn.Module part) : base(nameof(Holding))
        {
            register_module("part", part);
            register_module("last", _last);
        }

        public override Tensor forward(Tensor input) => _last.forward(input);
    }

    private sealed class Scripted : nn.Module<Tensor, Tensor>
    {
        private readonly jit.ScriptModule<Tensor, Tensor> _part;

        public Scripted(jit.ScriptModule<Tensor, Tensor> part) : base(nameof(Scripted))
        {
            _part = part;
            register_module("part", part);
        }

        public override Tensor forward(Tensor input) => _part.call(input);
    }

    /// <summary>What ended the process: a product of the bfloat16 input and a float32 parameter.</summary>
    private sealed class OwnParameter : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter _matrix = nn.Parameter(ones(8, 3));

        public OwnParameter() : base(nameof(OwnParameter)) => register_parameter("matrix", _matrix);

        public override Tensor forward(Tensor input) => input.matmul(_matrix);
    }

    private sealed class OwnBuffer : nn.Module<Tensor, Tensor>
    {
        private readonly Tensor _mean = ones(8);

        public OwnBuffer() : base(nameof(OwnBuffer)) => register_buffer("mean", _mean);

        public override Tensor forward(Tensor input) => input - _mean;
    }

    [MixedPrecision]
    private sealed class MarkedReader : nn.Module<Tensor, Tensor>
    {
        private readonly Embedding _words = nn.Embedding(300, 4);
        private readonly Linear _last = nn.Linear(4, 3);

        public MarkedReader() : base(nameof(MarkedReader))
        {
            register_module("words", _words);
            register_module("last", _last);
        }

        public ScalarType Seen { get; private set; }

        public override Tensor forward(Tensor input)
        {
            Seen = input.dtype;
            return _last.forward(_words.forward(input).mean([1]).to(_last.weight!.dtype));
        }
    }

    private sealed class ConvertsBack : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _last = nn.Linear(8, 3);

        public ConvertsBack() : base(nameof(ConvertsBack)) => register_module("last", _last);

        public override Tensor forward(Tensor input) => _last.forward(input.to(float32));
    }
}
