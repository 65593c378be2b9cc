using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Tests.Registry;

public sealed class RecipeArmTests
{
    [Theory]
    [InlineData("rho-loss", "rho-loss", null, null, 1.0)]
    [InlineData("rho-loss+replica", "rho-loss", "replica", null, 1.0)]
    [InlineData("rho-loss@0.25", "rho-loss", null, 0.25, 1.0)]
    [InlineData("rho-loss~0.5", "rho-loss", null, null, 0.5)]
    [InlineData("learnability+last-seen@.5~0.25", "learnability", "last-seen", 0.5, 0.25)]
    [InlineData("gradient-norm-is+cascade@1", "gradient-norm-is", "cascade", 1.0, 1.0)]
    [InlineData("train-loss+plan", "train-loss", "plan", null, 1.0)]
    [InlineData("infobatch~0.5", "infobatch", null, null, 0.5)]
    [InlineData("auto", "auto", null, null, 1.0)]
    public void An_arms_name_says_method_scorer_share_and_budget(
        string text, string method, string? scorer, double? share, double budget) =>
        RecipeArm.Parse(text, seed: 3).ShouldBe(new RecipeArm(
            text, MethodTable.Find(method)!, scorer is null ? null : ScorerTable.Find(scorer), share, budget, Seed: 3));

    [Theory]
    [InlineData("")]
    [InlineData("rho")]
    [InlineData("Rho-loss")]
    [InlineData("+replica")]
    [InlineData("rho-loss+")]
    [InlineData("rho-loss+proxi")]
    [InlineData("rho-loss+replica+proxy")]
    [InlineData("rho-loss@")]
    [InlineData("rho-loss@0")]
    [InlineData("rho-loss@1.5")]
    [InlineData("rho-loss@-0.5")]
    [InlineData("rho-loss@1e-1")]
    [InlineData("rho-loss@0,5")]
    [InlineData("rho-loss@nan")]
    [InlineData("rho-loss@0.5@0.5")]
    [InlineData("rho-loss~0")]
    [InlineData("rho-loss~2")]
    [InlineData("rho-loss~0.5~0.5")]
    [InlineData("rho-loss~0.5@0.25")]
    [InlineData("rho-loss@0.25+replica")]
    [InlineData(" rho-loss")]
    [InlineData("infobatch@0.5")]
    [InlineData("infobatch+proxy")]
    [InlineData("auto@0.5")]
    [InlineData("auto+replica")]
    public void Anything_else_is_refused_with_the_rule(string text)
    {
        RecipeArm.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<InvalidInputException>(() => RecipeArm.Parse(text)).Message
            .ShouldBe($"'{text}' is not a method: {RecipeArm.Requirement}.");
    }

    [Fact]
    public void Every_method_and_scorer_is_named_by_the_rule()
    {
        MethodTable.Names.ShouldAllBe(m => RecipeArm.Requirement.Contains(m, StringComparison.Ordinal));
        ScorerTable.Names.ShouldAllBe(s => RecipeArm.Requirement.Contains(s, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("training.method=rho-loss+proxi", "training.method must be a method (")]
    [InlineData("report.baseline=uniform+proxi", "report.baseline must be a method (")]
    [InlineData("training.methods=[\"uniform\", \"rho-loss+proxi\"]",
        "training.methods must be a non-empty list of different arms, each a method (")]
    public void A_recipe_refuses_an_unknown_scorer_of_an_arm_with_the_rule(string setting, string rule)
    {
        string message = Should.Throw<InvalidInputException>(() => RecipeLoader.Load("quickstart", [setting])).Message;
        message.ShouldContain(rule);
        message.ShouldContain("if wanted with +scorer (target, replica, proxy, last-seen, cascade, plan)");
    }

    [Fact]
    public void A_recipe_refuses_an_unknown_scorer_with_the_nearest() =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load("quickstart", ["scoring.scorer=proxi"])).Message.ShouldBe(
            "--set scoring.scorer=proxi: scoring.scorer must be one of target, replica, proxy, last-seen, cascade, plan, but is \"proxi\". "
            + "The nearest to \"proxi\" is \"proxy\". Set scoring.scorer; the default is \"target\".");

    [Theory]
    [InlineData("rho-loss", true)]
    [InlineData("rho-loss+proxy@0.5~0.5", true)]
    [InlineData("negative-il+plan", true)]
    [InlineData("filter-uniform@0.5", true)]
    [InlineData("auto~0.5", true)]
    [InlineData("uniform+proxy", false)]
    [InlineData("train-loss+cascade", false)]
    [InlineData("infobatch~0.5", false)]
    public void An_arm_needs_irreducible_losses_when_its_method_does(string arm, bool needed) =>
        RecipeArm.Parse(arm).Method.NeedsIrreducibleLosses.ShouldBe(needed);
}
