using RhoLoss.Models;
using RhoLoss.Pretrained;
using RhoLoss.Serialization;
using RhoLoss.Tests.Models;
using RhoLoss.Tests.Serialization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Pretrained;

/// <summary>What training tools leave in their files besides, before or instead of the weights.</summary>
public sealed class WeightsOfOtherToolsTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"rholoss-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("module.")]                  // DataParallel
    [InlineData("_orig_mod.")]               // torch.compile
    [InlineData("_orig_mod.module.")]
    [InlineData("module._orig_mod.")]
    [InlineData("model.")]                   // a Lightning module
    public void A_prefix_that_all_names_carry_is_taken_off_and_told(string prefix)
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Save(Named(source, prefix));

        WeightReport report = WeightFile.Load(model, _path);

        report.Prefix.ShouldBe(prefix);
        report.ToString().ShouldBe($"{_path} fits Mlp: 4 tensors. '{prefix}' before every name was taken off.");
        ShouldBeEqual(model, source);
    }

    [Fact]
    public void A_prefix_is_taken_off_although_a_counter_beside_the_wrapped_network_has_none()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Dictionary<string, Tensor> tensors = Named(source, "module.");
        tensors["n_averaged"] = tensor(5L);   // torch.optim.swa_utils.AveragedModel has it there
        Save(tensors);

        WeightReport report = WeightFile.Load(model, _path);

        report.Unused.ShouldBe(["n_averaged (a counter)"]);
        report.Prefix.ShouldBe("module.");
        ShouldBeEqual(model, source);
    }

    [Fact]
    public void A_prefix_that_some_tensors_lack_and_one_that_nobody_knows_stay()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Dictionary<string, Tensor> tensors = Named(source, "model.");
        tensors["criterion.weight"] = ones(2);
        Save(tensors);
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldContain("0 tensors agree, 4 missing in it");
        Save(Named(source, "student."));
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldContain("0 tensors agree, 4 missing in it");
    }

    [Fact]
    public void Where_the_prefix_is_not_all_that_differs_the_shapes_are_named()
    {
        using var check = new NoTensorLeaks();
        using Mlp model = Model();
        using var wider = new Mlp(3, [5], 2, seed: 1);
        Save(Named(wider, "module."));
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldContain(
            "1 tensor agrees, 3 of another shape (fc1.weight [5, 3] for [4, 3], fc1.bias [5] for [4], fc2.weight [2, 5] for [2, 4])");
    }

    [Fact]
    public void Names_that_fit_as_they_are_keep_a_prefix_of_their_own()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = nn.Sequential(("model", nn.Linear(3, 2))), model = nn.Sequential(("model", nn.Linear(3, 2)));
        Save(source.state_dict());
        WeightReport report = WeightFile.Load(model, _path);
        report.Prefix.ShouldBeEmpty();
        report.Loaded.ShouldBe(["model.weight", "model.bias"], ignoreOrder: true);
    }

    [Fact]
    public void Counters_and_empty_tensors_that_no_layer_needs_are_told_and_harmless()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Dictionary<string, Tensor> tensors = Named(source);
        tensors["total_ops"] = ones(1, float64);              // thop leaves them in every layer
        tensors["fc1.total_params"] = ones(1, float64);
        tensors["bn.num_batches_tracked"] = tensor(7L);
        tensors["global_step"] = tensor(7L);
        tensors["empty"] = zeros(0, 4);
        Save(tensors);

        WeightReport report = WeightFile.Load(model, _path);

        report.Unused.ShouldBe(
            ["bn.num_batches_tracked (a counter)", "empty (empty)", "fc1.total_params (a counter)", "global_step (a counter)", "total_ops (a counter)"]);
        report.ToString().ShouldBe(
            $"{_path} fits Mlp: 4 tensors. 5 not loaded, because no layer needs them (bn.num_batches_tracked (a counter), empty (empty), fc1.total_params (a counter), …).");
        ShouldBeEqual(model, source);
    }

    [Theory]
    [InlineData("gamma", new long[] { 1 })]             // a learnt scale
    [InlineData("fc3.bias", new long[] { 2 })]
    [InlineData("mask", new long[] { 4, 3 })]
    public void Real_numbers_that_the_model_lacks_are_of_another_architecture(string name, long[] shape)
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Dictionary<string, Tensor> tensors = Named(source);
        tensors[name] = ones(shape);
        Save(tensors);
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldContain($"another architecture than Mlp: 4 tensors agree, 1 not in the model ({name})");
    }

    [Fact]
    public void A_counter_that_was_made_a_real_number_with_all_the_rest_is_not_loaded()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = Zoo.Create("resnet-18-224", seed: 1), model = Zoo.Create("resnet-18-224", seed: 2);
        Save(source.state_dict().ToDictionary(t => t.Key, t => t.Value.to(float16)));   // {name: t.half() for …}
        WeightReport report = WeightFile.Load(model, _path);
        report.Loaded.Count.ShouldBe(102);   // 122 of ResNet-18 less a counter of each of its 20 normalisations
        report.Unused.Count.ShouldBe(20);
        report.Unused[0].ShouldBe("bn1.num_batches_tracked (a counter)");
    }

    [Theory]
    [InlineData("F8_E4M3", 1)]
    [InlineData("U16", 2)]
    public void A_tensor_of_a_type_that_cannot_be_read_is_told_if_no_layer_needs_it(string type, int bytes)
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(1, [], 2, seed: 1);
        Write(("fc1.weight", "F32", [2, 1], 8), ("fc1.bias", "F32", [2], 8), ("scale", type, [1], bytes));
        WeightReport report = WeightFile.Load(model, _path);
        report.Unused.ShouldBe([$"scale ({type})"]);
        model.state_dict()["fc1.weight"].abs().sum().item<float>().ShouldBe(0);
    }

    [Theory]
    [InlineData(ClassifierWeights.Load)]
    [InlineData(ClassifierWeights.LoadIfClassesAgree)]   // it has the classes, so it is not left out without a word
    public void A_tensor_of_a_type_that_cannot_be_read_is_refused_by_name_if_a_layer_needs_it(ClassifierWeights classifier)
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(1, [], 2, seed: 1);
        Write(("fc1.weight", "F8_E4M3", [2, 1], 2), ("fc1.bias", "F32", [2], 8));
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path, classifier)).Message.ShouldBe(
            $"{_path} has 1 in a type that cannot be read (fc1.weight F8_E4M3), which Mlp needs. Nothing was loaded. "
            + "Convert those tensors in Python with .to(torch.float32), undoing their scale if they have one, and save the file again.");
    }

    [Fact]
    public void A_layer_that_the_model_lacks_is_of_another_architecture_in_whatever_type_it_is_stored()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(1, [], 2, seed: 1);
        Write(("fc1.weight", "F32", [2, 1], 8), ("fc1.bias", "F32", [2], 8), ("fc2.weight", "F8_E4M3", [2, 2], 4));
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldContain("1 not in the model (fc2.weight)");
    }

    [Fact]
    public void A_file_with_nothing_for_the_model_does_not_fit_even_if_all_of_the_model_may_be_left_out()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(3, [], 2, seed: 1);
        Save(new() { ["total_ops"] = ones(1, float64) });
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path, ClassifierWeights.LoadIfClassesAgree)).Message.ShouldContain("0 tensors agree");
    }

    [Fact]
    public void A_number_called_layers_in_the_metadata_makes_no_quantised_network()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        SafetensorsFile.Write(_path, Named(source), new Dictionary<string, string> { ["layers"] = "12" });
        WeightFile.Load(model, _path);
        ShouldBeEqual(model, source);
    }

    [Fact]
    public void A_mutated_file_is_loaded_or_refused_and_never_anything_else()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(1, [], 2, seed: 1);
        Write(("module.fc1.weight", "F32", [2, 1], 8), ("module.fc1.bias", "F32", [2], 8), ("scale", "F8_E4M3", [1], 1), ("flag", "BOOL", [], 1));
        byte[] valid = File.ReadAllBytes(_path);
        byte[] telling = [.. "0123456789-.,:[]{}\"\\ue"u8, 0, 0x7F, 0x80, 0xFF];
        var random = new Random(1);
        int loaded = 0, refused = 0;
        for (int i = 0; i < 5_000; i++)
        {
            List<byte> bytes = [.. valid];
            for (int change = random.Next(1, 3); change > 0; change--)
            {
                int at = random.Next(bytes.Count);
                switch (random.Next(3))
                {
                    case 0: bytes[at] = telling[random.Next(telling.Length)]; break;
                    case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                    default: (bytes[at], bytes[random.Next(bytes.Count)]) = (bytes[random.Next(bytes.Count)], bytes[at]); break;
                }
            }
            File.WriteAllBytes(_path, [.. bytes]);
            try
            {
                WeightFile.Load(model, _path);
                loaded++;
            }
            catch (InvalidInputException)
            {
                refused++;
            }
        }
        loaded.ShouldBeGreaterThan(0);
        refused.ShouldBeGreaterThan(0);
    }

    private static Mlp Source() => new(3, [4], 2, seed: 1);

    private static Mlp Model() => new(3, [4], 2, seed: 2);

    private static Dictionary<string, Tensor> Named(nn.Module model, string prefix = "") => model.state_dict().ToDictionary(t => prefix + t.Key, t => t.Value);

    private void Save(Dictionary<string, Tensor> tensors) => SafetensorsFile.Write(_path, tensors, new Dictionary<string, string>());

    /// <summary>Zero bytes under these names, types and shapes.</summary>
    private void Write(params (string Name, string Type, long[] Shape, int Bytes)[] tensors)
    {
        var entries = new List<string>();
        int offset = 0;
        foreach ((string name, string type, long[] shape, int bytes) in tensors)
        {
            entries.Add($$"""
                "{{name}}":{"dtype":"{{type}}","shape":[{{string.Join(',', shape)}}],"data_offsets":[{{offset}},{{offset += bytes}}]}
                """);
        }
        Foreign.Write(_path, $"{{{string.Join(',', entries)}}}", new byte[offset]);
    }

    private static void ShouldBeEqual(nn.Module actual, nn.Module expected)
    {
        Dictionary<string, Tensor> values = actual.state_dict();
        foreach ((string name, Tensor value) in expected.state_dict()) { values[name].eq(value).all().item<bool>().ShouldBeTrue(name); }
    }
}
