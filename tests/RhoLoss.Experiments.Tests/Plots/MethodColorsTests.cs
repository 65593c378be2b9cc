using System.Globalization;
using RhoLoss.Experiments.Paper;
using RhoLoss.Experiments.Plots;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Tests.Plots;

public sealed class MethodColorsTests
{
    private const double Distinct = 60;   // of 441 from black to white; two blues that were taken for one another are 10 apart

    [Fact]
    public void The_methods_of_every_picture_of_the_paper_can_be_told_apart()
    {
        int pairs = 0;
        foreach (Recipe recipe in PaperExperiments.All.SelectMany(experiment => experiment.Recipes(PaperScale.Paper))
            .Select(resolved => resolved.Recipe))
        {
            string[] methods = [.. recipe.Training.Methods.Select(arm => RecipeArm.Parse(arm).Method.Name).Distinct()];
            foreach ((string first, string second) in methods.SelectMany((m, i) => methods.Skip(i + 1).Select(n => (m, n))))
            {
                Distance(MethodColors.Hex(first), MethodColors.Hex(second)).ShouldBeGreaterThan(Distinct, $"{first} and {second}");
                pairs++;
            }
        }
        pairs.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void An_arm_has_the_colour_of_its_method() => MethodColors.Hex("rho-loss+proxy@0.5~0.25").ShouldBe(MethodColors.Hex("rho-loss"));

    private static double Distance(string first, string second)
    {
        int[] a = Parts(first), b = Parts(second);
        return Math.Sqrt(a.Zip(b).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
    }

    private static int[] Parts(string hex) =>
        [.. Enumerable.Range(0, 3).Select(i => int.Parse(hex.AsSpan(1 + 2 * i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
}
