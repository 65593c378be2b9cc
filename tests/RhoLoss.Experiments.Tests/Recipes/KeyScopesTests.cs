using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.Tests.Recipes;

public sealed class KeyScopesTests
{
    [Fact]
    public void Every_key_of_the_table_is_a_key_and_stands_there_once()
    {
        KeyScopes.All.Select(scope => scope.Key).ShouldBeUnique();
        KeyScopes.All.ShouldAllBe(scope => RecipeKeys.Find(scope.Key) != null);
    }

    [Fact]
    public void No_recipe_that_ships_with_the_tool_would_be_noted_for_its_own_keys_if_it_were_the_users()
    {
        foreach (string name in RecipeLoader.ShippedNames)
        {
            RecipeNotes.KeysWithoutEffect(RecipeLoader.Parse(RecipeLoader.ReadShipped(name), name, $"file {name}.toml", []))
                .ShouldBeEmpty(name);
        }
    }

    [Theory]
    [InlineData("data.image-size=64", "for image files (data.set = cinic-10, clothing-1m or image-folder)")]
    [InlineData("data.skip-bad=true", "for image files")]
    [InlineData("data.label-column=stars", "for your own texts (data.set = text)")]
    [InlineData("data.sequence-length=64", "for documents (data.set = corpus or messy-small)")]
    [InlineData("data.tokens=vocabulary", "for documents (data.set = corpus or messy-small)")]
    [InlineData("data.vocabulary=words;data.set=corpus",
        "for texts (data.set = text, cola or sst-2), and for documents with data.tokens = vocabulary")]
    [InlineData("data.on-task=clean;data.set=messy-small", "for your own documents (data.set = corpus)")]
    [InlineData("data.relevance-share=0.5", "with data.relevance-classes above 0")]
    [InlineData("data.split-seed=3", "where a split is drawn")]
    [InlineData("training.steps=40;training.seconds=3.0", "without a budget of training.seconds, or by plans")]
    [InlineData("training.epochs=3;training.seconds=3.0", "without a budget of training.steps or training.seconds")]
    [InlineData("training.epochs=3;training.steps=40", "without a budget of training.steps or training.seconds")]
    [InlineData("training.evaluations=3", "with a budget of training.steps or training.seconds")]
    [InlineData("training.early-stop=3;training.epochs=3", "with more evaluations than it waits for")]
    [InlineData("training.early-stop=2;training.steps=40;training.evaluations=2", "with more evaluations than it waits for")]
    [InlineData("model.dropout=0.1;model.name=resnet-18", "for model.name = mlp or small-cnn")]
    [InlineData("irreducible-loss.hidden=[8];irreducible-loss.model=small-cnn", "for irreducible-loss.model = mlp")]
    [InlineData("irreducible-loss.epochs=3;training.methods=[\"uniform\"];training.method=uniform",
        "where an arm needs irreducible losses")]
    [InlineData("irreducible-loss.weights=w.safetensors;training.methods=[\"uniform\"];training.method=uniform",
        "where an arm needs irreducible losses")]
    [InlineData("irreducible-loss.patience=3;irreducible-loss.weights=w.safetensors",
        "where an arm needs irreducible losses and irreducible-loss.weights is empty")]
    [InlineData("optimizer.warmup=0.1", "with optimizer.schedule = linear or cosine")]
    [InlineData("optimizer.beta1=0.8;optimizer.name=sgd", "for optimizer.name = adamw")]
    [InlineData("scoring.proxy-model=small-cnn", "where an arm's scorer is proxy or plan, and by svp and auto")]
    [InlineData("scorers.cascade.share=0.2", "where an arm's scorer is cascade")]
    [InlineData("methods.filter-uniform.filter=2.0", "by filter-uniform")]
    [InlineData("noise.seed=3;noise.fraction=0.0", "with noise.fraction above 0")]
    public void A_key_that_the_recipe_does_not_read_is_noted(string settings, string where)
    {
        string[] given = settings.Split(';');
        string key = given[0].Split('=')[0];

        string note = RecipeNotes.KeysWithoutEffect(RecipeLoader.Load("quickstart", given)).ShouldHaveSingleItem();

        note.ShouldStartWith($"{key} = ");
        note.ShouldContain($"(--set) has no effect here: it is only read {where}");
    }

    [Theory]
    [InlineData("data.image-size=64;data.set=image-folder")]
    [InlineData("data.split-seed=3;data.long-tail=10")]
    [InlineData("data.max-length=20;data.set=cola")]
    [InlineData("data.vocabulary=words;data.set=corpus;data.tokens=vocabulary")]
    [InlineData("data.vocabulary=words;data.set=messy-small;data.tokens=vocabulary")]
    [InlineData("optimizer.warmup=0.1;optimizer.schedule=cosine")]
    [InlineData("scoring.proxy-model=small-cnn;training.methods=[\"uniform\", \"rho-loss+proxy\"]")]
    [InlineData("scoring.proxy-hidden=[8];scoring.scorer=plan")]
    [InlineData("scoring.proxy-hidden=[8];training.method=auto")]
    [InlineData("training.seconds=3.0;training.evaluations=2;irreducible-loss.charge=false")]
    [InlineData("irreducible-loss.weights=w.safetensors;irreducible-loss.temperature=2.0")]
    [InlineData("training.steps=0;training.seconds=3.0")]
    [InlineData("training.steps=40")]
    [InlineData("training.steps=40;training.seconds=3.0;scoring.scorer=plan")]
    [InlineData("training.early-stop=2;training.epochs=3")]
    [InlineData("training.early-stop=0")]
    [InlineData("noise.seed=3")]
    public void A_key_that_the_recipe_reads_is_not(string settings) =>
        RecipeNotes.KeysWithoutEffect(RecipeLoader.Load("quickstart", settings.Split(';'))).ShouldBeEmpty();

    [Fact]
    public void In_a_file_of_the_users_the_default_written_out_is_no_mistake_and_another_value_is()
    {
        const string Toml = "[optimizer]\nmomentum = 0.0\nwarmup = 0.2\n";

        RecipeNotes.KeysWithoutEffect(RecipeLoader.Parse(Toml, "mine", "file mine.toml", [])).ShouldHaveSingleItem()
            .ShouldStartWith("optimizer.warmup = 0.2 (file mine.toml) has no effect here");
    }

    [Theory]
    [InlineData("photos")]
    [InlineData("texts")]
    public void The_recipes_for_peoples_own_data_have_no_noise(string name)
    {
        ResolvedRecipe recipe = RecipeLoader.Load(name, []);

        recipe.Recipe.Noise.Kind.ShouldBe(NoiseKind.None);
        recipe.Recipe.Noise.Fraction.ShouldBe(0);
        RecipeNotes.Of(recipe).ShouldBeEmpty();
        recipe.Recipe.ValidateForComparison();
    }
}
