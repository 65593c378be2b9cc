using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Paper;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Logging;

namespace RhoLoss.Experiments.Tests.Paper;

/// <summary>Verdicts on numbers made by hand.</summary>
public sealed class ClaimTests
{
    private static readonly Claim Sooner = Claim.Sooner("it is faster", "rho-loss", "uniform");
    private static readonly Claim Higher = Claim.EndsHigher("it is better", "rho-loss", "uniform");
    private static readonly Claim Cleaner = Claim.SelectsFewer("it is cleaner", SelectedShare.Corrupted, "rho-loss", "uniform");

    // The target of a seed is uniform's best with it: 0.7 in epoch 3, 0.8 in epoch 3.
    [Fact]
    public void Sooner_with_every_seed_holds()
    {
        PartResult part = Part([.5, .6, .7], [.5, .6, .8], rho: [[.6, .7, .7], [.8, .8, .8]]);

        Find(Sooner, part).ShouldBe((Verdicts.Holds, "2 of 2 seeds: 1.5 ± 0.7 against 3.0 ± 0.0 epochs"));
        part.Taken("rho-loss", 0, 0).ShouldBe(2);
        part.Taken("rho-loss", 1, 0).ShouldBe(1);
    }

    [Fact]
    public void One_seed_that_is_not_sooner_refutes()
    {
        Find(Sooner, Part([.5, .6, .7], [.5, .6, .8], rho: [[.6, .7, .7], [.5, .6, .8]])).Verdict
            .ShouldBe(Verdicts.DoesNotHold, "the same epoch is not fewer");
        Find(Sooner, Part([.5, .6, .7], [.5, .6, .8], rho: [[.6, .7, .7], [.5, .6, .7]]))
            .ShouldBe((Verdicts.DoesNotHold, "1 of 2 seeds: NR (1 of 2 reached) against 3.0 ± 0.0 epochs"));
    }

    [Fact]
    public void One_seed_alone_leaves_it_open()
    {
        Find(Sooner, Part([.5, .6, .7], rho: [[.7, .7, .7]])).Verdict.ShouldBe(Verdicts.CannotBeTold);
        Find(Sooner, Part([.5, .7, .7], rho: [[.5, .7, .7]])).Verdict.ShouldBe(Verdicts.DoesNotHold, "one counterexample is enough");
    }

    [Fact]
    public void Where_neither_reaches_a_fixed_target_it_cannot_be_told()
    {
        Find(Sooner, Part([.5, .6, .7], [.5, .6, .8], rho: [[.6, .7, .7], [.8, .8, .8]], targets: [.6, .95])).Verdict
            .ShouldBe(Verdicts.CannotBeTold);
    }

    [Fact]
    public void The_end_counts_and_not_the_best()
    {
        Find(Higher, Part([.5, .6], [.5, .6], rho: [[.9, .7], [.9, .61]]))
            .ShouldBe((Verdicts.Holds, "2 of 2 seeds: 65.5 ± 6.4 against 60.0 ± 0.0 (uniform) %"));
        Find(Higher, Part([.5, .6], [.5, .6], rho: [[.9, .7], [.9, .6]])).Verdict.ShouldBe(Verdicts.DoesNotHold);
    }

    [Fact]
    public void Shares_are_weighted_by_what_was_selected()
    {
        // Epochs of 100 and 300 selected points with 10 and 2 % corrupted: (10 + 6) / 400 = 4 %.
        PartResult part = Part([.5, .6], [.5, .6], rho: [[.9, .7], [.9, .61]],
            selected: method => method == "uniform"
                ? [new(100, .1, null, .5), new(300, .1, null, .5)]
                : [new(100, .1, null, .5), new(300, .02, null, .5)]);

        part.Selected(SelectedShare.Corrupted, "rho-loss", 0).ShouldNotBeNull().ShouldBe(.04, 1e-12);
        Find(Cleaner, part).ShouldBe((Verdicts.Holds, "2 of 2 seeds: 4.0 ± 0.0 against 10.0 ± 0.0 %"));
    }

