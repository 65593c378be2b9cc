using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.Tests.Recipes;

public sealed class RecipeKeyTests
{
    [Fact]
    public void The_table_and_the_records_name_the_same_keys_in_the_same_order() =>
        RecipeBinder.BoundNames().ShouldBe(RecipeKeys.All.Select(key => key.Name));

    [Fact]
    public void Every_default_keeps_its_own_rule() =>
        RecipeKeys.All.Where(key => !key.Rule.Accepts(key.Default)).ShouldBeEmpty();

    [Fact]
    public void The_documentation_has_one_row_a_key()
    {
        var rows = RecipeKeys.ToMarkdown().TrimEnd().Split('\n');

        rows.Length.ShouldBe(RecipeKeys.All.Count + 2);
        rows.ShouldContain("| `training.batch-size` | `32` | at least 1 and at most 2147483647 | points trained on in a step, n_b |");
        rows.ShouldContain(row => row.StartsWith("| `data.long-tail` | `1.0` | a number of at least 1 |", StringComparison.Ordinal));
        rows.ShouldContain(
            row => row.StartsWith("| `data.duplicate` | `1` | at least 1 and at most 2147483647 |", StringComparison.Ordinal));
        rows.ShouldContain(row => row.StartsWith("| `optimizer.epsilon` | `1e-08` | a number above 0 |", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("training.batchsize", "training.batch-size")]
    [InlineData("training.learning-rate", "optimizer.learning-rate")]
    [InlineData("training.larg-batch-size", "training.large-batch-size")]
    [InlineData("nois.fraction", "noise.fraction")]
    [InlineData("Training.Epochs", "training.epochs")]
    [InlineData("scoring.svp-epochs", "methods.svp.epochs")]   // its former name
    public void A_mistyped_key_is_traced_to_the_nearest(string typed, string meant) =>
        RecipeKeys.Nearest(typed).ShouldBe(meant);

    [Fact]
    public void Every_word_of_a_key_is_one_value_in_code_and_every_value_has_its_word()
    {
        int keys = 0;
        foreach (System.Reflection.ParameterInfo section in typeof(Recipe).GetConstructors().Single().GetParameters()
            .Where(parameter => parameter.ParameterType != typeof(string)))
        {
            foreach (System.Reflection.ParameterInfo leaf in section.ParameterType.GetConstructors().Single().GetParameters())
            {
                if (!leaf.ParameterType.IsEnum) { continue; }
                RecipeKey key = RecipeKeys.All.Single(key => key.Section.Replace("-", "", StringComparison.Ordinal)
                        .Equals(section.Name, StringComparison.OrdinalIgnoreCase)
                    && key.Leaf.Replace("-", "", StringComparison.Ordinal).Equals(leaf.Name, StringComparison.OrdinalIgnoreCase));
                object[] values = [.. key.Rule.Choices.Select(word => RecipeKey.ValueOf(word, leaf.ParameterType))];
                values.ShouldBe(Enum.GetValues(leaf.ParameterType).Cast<object>(), ignoreOrder: true, key.Name);
                values.Select(key.WordFor).ShouldBe(key.Rule.Choices);
                keys++;
            }
        }
        keys.ShouldBeGreaterThan(5);
    }
}
