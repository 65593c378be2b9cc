using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class SelectionPlanFileTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    private string PlanFile => $"scoring.plan-file={_tiny.File("plan")}";

    private SelectionPlan Make(string arm, long seed = 0, params string[] settings)
    {
        Recipe recipe = _tiny.Recipe([PlanFile, .. settings]);
        using ExperimentData data = ExperimentData.Load(recipe);
        (IrreducibleLosses losses, _) = IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { },
            TestContext.Current.CancellationToken);
        using (losses)
        {
            (string path, _) = SelectionPlanFile.GetOrMake(recipe, RecipeArm.Parse(arm, seed), data, losses, force: false, _ => { },
                TestContext.Current.CancellationToken);
            return SelectionPlan.Load(path, new ArmSelection(recipe, RecipeArm.Parse(arm, seed), losses).PlanKeyFor(data));
        }
    }

    [Theory]
    [InlineData("rho-loss+plan", "rho-loss by mlp-8")]
    [InlineData("learnability-sampled+plan@0.5", "learnability-sampled by mlp-8")]
    [InlineData("train-loss+plan", "train-loss by mlp-8")]
    public void An_arm_trains_on_exactly_the_planned_points(string arm, string source)
    {
        using var check = new NoTensorLeaks();
        using SelectionPlan plan = Make(arm, settings: "scoring.proxy-hidden=[8]");
        plan.Source.ShouldBe(source);
        using var run = new TracedRun(_tiny, "run", arm, PlanFile, "scoring.proxy-hidden=[8]");
        run.ToTheEnd();
        run.Ids.Count.ShouldBe(plan.Steps);
        foreach ((long step, long[] ids) in run.Ids) { ids.ShouldBe([.. plan.IdsOf((int)step - 1).data<long>()], $"step {step}"); }
        run.Result!.Points[^1].ForwardPasses.ShouldBe(0);
    }

    [Fact]
    public void A_plan_differs_from_what_the_target_itself_would_choose_and_is_the_same_when_made_again()
    {
        using var check = new NoTensorLeaks();
        using var plan = new TracedRun(_tiny, "planned", "rho-loss+plan", PlanFile, "scoring.proxy-hidden=[8]");
        using var target = new TracedRun(_tiny, "target", "rho-loss");
        using var again = new TracedRun(_tiny, "again", "rho-loss+plan", $"scoring.plan-file={_tiny.File("other")}",
            "scoring.proxy-hidden=[8]");
        plan.ToTheEnd();
        target.ToTheEnd();
        again.ToTheEnd();
        again.ShouldEqual(plan);
        plan.Ids.Values.SelectMany(ids => ids).ShouldNotBe(target.Ids.Values.SelectMany(ids => ids));
    }

    // The plan is of seed 0, 10 % noise, n_b = 4, n_B = 40 and no augmentation.
    [Theory]
    [InlineData("the fingerprint of the data", 0, "noise.fraction=0.2", "irreducible-loss.file=")]
    [InlineData("the fingerprint of the data", 0, "noise.seed=1", "irreducible-loss.file=")]
    [InlineData("the fingerprint of the data", 0, "data.split-seed=1", "irreducible-loss.file=")]
    [InlineData("the seed of the order of examples", 1)]
    [InlineData("the seed of the augmentation was none", 0, "data.augment=crop-flip")]
    [InlineData("the batch size n_b was 4, now it is 5", 0, "training.batch-size=5")]
    [InlineData("the large batch size n_B was 40, now it is 20", 0, "training.large-batch-size=20")]
    [InlineData("what chose was train-loss by mlp-128, now it is train-loss by mlp-8;", 0, "scoring.proxy-hidden=[8]")]
    [InlineData("what chose was train-loss by mlp-128, now it is train-loss by mlp-128; scoring.proxy-learning-rate=0.1", 0,
        "scoring.proxy-learning-rate=0.1")]
    public void A_plan_of_another_run_is_refused_with_what_differs(string difference, long seed, params string[] settings)
    {
        using var check = new NoTensorLeaks();
        Make("train-loss+plan").Dispose();
        Recipe recipe = _tiny.Recipe([PlanFile, .. settings]);
        using ExperimentData data = ExperimentData.Load(recipe);
        Should.Throw<InvalidInputException>(() => SelectionPlanFile.GetOrMake(recipe, RecipeArm.Parse("train-loss+plan", seed), data, null,
            force: false, _ => { }, TestContext.Current.CancellationToken)).Message
            .ShouldContain($"was planned for another run: {difference}");
    }

    [Fact]
    public void A_plan_of_another_method_is_refused_also_where_it_does_not_tell_its_settings()
    {
        using var check = new NoTensorLeaks();
        using (SelectionPlan plan = Make("train-loss+plan"))
        {
            Should.Throw<InvalidInputException>(() => Make("gradient-norm+plan")).Message
                .ShouldContain("what chose was train-loss by mlp-128, now it is gradient-norm by mlp-128.");
            using (torch.NewDisposeScope())
            {
                torch.Tensor[] steps = [.. Enumerable.Range(0, plan.Steps).Select(plan.IdsOf)];
                using var silent = SelectionPlan.Of(steps, plan.Key with { Settings = null }, plan.Source, plan.Seconds);
                silent.Save(_tiny.File("plan"));
            }
        }
        Make("train-loss+plan").Dispose();   // who does not say is believed where nothing else speaks against it

        Should.Throw<InvalidInputException>(() => Make("gradient-norm+plan")).Message
            .ShouldContain("is a plan of train-loss by mlp-128, but one of gradient-norm by mlp-128 is needed.");
    }

    [Fact]
    public void A_name_of_its_own_is_shared_by_targets_and_by_nothing_that_changes_selections()
    {
        var arm = RecipeArm.Parse("rho-loss+plan");
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        using IrreducibleLosses losses = IrreducibleLossFile.GetOrTrain(_tiny.Recipe(), data, force: false, _ => { },
            TestContext.Current.CancellationToken).Losses;
        string PathFor(Recipe recipe, RecipeArm of) => SelectionPlanFile.PathFor(recipe, of, data, losses);
        string path = PathFor(_tiny.Recipe(), arm);
        string[] others =
        [
            "model.hidden=[32]", "optimizer.learning-rate=0.1", "training.precision=bfloat16", "report.log-every-steps=1",
            "machine.threads=2", "irreducible-loss.charge=false", "data.loader-threads=3", "data.directory=elsewhere",
            "scoring.mode=eval", "scoring.refresh-every=3", "scoring.scorer=plan",
        ];
        foreach (string same in others) { PathFor(_tiny.Recipe(same), arm).ShouldBe(path, same); }
        PathFor(_tiny.Recipe("scoring.scorer=plan"), RecipeArm.Parse("rho-loss")).ShouldBe(path);
        PathFor(_tiny.Recipe(), RecipeArm.Parse("rho-loss+plan~0.5")).ShouldBe(path);
        string[] deciding =
        [
            "noise.fraction=0.2", "data.split-seed=1", "irreducible-loss.epochs=5", "irreducible-loss.temperature=2",
            "scoring.proxy-hidden=[8]", "scoring.proxy-learning-rate=0.1", "training.batch-size=8", "training.large-batch-size=80",
            "training.epochs=9",
        ];
        foreach (string other in deciding) { PathFor(_tiny.Recipe(other), arm).ShouldNotBe(path, other); }
        RecipeArm[] otherArms = [RecipeArm.Parse("rho-loss+plan", 1), .. RecipeArm.Parse(["rho-loss+plan@0.5", "learnability+plan"])];
        foreach (RecipeArm other in otherArms)
        {
            PathFor(_tiny.Recipe(), other).ShouldNotBe(path, other.Name);
        }
    }

    // Two files that the user names: their content decides, which the recipe cannot tell.
    [Fact]
    public void A_plan_belongs_to_the_irreducible_losses_it_chose_by()
    {
        using var check = new NoTensorLeaks();
        Make("rho-loss+plan").Dispose();

        string message = Should.Throw<InvalidInputException>(
            () => Make("rho-loss+plan", settings: [$"irreducible-loss.file={_tiny.File("other")}", "irreducible-loss.seed=1"])).Message;

        message.ShouldContain("was planned for another run: the hash of the irreducible losses was ");
        message.ShouldEndWith($"Delete {_tiny.File("plan")} to have it made anew.");
    }

    [Fact]
    public void A_budget_of_seconds_alone_does_not_say_how_long_a_plan_must_be()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidInputException>(() => Make("train-loss+plan", settings: "training.seconds=5")).Message
            .ShouldContain("training.seconds = 5 does not say it. Set training.steps as well");
        File.Exists(_tiny.File("plan")).ShouldBeFalse();
    }

    public void Dispose() => _tiny.Dispose();
}
