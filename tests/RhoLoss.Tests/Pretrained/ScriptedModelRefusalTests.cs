using System.IO.Compression;
using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Pretrained;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Pretrained;

/// <summary>What cannot be done with a TorchScript model is said in words, and before anything is changed.</summary>
public sealed class ScriptedModelRefusalTests
{
    [Theory]
    [InlineData("frozen", "has no parameters, so there is nothing to train: torch.jit.freeze, torch.jit.optimize_for_inference or")]
    [InlineData("traced", "was recorded by torch.jit.trace in eval mode: dropout stays in it for ever")]
    [InlineData("traced-convnet", "was recorded by torch.jit.trace in train mode: batch_norm stays in it for ever")]
    [InlineData("tied", "first.weight and second.weight of ")]
    [InlineData("counting", "replaces its attribute passes while it runs")]
    [InlineData("instances", "has InstanceNorm with running statistics, which cannot be told from BatchNorm here.")]
    [InlineData("weights", "is what torch.save writes, a pickle of weights or of Python objects without the code of a network")]
    public void A_model_that_could_not_be_trained_rightly_is_refused_when_it_is_loaded(string name, string what)
    {
        using var check = new NoTensorLeaks();
        string message = Should.Throw<InvalidInputException>(() => ScriptedModel.Load(ScriptedModelTests.File(name))).Message;
        message.ShouldContain(what);
        message.ShouldContain(name + ".pt");
        message.ShouldContain(name == "weights" ? "safetensors.torch.save_file" : "ave ");   // what to do instead
    }

