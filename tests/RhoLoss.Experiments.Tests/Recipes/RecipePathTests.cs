using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.Tests.Recipes;

public sealed class RecipePathTests
{
    private const string EveryPath = """
        [data]
        directory = "photos"
        labels = "../labels.csv"
        vocabulary = "words/v.vocab"
        [model]
        weights = "w.safetensors"
        [irreducible-loss]
        weights = "last-month"
        file = "il.safetensors"
        [scoring]
        plan-file = "./plans/p.safetensors"
        """;

    [Fact]
    public void Paths_of_a_recipe_file_are_relative_to_that_file()
    {
        using var folder = new TemporaryFolder();
        string home = Directory.CreateDirectory(folder.File("recipes")).FullName;
        File.WriteAllText(Path.Combine(home, "mine.toml"), EveryPath);

        Recipe recipe = RecipeLoader.Load(Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(home, "mine.toml")), []).Recipe;

        recipe.Data.Directory.ShouldBe(Path.Combine(home, "photos"));
        recipe.Data.Labels.ShouldBe(folder.File("labels.csv"));
        recipe.Data.Vocabulary.ShouldBe(Path.Combine(home, "words", "v.vocab"));
        recipe.Model.Weights.ShouldBe(Path.Combine(home, "w.safetensors"));
        recipe.IrreducibleLoss.File.ShouldBe(Path.Combine(home, "il.safetensors"));
        recipe.IrreducibleLoss.Weights.ShouldBe(Path.Combine(home, "last-month"));
        recipe.Scoring.PlanFile.ShouldBe(Path.Combine(home, "plans", "p.safetensors"));
    }

    [Fact]
    public void Paths_of_the_command_line_and_of_shipped_recipes_are_relative_to_the_working_directory()
    {
        RecipeLoader.Load("quickstart", ["data.directory=photos/"]).Recipe.Data.Directory.ShouldBe(Path.GetFullPath("photos"));
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("mine.toml"), EveryPath);
        RecipeLoader.Load(folder.File("mine.toml"), ["data.directory=mine"]).Recipe.Data.Directory.ShouldBe(Path.GetFullPath("mine"));
    }

    [Theory]
    [InlineData("~", "")]
    [InlineData("~/data/x", "data/x")]
    public void The_users_own_folder_may_be_written_as_a_tilde(string given, string below)
    {
        string expected = Path.TrimEndingDirectorySeparator(
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), below));
        Parse("", $"data.directory={given}").Data.Directory.ShouldBe(expected);
        Parse($"[data]\ndirectory = \"{given}\"").Data.Directory.ShouldBe(expected);
    }

    [Fact]
    public void A_file_of_texts_is_below_the_folder_of_the_data_if_there_is_one()
    {
        Parse("[data]\ntraining-file = \"a.csv\"\ntest-file = \"/b.csv\"", "data.directory=texts").Data.TrainingFile
            .ShouldBe(Path.GetFullPath("texts/a.csv"));
        Parse("[data]\ntraining-file = \"a.csv\"\ntest-file = \"/b.csv\"", "data.directory=texts").Data.TestFile.ShouldBe("/b.csv");
        Parse("[data]\ntraining-file = \"a.csv\"").Data.TrainingFile.ShouldBe("/home/of/recipe/a.csv");
    }

    [Fact]
    public void Words_and_what_is_not_given_stay_as_they_are()
    {
        Parse("[data]\nvocabulary = \"words\"").Data.Vocabulary.ShouldBe("words");
        Parse("[data]\nvocabulary = \"./words\"").Data.Vocabulary.ShouldBe("/home/of/recipe/words");
        Parse("[data]\ndirectory = \"\"").Data.Directory.ShouldBe("");
    }

    [Fact]
    public void What_no_path_can_have_is_refused_by_its_place() =>
        Should.Throw<InvalidInputException>(() => Parse("[data]\ndirectory = \"a\\u0000b\"")).Message
            .ShouldBe("file test.toml, line 2: data.directory must be a path, but holds a character that no path can have. Write it anew.");

    // The table is the only place that knows keys, so a key that takes a file must say so there.
    [Fact]
    public void Every_key_that_names_a_place_is_a_path() =>
        RecipeKeys.All.Where(key => key.IsPath).Select(key => key.Name).ShouldBe(
        [
            "data.directory", "data.labels", "data.pool", "data.holdout", "data.test", "data.vocabulary", "data.training-file",
            "data.test-file", "model.weights", "irreducible-loss.weights", "irreducible-loss.file", "scoring.plan-file",
        ]);

    [Theory]
    [InlineData(new[] { "noise.fraction=0.2" }, "rho holdout quickstart --set noise.fraction=0.2 --force")]
    [InlineData(new[] { "training.methods=[\"uniform\"]" }, "rho holdout quickstart --set 'training.methods=[\"uniform\"]' --force")]
    [InlineData(new[] { "data.directory=/it's here" }, "rho holdout quickstart --set 'data.directory=/it'\\''s here' --force")]
    public void Advice_repeats_how_the_recipe_was_given(string[] settings, string command)
    {
        RecipeArguments arguments = RecipeLoader.Load("quickstart", settings).Recipe.Arguments;
        arguments.Command("holdout", "--force").ShouldBe(command);
        RecipeArguments.None.Command("holdout", "--force").ShouldBeNull();
    }

    [Fact]
    public void Recipes_are_equal_whatever_they_were_given_by()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("quickstart.toml"), RecipeLoader.ReadShipped("quickstart"));
        RecipeLoader.Load(folder.File("quickstart.toml"), []).Recipe.ShouldBe(RecipeLoader.Load("quickstart", []).Recipe);
    }

    private static Recipe Parse(string toml, params string[] settings) =>
        RecipeLoader.Parse(toml, "test", "file test.toml", settings, "/home/of/recipe").Recipe;
}
