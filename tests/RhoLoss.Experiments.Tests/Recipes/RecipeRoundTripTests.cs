using CsCheck;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Tests.Recipes;

public sealed class RecipeRoundTripTests
{
    // Texts with quotes, backslashes, control characters and characters outside the basic plane.
    private static readonly Gen<string> AnyText =
        Gen.OneOf(Gen.Char[' ', '~'].Select(c => c.ToString()), Gen.Char['\0', '\u001f'].Select(c => c.ToString()),
            Gen.OneOf("\"", "\\", "\"\"\"", "#", "\u007f", "é", "損", "😀")).List[0, 12].Select(string.Concat);

    private static readonly Gen<List<string>> Settings =
        from directory in AnyText.Select(text => text.Replace("\0", "", StringComparison.Ordinal))   // which no path can have
        from learningRate in Gen.Double[1e-12, 10]
        from noise in Gen.Double[0.001, 1]
        from batch in Gen.Int[1, 1000]
        from factor in Gen.Int[1, 50]
        from seeds in Gen.Long[0, long.MaxValue].HashSet[1, 6]
        from widths in Gen.Int[1, 4096].List[1, 5]
        from methods in Gen.Shuffle(MethodTable.Names.ToArray())
        from count in Gen.Int[1, 6]
        from flag in Gen.Bool
        from ratio in Gen.Double[1, 1000]
        from copies in Gen.Int[1, 10]
        from structured in Gen.Bool
        select new List<string>
        {
            $"data.directory={TomlText.Format(directory)}",
            $"optimizer.learning-rate={TomlText.Format(learningRate)}",
            $"data.long-tail={TomlText.Format(ratio)}",
            $"data.duplicate={copies}",
            $"noise.kind={(structured ? "structured" : "uniform")}",
            $"noise.fraction={TomlText.Format(noise)}",
            $"noise.holdout={TomlText.Format(flag)}",
            $"training.batch-size={batch}",
            $"training.large-batch-size={batch * factor}",
            $"training.seeds=[{string.Join(", ", seeds)}]",
            $"model.hidden=[{string.Join(", ", widths)}]",
            $"training.methods=[{string.Join(", ", methods.Take(count).Select(TomlText.Format))}]",
        };

    [Fact]
    public void A_resolved_recipe_written_out_loads_back_equal() => Settings.Sample(settings =>
    {
        ResolvedRecipe resolved = RecipeLoader.Load("quickstart", settings);
        ResolvedRecipe again = RecipeLoader.Parse(resolved.ToToml(), "another-name", "file config.toml", []);

        again.Recipe.ShouldBe(resolved.Recipe);
        again.Values.Select(value => value.Value).ShouldBe(resolved.Values.Select(value => value.Value));
    }, iter: 200);

    [Fact]
    public void Any_text_survives_being_written_as_TOML() =>
        AnyText.Sample(text => TomlText.ParseValue(TomlText.Format(text)).ShouldBe(text));

    [Fact]
    public void Any_finite_number_survives_being_written_as_TOML() =>
        Gen.Double.Where(double.IsFinite).Sample(number => TomlText.ParseValue(TomlText.Format(number)).ShouldBe(number));

    [Fact]
    public void The_written_file_shows_the_origin_on_every_line()
    {
        var lines = RecipeLoader.Load("quickstart", ["training.epochs=3"]).ToToml().Split('\n');

        lines.ShouldContain(
            line => line.StartsWith("epochs = 3 ", StringComparison.Ordinal) && line.EndsWith("  # --set", StringComparison.Ordinal));
        lines.ShouldContain(line => line.StartsWith("fraction = 0.1 ", StringComparison.Ordinal)
            && line.EndsWith("  # recipe quickstart", StringComparison.Ordinal));
        lines.ShouldContain(line => line.StartsWith("cross-fit = false ", StringComparison.Ordinal)
            && line.EndsWith("  # default", StringComparison.Ordinal));
        lines.Count(line => line.Contains(" = ", StringComparison.Ordinal)).ShouldBe(RecipeKeys.All.Count);
    }

    [Fact]
    public void Recipes_with_different_lists_are_not_equal() =>
        RecipeLoader.Load("quickstart", ["training.seeds=[0, 1]"]).Recipe
            .ShouldNotBe(RecipeLoader.Load("quickstart", ["training.seeds=[1, 0]"]).Recipe);
}
