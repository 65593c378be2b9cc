using RhoLoss.Models;
using RhoLoss.Pretrained;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Pretrained;

public sealed class NonFiniteWeightsTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"rholoss-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Weights_that_are_not_finite_are_refused_with_tensor_and_file(float value)
    {
        using var check = new NoTensorLeaks();
        using Mlp source = new(3, [4], 2, seed: 1), model = new(3, [4], 2, seed: 2);
        Dictionary<string, Tensor> tensors = source.state_dict().ToDictionary(t => $"module.{t.Key}", t => t.Value);
        tensors["module.fc2.bias"] = tensor([0f, value]);
        Save(tensors);
        Tensor before = model.state_dict()["fc1.weight"].clone();
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message.ShouldStartWith(
            $"{_path}: 1 of the 2 values of module.fc2.bias are not finite (NaN, infinite, or too large for Float32). Nothing was loaded.");
        model.state_dict()["fc1.weight"].eq(before).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void A_number_beyond_the_range_of_the_models_type_is_not_finite_either()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(1, [], 2, seed: 1);
        Save(new() { ["fc1.weight"] = full([2, 1], 1e300, dtype: float64), ["fc1.bias"] = zeros(2) });
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path)).Message
            .ShouldContain("2 of the 2 values of fc1.weight are not finite");
    }

    [Fact]
    public void What_is_not_loaded_may_hold_anything()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(3, [4], 2, seed: 2);
        using var source = new Mlp(3, [4], 5, seed: 1);
        Dictionary<string, Tensor> tensors = source.state_dict();
        tensors["fc2.bias"] = full([5], float.NaN);
        Save(tensors);
        WeightFile.Load(model, _path, ClassifierWeights.LoadIfClassesAgree).Loaded.Count.ShouldBe(2);
    }

    private void Save(Dictionary<string, Tensor> tensors) => SafetensorsFile.Write(_path, tensors, new Dictionary<string, string>());
}
