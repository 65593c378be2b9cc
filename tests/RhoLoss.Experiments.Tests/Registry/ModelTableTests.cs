using RhoLoss.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Registry;

public sealed class ModelTableTests
{
    public static TheoryData<string> Names => [.. ModelTable.Names];

    public static TheoryData<string> WithASmallestSide =>
        [.. ModelTable.All.Where(model => model.SmallestSide > 1).Select(model => model.Name)];

    [Fact]
    public void Every_name_is_a_word_of_a_recipe()
    {
        ModelTable.Names.ShouldBeUnique();
        ModelTable.Names.ShouldAllBe(name => RegistryText.IsName(name));
        ModelTable.Names.ShouldBe(RecipeKeys.Find("model.name")!.Rule.Choices);
        ModelTable.All.ShouldAllBe(model => ModelTable.Names.Contains(model.UsualProxy));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_network_can_be_made_and_gives_logits_and_is_what_its_row_says(string name)
    {
        using var check = new NoTensorLeaks();
        ModelKind kind = ModelTable.Get(name);
        using LabeledDataset data = kind.PredictsTokens ? NextTokens() : kind.ReadsText ? Tokens() : Images(32);
        using nn.Module<Tensor, Tensor> model = new Architecture(name, [16, 8]).Create(data, seed: 0);

        new Architecture(name, [16, 8]).Title.ShouldBe(kind.HasWidths ? $"{name}-16-8" : name);
        model.forward(data.Gather(data.Ids).Inputs).shape.ShouldBe(kind.PredictsTokens ? [4, 4, 9] : [4, data.Classes]);
        bool Has(Func<nn.Module, bool> is_) => model.named_modules().Any(part => is_(part.module));
        Has(part => part is BatchNorm1d or BatchNorm2d).ShouldBe(kind.HasBatchNorm);
        Has(part => part is Convolution).ShouldBe(kind.HasConvolutions);
        using nn.Module<Tensor, Tensor> wider = new Architecture(name, [32, 8]).Create(data, seed: 0);
        (Size(wider) > Size(model)).ShouldBe(kind.HasWidths);
        // A rate of 2 is refused by whoever reads it.
        Action withDropout = () => new Architecture(name, [16, 8], Dropout: 2).Create(data, seed: 0).Dispose();
        (Record.Exception(withDropout) is not null).ShouldBe(kind.HasDropout);
    }

    // The other kind of text would be an index out of range in the loss, long after the irreducible-loss model was trained.
    [Fact]
    public void A_language_model_for_classes_and_a_classifier_for_tokens_are_refused_with_those_that_fit()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset classes = Tokens(), tokens = NextTokens();
        Should.Throw<InvalidInputException>(() => new Architecture("gpt-nano", []).Create(classes, seed: 0)).Message.ShouldBe(
            "The model gpt-nano foretells the next token, but the labels of the data are classes. Set model.name, "
            + "irreducible-loss.model or scoring.proxy-model, whichever names it, to albert-small or albert-base.");
        Should.Throw<InvalidInputException>(() => new Architecture("albert-base", []).Create(tokens, seed: 0)).Message.ShouldBe(
            "The model albert-base classifies texts, but the data have a label a token. Set model.name, irreducible-loss.model or "
            + "scoring.proxy-model, whichever names it, to gpt-nano or gpt-micro.");
        Should.Throw<InvalidInputException>(() => new Architecture("mlp", [4]).Create(tokens, seed: 0)).Message
            .ShouldEndWith("to gpt-nano or gpt-micro.");
    }

    [Theory]
    [MemberData(nameof(WithASmallestSide))]
    public void The_smallest_side_of_a_row_is_the_smallest_that_leaves_something(string name)
    {
        using var check = new NoTensorLeaks();
        ModelKind kind = ModelTable.Get(name);
        Tensor Classify(long side)
        {
            using IDisposable scope = NewDisposeScope();
            using nn.Module<Tensor, Tensor> model = kind.Create(new ModelRequest([3, side, side], 10, 0, [16], 0, null));
            model.eval();
            return model.forward(ones(2, 3, side, side)).MoveToOuterDisposeScope();
        }

        using Tensor logits = Classify(kind.SmallestSide);
        logits.shape.ShouldBe([2, 10]);
        Should.Throw<Exception>(() => Classify(kind.SmallestSide - 1).Dispose());
    }

    [Fact]
    public void The_recipe_guide_lists_every_network_as_its_row_has_it()
    {
        string guide = RegistryText.Read("docs/recipes.md");
        string[] missing = [.. ModelTable.All.Select(Row).Where(row => !guide.Contains(row, StringComparison.Ordinal))];

        missing.ShouldBeEmpty(string.Join('\n', missing));
    }

    // What makes a network cost one row: nothing else knows its name. Some know the two small ones, and the paper's target for CIFAR.
    [Fact]
    public void No_source_file_but_the_table_names_a_network() =>
        RegistryText.FilesNaming([.. ModelTable.Names.Except([ModelTable.Mlp, ModelTable.SmallCnn])], "ModelTable.cs").ShouldBeEmpty();

    private static string Row(ModelKind model)
    {
        string[] keys =
        [
            .. model.HasWidths ? ["`model.hidden`"] : Array.Empty<string>(),
            .. model.HasDropout ? ["`model.dropout`"] : Array.Empty<string>(),
        ];
        string reads = model.ReadsText ? "text"
            : model.SmallestSide == 1 ? "images"
            : FormattableString.Invariant($"images of at least {model.SmallestSide}×{model.SmallestSide}");
        return $"| `{model.Name}` | {model.Meaning} | {reads} | {string.Join(", ", keys)} |";
    }

    private static long Size(nn.Module model) => model.parameters().Sum(parameter => parameter.numel());

    private static LabeledDataset Images(long side) => new(ones(4, 3, side, side), arange(4, dtype: int64), classes: 10);

    private static LabeledDataset Tokens() =>
        new(Texts(), arange(4, dtype: int64) % 2, classes: 2, tokens: new TokenVocabulary(9));

    private static LabeledDataset NextTokens()
    {
        using IDisposable scope = NewDisposeScope();
        return LabeledDataset.WithTargets(Texts(), Texts().to(int64), tokens: new TokenVocabulary(9));
    }

    private static Tensor Texts() => tensor(new[] { 2, 4, 3, 0, 2, 5, 3, 0, 2, 6, 3, 0, 2, 7, 8, 3 }, [4, 4]);
}