    [Fact]
    public void A_file_that_is_something_else_is_called_by_its_name()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("page.pt"), "<!DOCTYPE html><html></html>");
        Message(folder.File("page.pt")).ShouldContain("is no TorchScript file, which begins as a ZIP archive does: it is a web page");
        File.WriteAllText(folder.File("empty.pt"), "");
        Message(folder.File("empty.pt")).ShouldContain(": it is empty");
        using (ZipArchive archive = ZipFile.Open(folder.File("other.pt"), ZipArchiveMode.Create)) { archive.CreateEntry("photo.jpg"); }
        Message(folder.File("other.pt")).ShouldContain("is a ZIP archive, but no TorchScript file. In Python, torch.jit.script(model)");
        Message(folder.File("absent.pt")).ShouldContain("there is no such file");
    }

    [Fact]
    public void A_small_file_cannot_ask_for_all_of_the_memory()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using (ZipArchive archive = ZipFile.Open(folder.File("zeros.pt"), ZipArchiveMode.Create))
        {
            using Stream part = archive.CreateEntry("model/data/0", CompressionLevel.SmallestSize).Open();
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 64; i++) { part.Write(zeros); }
        }
        long before = GC.GetAllocatedBytesForCurrentThread();

        Message(folder.File("zeros.pt")).ShouldContain("is damaged: its parts would be 67108864 bytes or more, and it has ");

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4L << 20);
    }

    [Fact]
    public void A_damaged_file_is_refused_wherever_the_damage_is_and_never_loaded_as_another_model()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        byte[] whole = File.ReadAllBytes(ScriptedModelTests.File("mlp"));
        string path = folder.File("damaged.pt");
        byte[] expected = Loaded(ScriptedModelTests.File("mlp"))!;
        int refused = 0;
        for (int at = 0; at < whole.Length; at += 7)
        {
            byte[] bytes = [.. whole];
            bytes[at] ^= 0x55;
            File.WriteAllBytes(path, bytes);
            // A date, or a field of a header that says again what another says, may be anything.
            byte[]? loaded = Loaded(path);
            if (loaded is null) { refused++; } else { loaded.ShouldBe(expected, $"byte {at}"); }
        }
        refused.ShouldBeGreaterThan(whole.Length / 7 / 2, "more than half of the file is content");
        for (int length = 0; length < whole.Length; length += 101)
        {
            File.WriteAllBytes(path, whole[..length]);
            Loaded(path).ShouldBeNull($"{length} of {whole.Length} bytes");
        }
    }

    [Fact]
    public void Inputs_that_it_was_not_made_for_are_named_with_LibTorchs_reason_and_nothing_is_trained()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(30, features: 5);
        using ScriptedModel model = ScriptedModel.Load(ScriptedModelTests.File("mlp"));
        using var trainer = new Trainer(model, data, new TrainerOptions { BatchSize = 4 });
        byte[] before = Toys.Bits(model);
        Should.Throw<InvalidInputException>(() => trainer.Step()).Message
            .ShouldBe("mlp.pt fails on inputs of shape [4, 5], Float32: mat1 and mat2 shapes cannot be multiplied (4x5 and 8x16).");
        Toys.Bits(model).ShouldBe(before);
    }

    [Fact]
    public void Several_outputs_are_refused()
    {
        using var check = new NoTensorLeaks();
        using ScriptedModel model = ScriptedModel.Load(ScriptedModelTests.File("pair"));
        Should.Throw<InvalidInputException>(() => model.forward(ones(2, 8))).Message
            .ShouldStartWith("pair.pt gives a tuple of 2, but must give one tensor, the outputs of the batch.");
    }

    [Fact]
    public void Bfloat16_is_refused_for_training_and_for_a_replica_and_the_model_stays_as_it_is()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(30);
        using ScriptedModel model = ScriptedModel.Load(ScriptedModelTests.File("convnet"));
        byte[] before = Toys.Bits(model);
        var half = new ComputeFormat { Precision = Precision.BFloat16 };
        Should.Throw<ArgumentException>(() => new Trainer(model, data, new TrainerOptions { Format = half })).Message
            .ShouldStartWith("ScriptedModel cannot compute in BFloat16: it is TorchScript or has parts that are, whose layers are not");
        Should.Throw<ArgumentException>(() => new FlatParameters(model, half, training: false)).Message.ShouldContain("TorchScript");
        Should.Throw<NotSupportedException>(() => model.to(bfloat16)).Message
            .ShouldStartWith("convnet.pt is on CPU in Float32 and stays so.");
        model.to(float32).to(CPU).ShouldBeSameAs(model);
        Toys.Bits(model).ShouldBe(before);
    }

    [Fact]
    public void Batches_of_one_are_refused_where_it_has_BatchNorm_and_Monte_Carlo_dropout_always()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset images = Toys.Images(30), points = Toys.Points(30);
        using ScriptedModel convolutions = ScriptedModel.Load(ScriptedModelTests.File("convnet"));
        using ScriptedModel mlp = ScriptedModel.Load(ScriptedModelTests.File("mlp"));
        var ones = new TrainerOptions { BatchSize = 1 };
        Should.Throw<InvalidInputException>(() => new Trainer(convolutions, images, ones)).Message
            .ShouldStartWith("convnet.pt has BatchNorm (norm), which learns the statistics of batches, so the batch size must be");
        using (var single = new Trainer(mlp, points, ones)) { single.Step().Trained.ShouldBe(1); }

        var options = new TrainerOptions { BatchSize = 2, LargeBatchSize = 8 };
        using var trainer = new Trainer(mlp, points, SelectionFunctions.Bald(4), null, options);
        Should.Throw<InvalidInputException>(() => trainer.Step()).Message
            .ShouldStartWith("Monte-Carlo dropout needs to know which layers are dropout, but mlp.pt is TorchScript");
    }

    [Fact]
    public void Its_parameters_are_not_drawn_anew_from_a_seed()
    {
        using var check = new NoTensorLeaks();
        using ScriptedModel model = ScriptedModel.Load(ScriptedModelTests.File("mlp"));
        Should.Throw<NotSupportedException>(() => Initialization.Reset(model, seed: 1)).Message
            .ShouldBe("There is no rule to initialise the parameters of mlp.pt from a seed.");
    }

    [Fact]
    public void Operations_of_other_packages_and_of_parts_that_are_missing_are_named_before_LibTorch_ends_the_process()
    {
        var code = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["code/__torch__.py"] = "class Net(Module):\n  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n"
                + "    return ops.torchvision.nms(x)\n",
        };
        Should.Throw<InvalidInputException>(() => ScriptNames.Require("net.pt", code, [])).Message
            .ShouldBe("net.pt calls torchvision.nms, an operation of another package, which is not loaded here. "
                + "Save a model that is made of PyTorch's own operations.");
        Should.Throw<InvalidInputException>(() => ScriptNames.Require("net.pt", code, ["c__torch__.nn\nHead\n"u8.ToArray()])).Message
            .ShouldStartWith("net.pt is damaged: it uses __torch__.nn.Head, and has no code of it.");
    }

    [Theory]
    [InlineData("torch.conv2d(input, weight, bias, [1, 1], [0, 0], [1, 1])", false)]
    [InlineData("torch.conv2d(input, weight, bias, [2, 2], [0, 0], [1, 1])", true)]
    [InlineData("torch._convolution(x, weight, None, [1, 2], [0, 0], [1, 1], False, [0, 0], 1, False, False, True, True)", true)]
    [InlineData("torch.conv2d(input, weight, bias, stride)", true)]
    [InlineData("torch.conv1d(input, weight, bias, [12], [0], [1])", true)]
    [InlineData("torch.linear(input, weight, bias)", false)]
    public void Strides_are_read_from_the_code(string line, bool strides) => ScriptCode.MayStride(line).ShouldBe(strides);

    [Fact]
    public void A_kernel_of_one_that_may_stride_over_few_channels_is_refused_where_LibTorch_computes_it_wrongly()
    {
        Should.Throw<InvalidOperationException>(() => StridedPointwise.RequireNone("net.pt", [[8, 16, 3, 3], [4, 3, 1, 1]])).Message
            .ShouldStartWith("net.pt has convolutions with strides, and one with a kernel of 1 and 3 input channels.");
        Should.NotThrow(() => StridedPointwise.RequireNone("net.pt", [[8, 3, 3, 3], [4, 16, 1, 1], [5, 3]]));
    }

    [Theory]
    [InlineData("    _0 = torch.lstm(x, h, w, True, 2, 0.29999999999999999, False, False, True)", "lstm")]
    [InlineData("    _0 = torch.feature_dropout(x, 0.5, True)", "feature_dropout")]
    [InlineData("    _0 = torch.instance_norm(x, w, b, m, v, False, 0.1, 1e-05, True)", "instance_norm")]
    public void A_recorded_mode_is_found_in_other_operations_too(string line, string operation) =>
        Should.Throw<InvalidInputException>(() => ScriptCode.Require("net.pt", line)).Message.ShouldContain($": {operation} stays in it");

    [Theory]
    [InlineData("    _0 = torch.lstm(x, h, w, True, 1, 0., False, False, True)")]
    [InlineData("    _0 = torch.lstm(x, h, w, True, 2, 0.5, training, False, True)")]
    [InlineData("  _2 = torch.dropout(input, p, training)")]
    [InlineData("  _2 = torch.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, True)")]
    public void What_keeps_both_modes_is_not_taken_for_recorded(string line) =>
        Should.NotThrow(() => ScriptCode.Require("net.pt", line));

    private static string Message(string path) => Should.Throw<InvalidInputException>(() => ScriptedModel.Load(path)).Message;

    /// <summary>Its parameters, and null where it is refused.</summary>
    private static byte[]? Loaded(string path)
    {
        try
        {
            using ScriptedModel model = ScriptedModel.Load(path);
            return Toys.Bits(model);
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }
}
