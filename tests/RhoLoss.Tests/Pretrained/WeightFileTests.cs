using RhoLoss.Models;
using RhoLoss.Pretrained;
using RhoLoss.Serialization;
using RhoLoss.Tests.Models;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Pretrained;

public sealed class WeightFileTests : IDisposable
{
    private static readonly Dictionary<string, string> NoMetadata = [];
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"rholoss-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_state_dict_loads_by_name_whatever_the_order_and_every_tensor_arrives()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = Zoo.Create("mobilenet-v2", seed: 1), model = Zoo.Create("mobilenet-v2", seed: 2);
        Save(source, keep: _ => true);

        WeightReport report = WeightFile.Load(model, _path);

        report.Fits.ShouldBeTrue();
        report.Loaded.Count.ShouldBe(314);   // PyTorch: References/zoo.json
        report.ToString().ShouldBe($"{_path} fits MobileNetV2Small: 314 tensors.");
        ShouldBeEqual(model, source);
        model.parameters().ShouldAllBe(p => p.requires_grad);
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64)]
    public void Real_numbers_of_any_type_are_converted_to_the_models(ScalarType type)
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(3, [], 2, seed: 1);
        // Sixteenths are exact in all of them.
        Save(("fc1.weight", (tensor(new[] { 1, 2, 3, 4, 5, 6 }, dtype: float32) / 16).reshape(2, 3).to(type)),
            ("fc1.bias", tensor(new[] { 0.5f, -0.25f }).to(type)));

        WeightFile.Load(model, _path);

        model.state_dict()["fc1.weight"].dtype.ShouldBe(float32);
        model.state_dict()["fc1.weight"].data<float>().ToArray().ShouldBe([0.0625f, 0.125f, 0.1875f, 0.25f, 0.3125f, 0.375f]);
        model.state_dict()["fc1.bias"].data<float>().ToArray().ShouldBe([0.5f, -0.25f]);
    }

    [Fact]
    public void Missing_extra_and_misshaped_tensors_are_named_and_nothing_is_loaded()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(3, [4], 2, seed: 1);
        Tensor before = model.state_dict()["fc1.bias"].clone();
        Save(("fc1.weight", zeros(4, 5)), ("fc1.bias", ones(4)), ("fc2.weight", ones(2, 4, dtype: int32)), ("fc3.weight", ones(1)));

        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldBe(
            $"{_path} does not fit Mlp: of the 4 tensors that it needs, 1 agrees; 1 is missing from the file (fc2.bias); "
            + "1 has another shape (fc1.weight: [4, 5] in the file, [4, 3] in the model); 1 has another element type (fc2.weight: "
            + "Int32 in the file, Float32 in the model); 1 in the file is not in the model (fc3.weight). Nothing was loaded. "
            + "Choose the model that the file was saved from, or another file.");
        model.state_dict()["fc1.bias"].eq(before).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Weights_of_another_architecture_are_refused_in_one_short_message()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = Zoo.Create("googlenet"), model = Zoo.Create("resnet-34");
        Save(source, keep: _ => true);

        string message = Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message;

        // 332 tensors against 218 (References/zoo.json), 36 of them counters; none has the
        // same name but conv1's convolution and bn1's are called conv1.conv and conv1.bn.
        message.ShouldContain("does not fit ResNet34: of the 182 tensors that it needs, 0 agree; 182 are missing from the file (");
        // 332 less the counters of 55 normalisations, which no layer needs.
        message.ShouldContain("277 in the file are not in the model (");
        message.Length.ShouldBeLessThan(600);
    }

    [Fact]
    public void A_classifier_for_other_classes_can_be_left_out_and_one_for_the_same_is_loaded()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = Zoo.Create("resnet-18-224", classes: 1000);
        using nn.Module<Tensor, Tensor> other = Zoo.Create("resnet-18-224", classes: 14, seed: 2);
        using nn.Module<Tensor, Tensor> same = Zoo.Create("resnet-18-224", classes: 1000, seed: 2);
        Save(source, keep: _ => true);
        Tensor fresh = other.state_dict()["fc.weight"].clone();

        Should.Throw<InvalidInputException>(() => WeightFile.Load(other, _path)).Message.ShouldContain(
            "2 have another shape (fc.weight: [1000, 512] in the file, [14, 512] in the model; fc.bias: "
            + "[1000] in the file, [14] in the model)");
        WeightReport report = WeightFile.Load(other, _path, ClassifierWeights.LoadIfClassesAgree);

        report.LeftOut.ShouldBe(
            ["fc.weight: [1000, 512] in the file, [14, 512] in the model", "fc.bias: [1000] in the file, [14] in the model"]);
        report.Loaded.Count.ShouldBe(120);   // 122 less weight and bias
        report.ToString()
            .ShouldBe($"{_path} fits ResNet18Large: 120 tensors. The classifier stays as it is (fc.weight: [1000, 512] in the file, "
                + "[14, 512] in the model; fc.bias: [1000] in the file, [14] in the model).");
        other.state_dict()["fc.weight"].eq(fresh).all().item<bool>().ShouldBeTrue();
        other.state_dict()["layer4.1.conv2.weight"].eq(source.state_dict()["layer4.1.conv2.weight"]).all().item<bool>().ShouldBeTrue();

        WeightFile.Load(same, _path, ClassifierWeights.LoadIfClassesAgree).LeftOut.ShouldBeEmpty();
        ShouldBeEqual(same, source);
    }

    [Fact]
    public void A_file_without_a_classifier_or_without_the_counters_of_batch_normalisation_fits()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = Zoo.Create("resnet-18-224"), model = Zoo.Create("resnet-18-224", seed: 2);
        Save(source, keep: name => !name.StartsWith("fc.", StringComparison.Ordinal)
            && !name.EndsWith("num_batches_tracked", StringComparison.Ordinal));

        WeightReport report = WeightFile.Load(model, _path, ClassifierWeights.LoadIfClassesAgree);

        report.LeftOut.ShouldBe(["fc.weight: not in the file, [10, 512] in the model", "fc.bias: not in the file, [10] in the model"]);
        report.Loaded.Count.ShouldBe(100);   // 20 convolutions and four tensors of each of 20 normalisations
    }

    [Theory]
    [InlineData(ClassifierWeights.Load)]
    [InlineData(ClassifierWeights.LoadIfClassesAgree)]
    public void A_part_of_the_classifier_that_is_missing_is_named_and_the_other_not_left_out(ClassifierWeights classifier)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> source = new Mlp(3, [4], 2, seed: 1), model = new Mlp(3, [4], 2, seed: 2);
        Save(source, keep: name => name != "fc2.bias");
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path, classifier)).Message.ShouldBe(
            $"{_path} does not fit Mlp: of the 4 tensors that it needs, 3 agree; 1 is missing from the file (fc2.bias). "
            + "Nothing was loaded. Choose the model that the file was saved from, or save the file again with all its tensors.");
    }

    [Fact]
    public void Whole_numbers_for_real_ones_are_another_element_type_and_not_another_shape()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = new Mlp(3, [4], 2, seed: 2);
        SafetensorsFile.Write(_path, model.state_dict().ToDictionary(s => s.Key, s => s.Value.to(int32)), NoMetadata);
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldBe(
            $"{_path} does not fit Mlp: of the 4 tensors that it needs, 0 agree; 4 have another element type (fc1.weight: "
            + "Int32 in the file, Float32 in the model; fc1.bias: Int32 in the file, Float32 in the model; fc2.weight: Int32 in the file, "
            + "Float32 in the model; fc2.bias: Int32 in the file, Float32 in the model). Nothing was loaded. "
            + "Convert those tensors in Python with .to(torch.float32), undoing their scale if they have one, and save the file again.");
    }

    [Fact]
    public void A_checkpoint_of_a_run_is_a_file_of_weights_too()
    {
        using var check = new NoTensorLeaks();
        using var source = new Mlp(3, [4], 2, seed: 1);
        using var model = new Mlp(3, [4], 2, seed: 2);
        var checkpoint = new Checkpoint();
        foreach ((string name, Tensor value) in source.state_dict()) { checkpoint.Tensors[$"model.{name}"] = value; }
        checkpoint.Tensors["optimizer.step"] = ones(1);
        checkpoint.Save(_path);

        WeightFile.Load(model, _path);

        ShouldBeEqual(model, source);
    }

    [Fact]
    public void A_missing_file_is_an_error_that_names_it()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(3, [4], 2, seed: 1);
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldStartWith($"Cannot read {_path}");
    }

    private void Save(nn.Module model, Func<string, bool> keep) =>
        SafetensorsFile.Write(_path,
            model.state_dict().Where(s => keep(s.Key)).Reverse().ToDictionary(s => s.Key, s => s.Value), NoMetadata);

    private void Save(params (string Name, Tensor Value)[] tensors) =>
        SafetensorsFile.Write(_path, tensors.ToDictionary(t => t.Name, t => t.Value), NoMetadata);

    private static void ShouldBeEqual(nn.Module actual, nn.Module expected)
    {
        Dictionary<string, Tensor> values = actual.state_dict();
        foreach ((string name, Tensor value) in expected.state_dict()) { values[name].eq(value).all().item<bool>().ShouldBeTrue(name); }
    }
}
