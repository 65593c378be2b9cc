using RhoLoss.Datasets;
using RhoLoss.Experiments.Paper;
using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.Tests.Paper;

public sealed class PaperExperimentsTests
{
    public static TheoryData<string, PaperScale> Everything =>
        [.. PaperExperiments.All.SelectMany(e => Enum.GetValues<PaperScale>().Select(scale => (e.Id, scale)))];

    [Theory]
    [MemberData(nameof(Everything))]
    public void Every_recipe_of_every_experiment_resolves_at_both_scales(string id, PaperScale scale)
    {
        IReadOnlyList<ResolvedRecipe> recipes = PaperExperiments.Find(id).Recipes(scale);

        recipes.ShouldNotBeEmpty();
        foreach (ResolvedRecipe resolved in recipes)
        {
            resolved.Recipe.ValidateForComparison();
            KnownDatasets.TryFind(resolved.Recipe.Data.Set, out _).ShouldBeTrue(resolved.Recipe.Data.Set);
            resolved.Recipe.Training.Seeds.Count.ShouldBeGreaterThan(1, "a claim about every seed needs two");
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void The_parts_of_an_experiment_have_folders_and_titles_of_their_own(string id, PaperScale scale)
    {
        if (PaperExperiments.Find(id) is not ComparisonExperiment experiment) { return; }

        experiment.Parts(scale).Select(p => p.Name).ShouldBeUnique();
        experiment.Parts(scale).Select(p => p.Title).ShouldBeUnique();
        experiment.Parts(scale).ShouldAllBe(p => p.Data.Count > 0 && p.Data.Skip(1).All(d => d.Substitute));
        experiment.Parts(scale).ShouldAllBe(p => p.Targets.All(t => t > 0 && t < 1) && p.Targets.SequenceEqual(p.Targets.Order()));
    }

    [Fact]
    public void At_the_quick_scale_every_experiment_has_a_part_whose_data_are_built_in()
    {
        PaperExperiments.All.OfType<ComparisonExperiment>()
            .ShouldAllBe(e => e.Parts(PaperScale.Quick).Any(p => p.Data.Any(d => d.Set == "fashion-mnist-subset")));
    }

    [Theory]
    [InlineData("table22", "table2")]
    [InlineData("figure8", "fig8")]
    public void An_unknown_experiment_is_refused_with_the_nearest(string id, string nearest)
    {
        Should.Throw<InvalidInputException>(() => PaperExperiments.Find(id)).Message
            .ShouldStartWith($"There is no experiment {id}. The nearest is {nearest}; there are table1, table2, ");
    }

    // Table 3 of Appendix A: CIFAR-10 to 90 %, uniform 177 epochs, RHO-LOSS 47.
    [Fact]
    public void The_papers_numbers_stand_with_their_source()
    {
        PaperValue[] values = [.. PaperExperiments.All.OfType<ComparisonExperiment>().SelectMany(e => e.Values)];

        values.ShouldAllBe(v => v.Source.Length > 0 && v.What.Length > 0 && v.Value.Length > 0);
        values.ShouldContain(v => v.What == "CIFAR-10: epochs of uniform to 90 %" && v.Value == "177" && v.Source == "Table 3");
        values.ShouldContain(v => v.What == "CIFAR-10: epochs of rho-loss to 90 %" && v.Value == "47" && v.Source == "Table 3");
        // Table 4 of Appendix D: CINIC-10 to 65 %, approximated 19 epochs, original 21.
        values.ShouldContain(
            v => v.What == "CINIC-10: epochs of the approximated function to 65 %" && v.Value == "19" && v.Source == "Table 4");
        values.ShouldContain(
            v => v.What == "CINIC-10: epochs of the original function to 65 %" && v.Value == "21" && v.Source == "Table 4");
    }

    [Fact]
    public void Every_number_that_stands_beside_ours_names_a_part_that_exists()
    {
        foreach (ComparisonExperiment experiment in PaperExperiments.All.OfType<ComparisonExperiment>())
        {
            string[] parts = [.. Enum.GetValues<PaperScale>().SelectMany(experiment.Parts).Select(p => p.Name)];
            experiment.Values.Where(v => v.Part is not null).ShouldAllBe(v => parts.Contains(v.Part));
        }
    }

    [Fact]
    public void A_scale_is_one_of_two()
    {
        PaperScales.Parse("paper").ShouldBe(PaperScale.Paper);
        Should.Throw<InvalidInputException>(() => PaperScales.Parse("big")).Message
            .ShouldStartWith("--scale must be one of quick, paper, but is 'big'.");
    }
}
