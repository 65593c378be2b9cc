using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;
using RhoLoss.Selection;

namespace RhoLoss.Experiments.Tests.Recipes;

public sealed class RecipeLoaderTests
{
    [Fact]
    public void An_empty_recipe_has_every_default()
    {
        Recipe recipe = Parse("").Recipe;

        recipe.Name.ShouldBe("test");
        recipe.Data.ShouldBe(new DataSection(
            "fashion-mnist-subset", "", 0.5, 0, 1.0, 0, 0.06, 1, AugmentChoice.Auto, "", "", "", "",
            TokenChoice.Bytes, 256, "text", "", "", 128, "", "", 0.1, "text", "label", 0, false, 1, 512));
        recipe.Noise.ShouldBe(new NoiseSection(NoiseKind.None, 0.0, true, 0));
        recipe.Model.ShouldBe(new ModelSection("mlp", [512, 512, 512], 0.0, ""));
        recipe.IrreducibleLoss.ShouldBe(
            new IrreducibleLossSection(
                "mlp", [512, 512, 512], 20, 0, 0, 0, 320, 0.001, 0.01, false, 0, 0.0, 1.0, PrecisionChoice.Auto, true, "", ""));
        recipe.Training.ShouldBe(new TrainingSection(
            ["uniform", "rho-loss"], "rho-loss", 20, 0, 0.0, 20, 0, 32, 320, 1, [0], Precision.Float32, false));
        recipe.Optimizer.ShouldBe(new OptimizerSection(
            OptimizerChoice.AdamW, 0.001, ScheduleChoice.Constant, 0.05, 0.0, 0.9, 0.999, 1e-8, 0.01, 0.0));
        recipe.Scoring.ShouldBe(new ScoringSection(ScoringMode.Train, RunningStatistics.Preserve, "target", 1, "mlp", [128], 1, 1.0, 1,
            PrecisionChoice.Auto, 0.001, "", 10, ArmParameters.Defaults));
        recipe.Checkpoints.ShouldBe(new CheckpointSection(1, 0, 2, 1));
        recipe.Report.ShouldBe(new ReportSection("uniform", "auto", 0.0, 0.0, 0));
        recipe.Headline.ShouldBe(new HeadlineSection("", "uniform"));
        recipe.Machine.ShouldBe(new MachineSection("cpu", 1));
    }

    [Fact]
    public void A_parameter_of_one_method_or_scorer_stands_in_a_section_of_its_own()
    {
        ResolvedRecipe resolved = RecipeLoader.Parse(
            "[methods.learnability-tempered]\ntarget-exponent = 2\n[methods.svp]\nepochs = 3\n", "r", "file r.toml",
            ["scorers.cascade.share=0.25"]);

        Dictionary<string, string> values = resolved.Values.ToDictionary(value => value.Key, value => value.Value);
        values["methods.learnability-tempered.target-exponent"].ShouldBe("2.0");
        values["methods.learnability-tempered.irreducible-exponent"].ShouldBe("1.0");
        values["methods.svp.epochs"].ShouldBe("3");
        values["scorers.cascade.share"].ShouldBe("0.25");
        resolved.Recipe.Scoring.Of(MethodTable.ProxyEpochs).ShouldBe(3);
        resolved.Recipe.ShouldNotBe(RecipeLoader.Parse("", "r", "file r.toml", []).Recipe);
        string written = resolved.ToToml();
        written.ShouldContain("\n[methods.learnability-tempered]\n");
        RecipeLoader.Parse(written, "r", "again", []).Recipe.ShouldBe(resolved.Recipe);
        RecipeNotes.Of(resolved).ShouldNotContain(note => note.Contains("is called", StringComparison.Ordinal));
    }

    [Fact]
    public void The_names_of_earlier_versions_are_read_and_answered_with_those_of_now()
    {
        const string Old = "[scoring]\ntarget-exponent = 2.0\nexponent = 1.0\nsvp-epochs = 4\n";
        ResolvedRecipe resolved = RecipeLoader.Parse(Old, "r", "file r.toml", ["scoring.cascade-share=0.25"]);

        resolved.Recipe.ShouldBe(RecipeLoader.Parse(
            "", "r", "file r.toml",
            ["methods.learnability-tempered.target-exponent=2", "methods.svp.epochs=4", "scorers.cascade.share=0.25"]).Recipe);
        // A default, such as exponent, which the configuration of every older run holds, is not told of.
        RecipeNotes.Of(resolved).Where(note => note.Contains("is called", StringComparison.Ordinal)).ShouldBe(
        [
            "file r.toml, line 2: scoring.target-exponent is called methods.learnability-tempered.target-exponent now, "
                + "and was read as that. Rename it.",
            "file r.toml, line 4: scoring.svp-epochs is called methods.svp.epochs now, and was read as that. Rename it.",
            "--set scoring.cascade-share=0.25: scoring.cascade-share is called scorers.cascade.share now, and was read as that. Rename it.",
        ]);
        Should.Throw<InvalidInputException>(() => RecipeLoader.Parse(Old + "[methods.svp]\nepochs = 3\n", "r", "file r.toml", []))
            .Message.ShouldBe("file r.toml, line 6: scoring.svp-epochs is the former name of methods.svp.epochs, and both are given. "
                + "Remove scoring.svp-epochs.");
        Should.Throw<InvalidInputException>(() => RecipeLoader.Parse("[methods.svn]\nepochs = 3\n", "r", "file r.toml", []))
            .Message.ShouldStartWith(
                "file r.toml, line 1: there is no section [methods.svn]. The nearest is [methods.svp]; the sections are ");
        Should.Throw<InvalidInputException>(() => RecipeLoader.Parse("[methods.svp]\nepochs = 0\n", "r", "file r.toml", []))
            .Message.ShouldStartWith("file r.toml, line 2: methods.svp.epochs must be at least 1 and at most 2147483647, but is 0.");
    }

