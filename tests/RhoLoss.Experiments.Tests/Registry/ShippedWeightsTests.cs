using RhoLoss.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Tests.Running;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Registry;

/// <summary>A file in the folder beside the program, as a build of the tool puts it there.</summary>
public sealed class ShippedWeightsTests : IDisposable
{
    private readonly string _name = $"tiny-{Guid.NewGuid():N}";

    public ShippedWeightsTests() => Directory.CreateDirectory(Path.GetDirectoryName(Shipped)!);

    private string Shipped => Path.Combine(AppContext.BaseDirectory, "weights", $"{_name}.safetensors");

    [Fact]
    public void A_recipe_names_them_without_a_path_wherever_it_stands()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        using nn.Module<Tensor, Tensor> source = Ship(data);
        string toml = $"[model]\nname = \"mlp\"\nhidden = [4]\nweights = \"{_name}\"\n";

        Recipe recipe = RecipeLoader.Parse(toml, "mine", "test", [], folder: Path.GetTempPath()).Recipe;
        using nn.Module<Tensor, Tensor> model = Architecture.TargetOf(recipe).Create(data, seed: 2);

        ShippedWeights.Names.ShouldContain(_name);
        recipe.Model.Weights.ShouldBe(_name);
        foreach ((string name, Tensor value) in source.state_dict())
        {
            model.state_dict()[name].eq(value).all().item<bool>().ShouldBeTrue(name);
        }
    }

    [Fact]
    public void A_file_that_is_not_as_it_was_made_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        Ship(data).Dispose();
        TinyExperiment.Flip(Shipped, new FileInfo(Shipped).Length - 1);

        Should.Throw<InvalidInputException>(() => new Architecture("mlp", [4], Weights: _name).Create(data, seed: 0)).Message
            .ShouldStartWith($"The weights {_name} ship with the tool, but their file is not as it was made. "
                + $"Install the tool anew. {Shipped}");
    }

    [Fact]
    public void A_name_that_is_almost_right_is_answered_with_the_nearest_one_and_a_file_with_what_is_wrong_with_it()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        Ship(data).Dispose();
        string almost = Path.GetFullPath(_name[..^1]);

        Should.Throw<InvalidInputException>(() => new Architecture("mlp", [4], Weights: almost).Create(data, seed: 0)).Message
            .ShouldStartWith($"model.weights: no weights named {_name[..^1]} ship with the tool, and there is no file {almost}. "
                + $"The nearest is {_name}; shipped are ");
        Should.Throw<InvalidInputException>(
            () => new Architecture("mlp", [4], Weights: almost + ".safetensors").Create(data, seed: 0)).Message
            .ShouldStartWith($"Cannot read {almost}.safetensors: there is no such file.");
    }

    private nn.Module<Tensor, Tensor> Ship(LabeledDataset data)
    {
        nn.Module<Tensor, Tensor> source = new Architecture("mlp", [4]).Create(data, seed: 1);
        SafetensorsFile.Write(Shipped, source.state_dict(), new Dictionary<string, string>());
        return source;
    }

    private static LabeledDataset Data() => new(ones(4, 1, 2, 2), arange(4, dtype: int64), classes: 4);

    public void Dispose() => File.Delete(Shipped);
}
