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
    [InlineData("net.")]
    [InlineData("backbone.encoder.0.")]
    public void A_prefix_that_all_names_carry_is_taken_off_and_told(string prefix)
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Save(Named(source, prefix));

        WeightReport report = WeightFile.Load(model, _path);

        report.Prefix.ShouldBe(prefix);
        report.ToString().ShouldBe($"{_path} fits Mlp: 4 tensors. '{prefix}' before their names was taken off.");
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

    [Theory]
    [InlineData("criterion.weight")]
    [InlineData("model.gamma")]              // below the prefix, and of no layer
    [InlineData("head.weight")]
    public void A_prefix_that_some_tensors_lack_is_taken_off_those_that_the_model_needs(string besides)
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Dictionary<string, Tensor> tensors = Named(source, "model.");
        tensors[besides] = ones(2);
        Save(tensors);
        WeightReport report = WeightFile.Load(model, _path);
        report.Prefix.ShouldBe("model.");
        report.Unused.ShouldBe([besides]);
        ShouldBeEqual(model, source);
    }

    [Fact]
    public void A_network_under_a_prefix_and_another_classifier_beside_it_are_the_start_of_fine_tuning()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Save(new()
        {
            ["encoder.fc1.weight"] = source.state_dict()["fc1.weight"],
            ["encoder.fc1.bias"] = source.state_dict()["fc1.bias"],
            ["projection.weight"] = ones(7, 4),
        });
        WeightReport report = WeightFile.Load(model, _path, ClassifierWeights.LoadIfClassesAgree);
        report.Loaded.ShouldBe(["fc1.weight", "fc1.bias"]);
        report.LeftOut.ShouldBe(["fc2.weight: not in the file, [2, 4] in the model", "fc2.bias: not in the file, [2] in the model"]);
        report.Unused.ShouldBe(["projection.weight"]);
    }

    [Fact]
    public void Two_prefixes_that_fit_are_both_named_and_neither_is_taken()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), other = new(3, [4], 2, seed: 3), model = Model(), before = Model();
        Save(Named(source, "student.").Concat(Named(other, "teacher.")).ToDictionary());
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldBe(
            $"{_path} has all that Mlp needs more than once, under 'student.' and 'teacher.', and nothing says which is meant. "
            + "Nothing was loaded. Keep one: save only the tensors whose names begin with 'student.', or those of another.");
        ShouldBeEqual(model, before);
    }

    [Theory]
    [InlineData("", "ema.", "The file has the same tensors again under 'ema.'; the set that was loaded is that without a prefix.")]
    [InlineData("model.", "model.ema.module.",
        "'model.' before their names was taken off. The file has the same tensors again under 'model.ema.module.'; "
        + "the set that was loaded is that under 'model.' alone.")]
    public void Of_a_network_and_a_copy_within_it_the_network_is_loaded_and_the_copy_told(string prefix, string copy, string told)
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), average = new(3, [4], 2, seed: 3), model = Model();
        Save(Named(source, prefix).Concat(Named(average, copy)).ToDictionary());
        WeightReport report = WeightFile.Load(model, _path);
        report.OtherPrefixes.ShouldBe([copy]);
        report.Copies.ShouldBe([$"{copy}fc1.bias", $"{copy}fc1.weight", $"{copy}fc2.bias", $"{copy}fc2.weight"]);
        report.Unused.ShouldBeEmpty();
        report.ToString().ShouldBe($"{_path} fits Mlp: 4 tensors. {told}");
        ShouldBeEqual(model, source);
    }

    [Theory]
    [InlineData("module.", "")]      // saved from DataParallel into a file that had some of the network already
    [InlineData("", "module.")]
    public void Some_of_the_models_names_elsewhere_in_the_file_are_told_as_such(string whole, string part)
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Dictionary<string, Tensor> tensors = Named(source, whole);
        (tensors[$"{part}fc1.bias"], tensors[$"{part}fc1.weight"]) = (ones(4), ones(4, 3));
        Save(tensors);

        WeightReport report = WeightFile.Load(model, _path);

        report.ToString().ShouldEndWith(
            $" 2 others with names of the model elsewhere in the file were not loaded: {part}fc1.bias, {part}fc1.weight.");
        ShouldBeEqual(model, source);
    }

    [Fact]
    public void A_network_in_two_parts_under_two_prefixes_is_refused_with_the_fix()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Dictionary<string, Tensor> all = Named(source);
        Save(all.ToDictionary(t => t.Key.StartsWith("fc1", StringComparison.Ordinal) ? t.Key : $"module.{t.Key}", t => t.Value));

        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldBe(
            $"{_path} does not fit Mlp: of the 4 tensors that it needs, 2 agree; 2 are missing from the file (fc2.weight, fc2.bias); "
            + "2 in the file are not in the model (module.fc2.bias, module.fc2.weight). Nothing was loaded. Save the file again with one "
            + "prefix before the names of all tensors, or none.");
    }

    [Fact]
    public void What_is_needed_is_counted_without_counters_and_without_a_classifier_that_may_stay()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = Zoo.Create("resnet-18-224", classes: 7), model = Zoo.Create("resnet-18-224", classes: 5);
        foreach (bool counters in new[] { true, false })
        {
            Save(Named(source).Where(t => t.Key != "conv1.weight" && (counters || !t.Key.EndsWith("tracked", StringComparison.Ordinal)))
                .ToDictionary());
            // 122 tensors less 20 counters and the 2 of the classifier.
            Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path, ClassifierWeights.LoadIfClassesAgree)).Message
                .ShouldContain(
                    "of the 100 tensors that it needs besides its classifier, 99 agree; 1 is missing from the file (conv1.weight)");
        }
    }

    [Fact]
    public void Weights_of_one_number_in_every_matrix_are_told()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        const string told = " Each matrix and kernel in it holds one number only, such as 0, so these are no trained weights.";
        foreach (float number in new[] { 0f, 0.5f })
        {
            Save(Named(source).ToDictionary(t => t.Key, t => t.Value.mul(0).add(number)));
            WeightFile.Load(model, _path).ToString().ShouldBe($"{_path} fits Mlp: 4 tensors.{told}");
        }
        Dictionary<string, Tensor> tensors = Named(source);
        tensors["fc2.weight"] = zeros(2, 4);   // as a layer that was added and is to begin without effect
        Save(tensors);
        WeightFile.Load(model, _path).ToString().ShouldBe($"{_path} fits Mlp: 4 tensors.");
    }

    [Fact]
    public void The_state_of_an_optimizer_with_the_names_of_the_weights_is_no_second_set()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), moments = new(3, [4], 2, seed: 3), model = Model();
        Save(Named(source, "model.").Concat(Named(moments, "optimizer.")).Concat(Named(moments, "state.exp_avg.")).ToDictionary());
        WeightFile.Load(model, _path).OtherPrefixes.ShouldBeEmpty();
        ShouldBeEqual(model, source);
        Save(Named(moments, "optimizer."));
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldContain("0 agree");
    }

    [Fact]
    public void Where_the_prefix_is_not_all_that_differs_the_shapes_are_named()
    {
        using var check = new NoTensorLeaks();
        using Mlp model = Model();
        using var wider = new Mlp(3, [5], 2, seed: 1);
        Save(Named(wider, "module."));
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldContain(
            "of the 4 tensors that it needs, 1 agrees, with 'module.' taken off their names; 3 have another shape (fc1.weight: "
            + "[5, 3] in the file, [4, 3] in the model; fc1.bias: [5] in the file, [4] in the model; fc2.weight: "
            + "[2, 5] in the file, [2, 4] in the model).");
    }

    [Fact]
    public void Names_that_fit_as_they_are_keep_a_prefix_of_their_own()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = nn.Sequential(("model", nn.Linear(3, 2)));
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("model", nn.Linear(3, 2)));
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
            [
                "bn.num_batches_tracked (a counter)", "empty (empty)", "fc1.total_params (a counter)", "global_step (a counter)",
                "total_ops (a counter)",
            ]);
        report.ToString().ShouldBe(
            $"{_path} fits Mlp: 4 tensors. 5 others in the file were not loaded, because no layer needs them: "
            + "bn.num_batches_tracked (a counter), empty (empty), fc1.total_params (a counter), "
            + "global_step (a counter), total_ops (a counter).");
        ShouldBeEqual(model, source);
    }

    [Fact]
    public void Tensors_that_stand_beside_the_network_are_told_and_harmless()
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model();
        Dictionary<string, Tensor> tensors = Named(source);
        foreach (string name in new[] { "mean", "std", "gamma" }) { tensors[name] = ones(3); }
        tensors["criterion.weight"] = ones(2);
        tensors["aux1.conv.weight"] = ones(2, 2);
        tensors["aux1.bn.running_mean"] = ones(2);   // within another head, not between the layers
        tensors["ema.fc1.weight"] = ones(4, 3);      // of a copy that is not whole
        tensors["optimizer.state.0.exp_avg"] = ones(4, 3);
        tensors["num_examples"] = ones(5, int64);
        Save(tensors);

        WeightReport report = WeightFile.Load(model, _path);

        report.Extra.ShouldBeEmpty();
        report.ToString().ShouldBe($"{_path} fits Mlp: 4 tensors. 1 other with a name of the model elsewhere in the file was not loaded: "
            + "ema.fc1.weight. 8 others in the file were not loaded, because no layer needs them: "
            + "aux1.bn.running_mean, aux1.conv.weight, criterion.weight, gamma, mean, ….");
        ShouldBeEqual(model, source);
    }

    [Theory]
    [InlineData("fc3.bias", "fc3.weight")]                              // goes on with its numbers
    [InlineData("fc1.lora_A.weight", "fc1.lora_B.weight")]              // in a layer
    [InlineData("bn1.running_mean", "bn1.running_var")]                 // a normalisation beside them
    [InlineData("norm.bias", "norm.weight")]
    public void Tensors_of_layers_that_the_model_lacks_are_of_another_network(string first, string second)
    {
        using var check = new NoTensorLeaks();
        using Mlp source = Source(), model = Model(), before = Model();
        foreach (string prefix in new[] { "", "net." })
        {
            Dictionary<string, Tensor> tensors = Named(source, prefix);
            (tensors[prefix + first], tensors[prefix + second], tensors["mean"]) = (ones(2), ones(2), ones(3));
            Save(tensors);
            Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldBe(
                $"{_path} has all that Mlp needs, but it was saved from another network: it holds 2 tensors of layers, or parts of layers, "
                + $"that Mlp lacks ({prefix}{first}, {prefix}{second}). Nothing was loaded. Choose the model that the file was saved from. "
                + "If those tensors are not part of the network, save the file again without them.");
        }
        ShouldBeEqual(model, before);
    }

    [Fact]
    public void A_deeper_network_of_the_same_family_is_refused()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = Zoo.Create("resnet-34"), model = ResNet.ResNet18(3, classes: 10, seed: 1);
        Save(Named(source));
        // All of ResNet-18 is in ResNet-34, by name and shape. The 8 blocks more have two
        // convolutions and two normalisations each, and those four tensors that are no counters.
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldContain(
            "has all that ResNet18 needs, but it was saved from another network: it holds 80 tensors of layers");
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
            $"{_path} does not fit Mlp: of the 2 tensors that it needs, 1 agrees; 1 has an element type that cannot be read "
            + "(fc1.weight F8_E4M3). Nothing was loaded. Convert those tensors in Python with .to(torch.float32), undoing their scale if "
            + "they have one, and save the file again.");
    }

    [Fact]
    public void A_layer_that_the_model_lacks_is_of_another_architecture_in_whatever_type_it_is_stored()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(1, [], 2, seed: 1);
        Write(("fc1.weight", "F32", [2, 1], 8), ("fc1.bias", "F32", [2], 8), ("fc2.weight", "F8_E4M3", [2, 2], 4));
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message
            .ShouldContain("1 tensor of layers, or parts of layers, that Mlp lacks (fc2.weight)");
    }

    [Fact]
    public void A_file_with_nothing_for_the_model_does_not_fit_even_if_all_of_the_model_may_be_left_out()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(3, [], 2, seed: 1);
        Save(new() { ["total_ops"] = ones(1, float64) });
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path, ClassifierWeights.LoadIfClassesAgree)).Message
            .ShouldContain("does not fit Mlp");
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
        Write(("module.fc1.weight", "F32", [2, 1], 8), ("module.fc1.bias", "F32", [2], 8),
            ("scale", "F8_E4M3", [1], 1), ("flag", "BOOL", [], 1));
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

    private static Dictionary<string, Tensor> Named(nn.Module model, string prefix = "") =>
        model.state_dict().ToDictionary(t => prefix + t.Key, t => t.Value);

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
