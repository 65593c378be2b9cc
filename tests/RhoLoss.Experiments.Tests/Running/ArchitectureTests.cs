using RhoLoss.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class ArchitectureTests
{
    [Theory]
    [InlineData("irreducible-loss.model")]
    [InlineData("scoring.proxy-model")]
    public void Every_key_that_names_a_network_has_the_same_list(string key) =>
        RecipeKeys.Find(key)!.Rule.Choices.ShouldBe(RecipeKeys.Find("model.name")!.Rule.Choices);

    [Fact]
    public void A_network_starts_from_the_weights_of_a_file_and_says_what_was_loaded()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        using var folder = new TemporaryFolder();
        string path = folder.File("weights.safetensors");
        using nn.Module<Tensor, Tensor> source = new Architecture("mlp", [16]).Create(data, seed: 1);
        SafetensorsFile.Write(path, source.state_dict(), new Dictionary<string, string>());
        string said = "";

        using nn.Module<Tensor, Tensor> model = new Architecture("mlp", [16], Weights: path)
            .Create(data, seed: 2, onWeights: report => said = report.ToString());

        said.ShouldBe($"{path} fits Mlp: 4 tensors.");
        foreach ((string name, Tensor value) in source.state_dict())
        {
            model.state_dict()[name].eq(value).all().item<bool>().ShouldBeTrue(name);
        }
        Should.Throw<InvalidInputException>(() => new Architecture("mlp", [8], Weights: path).Create(data, seed: 2)).Message
            .ShouldContain("does not fit Mlp");
        Architecture.TargetOf(RecipeLoader.Parse("", "test", "test", [$"model.weights={path}"]).Recipe).Weights.ShouldBe(path);
    }

    [Fact]
    public void Images_that_a_network_would_pool_to_nothing_are_refused()
    {
        using var check = new NoTensorLeaks();
        using var data = new LabeledDataset(ones(4, 1, 28, 28), arange(4, dtype: int64), classes: 10);
        Should.Throw<InvalidInputException>(() => new Architecture("vgg11-bn", []).Create(data, 0)).Message
            .ShouldBe("vgg11-bn needs images of at least 32×32 pixels, but they are 28×28. "
                + "Choose another model, or a data set of larger images.");
    }

    [Theory]
    [InlineData("albert-small", 9, 128)]
    [InlineData("albert-base", 9, 768)]
    public void Every_network_for_text_can_be_made_for_the_vocabulary_of_the_data_and_classifies(string name, int vocabulary, int hidden)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Tokens(vocabulary);
        var architecture = new Architecture(name, [16]);
        using nn.Module<Tensor, Tensor> model = architecture.Create(data, seed: 0);

        architecture.Title.ShouldBe(name);
        model.state_dict()["albert.embeddings.word_embeddings.weight"].shape[0].ShouldBe(vocabulary);
        model.state_dict()["classifier.weight"].shape.ShouldBe([2, hidden]);
        model.forward(data.Gather(data.Ids).Inputs).shape.ShouldBe([4, 2]);
    }

    [Fact]
    public void A_network_for_images_is_refused_text_and_the_other_way_round()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset tokens = Tokens(9), images = Data();
        Should.Throw<InvalidInputException>(() => new Architecture("mlp", [16]).Create(tokens, 0)).Message
            .ShouldBe("The model mlp reads images, but the data are text. Set model.name, irreducible-loss.model or scoring.proxy-model, "
                + "whichever names it, to albert-small or albert-base.");
        Should.Throw<InvalidInputException>(() => new Architecture("albert-small", [16]).Create(images, 0)).Message
            .ShouldBe("The model albert-small reads text, but the data are images or numbers. "
                + "Set model.name, irreducible-loss.model or scoring.proxy-model, whichever names it, to one of mlp, small-cnn, resnet-18, "
                + "resnet-34, resnet-50, vgg11-bn, densenet-121, googlenet, mobilenet-v2, inception-v3, resnet-18-224, "
                + "resnet-50-224, mobilenet-v2-224.");
        Should.Throw<InvalidInputException>(() => new Architecture("albert-small", [16]).Create(tokens, 0, downscale: 2)).Message
            .ShouldBe("Only images can be downscaled, but the data are text and scoring.proxy-downscale is 2. Set it to \"1\".");
    }

    private static LabeledDataset Tokens(int vocabulary) =>
        new(tensor(new[] { 2, 4, 3, 0, 2, 5, 3, 0, 2, 6, 3, 0, 2, 7, 8, 3 }, [4, 4]), arange(4, dtype: int64) % 2, classes: 2,
            tokens: new TokenVocabulary(vocabulary));

    [Fact]
    public void A_network_is_a_function_of_its_seed()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        float[] First(long seed)
        {
            using nn.Module<Tensor, Tensor> model = new Architecture("mlp", [16]).Create(data, seed);
            return [.. model.parameters().First().data<float>()];
        }

        First(3).ShouldBe(First(3));
        First(4).ShouldNotBe(First(3));
    }

    [Fact]
    public void An_unknown_network_is_refused_with_the_known_ones()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();

        Should.Throw<InvalidInputException>(() => new Architecture("vgg", [16]).Create(data, 0)).Message
            .ShouldBe("There is no model 'vgg'. Known are mlp, small-cnn, resnet-18, resnet-34, resnet-50, vgg11-bn, densenet-121, "
                + "googlenet, mobilenet-v2, inception-v3, resnet-18-224, resnet-50-224, mobilenet-v2-224, albert-small, albert-base, "
                + "gpt-nano, gpt-micro.");
    }

    private static LabeledDataset Data() => new(ones(4, 3, 32, 32), arange(4, dtype: int64), classes: 10);
}