    // Section 4.3: only epochs in which accuracy is below the weakest method's final accuracy, here uniform's 0.6.
    [Fact]
    public void Already_correct_counts_epochs_below_the_weakest_final_accuracy_only()
    {
        PartResult part = Part([.5, .6], [.5, .6], rho: [[.55, .7], [.65, .7]],
            selected: _ => [new(100, null, null, .2), new(100, null, null, .8)]);

        part.Selected(SelectedShare.AlreadyCorrect, "rho-loss", 0).ShouldBe(.2);
        part.Selected(SelectedShare.AlreadyCorrect, "rho-loss", 1).ShouldBeNull("every epoch of it is above");
        part.Selected(SelectedShare.Corrupted, "rho-loss", 0).ShouldBeNull();
    }

    [Fact]
    public void A_claim_is_silent_about_parts_that_have_nothing_to_do_with_it()
    {
        PartResult part = Part([.5, .6], rho: [[.5, .6]]);

        Claim.Sooner("", "train-loss", "uniform").Find([part]).ShouldBeEmpty();
        Sooner.Only("other").Find([part]).ShouldBeEmpty();
        Cleaner.Find([part]).ShouldBeEmpty();
    }

    [Fact]
    public void The_speed_up_of_two_parts_is_compared_seed_by_seed()
    {
        // 3/2 and 3/1 here, 3/1 and 3/1 there: the second seed does not grow.
        PartResult slow = Part([.5, .6, .7], [.5, .6, .8], rho: [[.6, .7, .7], [.8, .8, .8]], name: "clean");
        PartResult fast = Part([.5, .6, .7], [.5, .6, .8], rho: [[.7, .7, .7], [.8, .8, .8]], name: "noisy");

        Claim.SpeedupGrows("it grows", "clean", "noisy").Find([slow, fast]).ShouldHaveSingleItem().Evidence
            .ShouldBe("1 of 2 seeds: 3.0 ± 0.0 against 2.3 ± 1.1 times");
        Claim.SpeedupGrows("it grows", "clean", "noisy").Find([fast]).ShouldBeEmpty();
    }

    private static (string Verdict, string Evidence) Find(Claim claim, PartResult part) =>
        claim.Find([part]).Select(f => (f.Verdict, f.Evidence)).ShouldHaveSingleItem();

    private static PartResult Part(
        double[] uniform,
        double[][] rho,
        double[]? targets = null,
        Func<string, SelectionShares[]>? selected = null,
        string name = "part") =>
        Part([uniform], rho, targets, selected, name);

    private static PartResult Part(
        double[] first,
        double[] second,
        double[][] rho,
        double[]? targets = null,
        Func<string, SelectionShares[]>? selected = null,
        string name = "part") =>
        Part([first, second], rho, targets, selected, name);

    private static PartResult Part(
        double[][] uniform, double[][] rho, double[]? targets, Func<string, SelectionShares[]>? selected, string name)
    {
        var data = new PartData("fashion-mnist-subset", "quick-mlp", Substitute: false, []);
        var part = new ExperimentPart(name, name, "CIFAR-10", [data], [], targets ?? []);
        Recipe recipe = part.Resolve(data, [$"training.seeds=[{string.Join(", ", Enumerable.Range(0, rho.Length))}]"]).Recipe;
        ArmResult Arm(string method, double[] accuracy, int seed) => new(method, seed, [.. accuracy.Select((a, i) =>
            new MeasuredPoint(10 * (i + 1), i + 1, 1, 0, 100, 0, new Dictionary<string, double?>(
                (selected?.Invoke(method)[i] ?? new SelectionShares(100, null, null, null)).Metrics) { ["accuracy"] = a }))]);
        return new PartResult(part, data, recipe, null,
            [.. uniform.Select((a, seed) => Arm("uniform", a, seed)), .. rho.Select((a, seed) => Arm("rho-loss", a, seed))]);
    }
}