    [Fact]
    public void Files_are_remembered_by_the_first_name_that_a_key_had() =>
        DecidingKeys.SettingsOf(
            RecipeLoader.Parse("", "r", "file r.toml", ["methods.learnability-tempered.target-exponent=2"]).Recipe, Decides.Plan)
            .ShouldBe(["scoring.target-exponent=2.0"]);

    [Fact]
    public void Quickstart_ships_and_can_be_compared()
    {
        RecipeLoader.ShippedNames.ShouldContain("quickstart");
        Recipe recipe = RecipeLoader.Load("quickstart", []).Recipe;

        recipe.Name.ShouldBe("quickstart");
        recipe.Noise.ShouldBe(new NoiseSection(NoiseKind.Uniform, 0.1, true, 0));
        recipe.Training.Methods.ShouldBe(["uniform", "rho-loss", "train-loss", "gradient-norm", "negative-il"]);
        recipe.Training.Seeds.ShouldBe([0L, 1L, 2L]);
        recipe.Optimizer.ShouldBe(new OptimizerSection(
            OptimizerChoice.AdamW, 0.001, ScheduleChoice.Constant, 0.05, 0.0, 0.9, 0.999, 1e-8, 0.01, 0.0));
        recipe.ValidateForComparison();
    }

    [Fact]
    public void Every_value_knows_its_origin()
    {
        var values = RecipeLoader.Load("quickstart", ["training.epochs=3"]).Values.ToDictionary(value => value.Key);

        values.Keys.ShouldBe(RecipeKeys.All.Select(key => key.Name));
        (values["training.epochs"].Value, values["training.epochs"].Origin).ShouldBe(("3", "--set"));
        (values["noise.kind"].Value, values["noise.kind"].Origin).ShouldBe(("\"uniform\"", "recipe quickstart"));
        (values["machine.device"].Value, values["machine.device"].Origin).ShouldBe(("\"cpu\"", "default"));
        values["training.epochs"].Documentation.ShouldBe("epochs; in each, every point is scored once");
    }

    [Fact]
    public void A_file_is_named_after_itself_unless_it_has_a_name()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("my run.toml");
        File.WriteAllText(path, "[training]\nepochs = 7\n");

        ResolvedRecipe unnamed = RecipeLoader.Load(path, []);
        unnamed.Recipe.Name.ShouldBe("my-run");
        unnamed.Recipe.Training.Epochs.ShouldBe(7);
        unnamed.Values.Single(value => value.Key == "training.epochs").Origin.ShouldBe($"file {path}");

        File.WriteAllText(path, "name = \"sweep-4\"\n");
        RecipeLoader.Load(path, []).Recipe.Name.ShouldBe("sweep-4");
    }

    [Theory]
    [InlineData("training.seeds=[3, 4]", "training.seeds", "[3, 4]")]
    [InlineData("model.name=small-cnn", "model.name", "\"small-cnn\"")]
    [InlineData("model.name=\"small-cnn\"", "model.name", "\"small-cnn\"")]
    [InlineData("data.text-column=2024", "data.text-column", "\"2024\"")]
    [InlineData("data.text-column=a=b", "data.text-column", "\"a=b\"")]
    [InlineData("data.directory=", "data.directory", "\"\"")]
    [InlineData("optimizer.weight-decay=0", "optimizer.weight-decay", "0.0")]
    [InlineData(" noise.holdout = false ", "noise.holdout", "false")]
    [InlineData("machine.device=cuda:1", "machine.device", "\"cuda:1\"")]
    [InlineData("name=other", "name", "\"other\"")]
    public void An_override_is_TOML_or_else_a_bare_text(string setting, string key, string toml)
    {
        ResolvedValue value = Parse("", setting).Values.Single(value => value.Key == key);

        (value.Value, value.Origin).ShouldBe((toml, "--set"));
    }

    [Fact]
    public void A_line_break_in_an_override_cannot_bring_in_a_second_setting()
    {
        Recipe recipe = Parse("", "data.text-column=\"a\"\n[training]\nepochs = 1").Recipe;

        recipe.Training.Epochs.ShouldBe(20);
        recipe.Data.TextColumn.ShouldBe("\"a\"\n[training]\nepochs = 1");
    }

    [Fact]
    public void The_last_of_several_overrides_wins() =>
        Parse("", "training.epochs=2", "training.epochs=5").Recipe.Training.Epochs.ShouldBe(5);

    private static ResolvedRecipe Parse(string toml, params string[] overrides) =>
        RecipeLoader.Parse(toml, "test", "file test.toml", overrides);
}
