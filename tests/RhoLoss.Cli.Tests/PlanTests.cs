using System.Text.Json.Nodes;
using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

public sealed class PlanTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void A_plan_is_made_once_and_replayed_by_training()
    {
        string recipe = _tiny.WriteRecipe(), file = _tiny.File("plan.safetensors");
        string[] set = ["--set", $"scoring.plan-file={file}", "--set", "irreducible-loss.epochs=1"];

        JsonNode first = Rho.Run(["plan", recipe, "--json", "--quiet", .. set]).Json();
        JsonNode second = Rho.Run(["plan", recipe, "--json", "--quiet", "--method", "rho-loss+proxy", .. set]).Json();
        Answer train = Rho.Run(["train", recipe, "--method", "rho-loss+plan", "--out", _tiny.File("run"), "--json", .. set]);

        JsonNode plan = first["plans"]!.AsArray().ShouldHaveSingleItem()!;
        plan["path"]!.GetValue<string>().ShouldBe(file);
        plan["source"]!.GetValue<string>().ShouldStartWith("rho-loss by ");
        plan["steps"]!.GetValue<int>().ShouldBeGreaterThan(0);
        plan["seconds"]!.GetValue<double>().ShouldBeGreaterThan(0);
        plan["reused"]!.GetValue<bool>().ShouldBeFalse();
        second["plans"]![0]!["reused"]!.GetValue<bool>().ShouldBeTrue();
        train.Code.ShouldBe(0, train.Error);
        train.Error.ShouldContain($"plan: reused {file}");
        JsonNode.Parse(train.Output)!["arms"]![0]!["steps"]!.GetValue<long>().ShouldBe(plan["steps"]!.GetValue<long>());
    }

    [Fact]
    public void Force_plans_again()
    {
        string recipe = _tiny.WriteRecipe();
        string[] command =
        [
            "plan", recipe, "--method", "train-loss", "--json", "--quiet", "--set", $"scoring.plan-file={_tiny.File("plan.safetensors")}",
        ];

        Rho.Run(command).Json();

        Rho.Run([.. command, "--force"]).Json()["plans"]![0]!["reused"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Theory]
    [InlineData("auto", "", "0", "auto cannot be planned: its choice needs the target")]
    [InlineData("svp", "", "0", "svp cannot be planned")]
    [InlineData("original-rho", "", "0", "original-rho cannot be planned")]
    [InlineData("bald", "", "0", "bald cannot be planned")]
    [InlineData("rho-loss", "plan.safetensors", "0..1", "scoring.plan-file must be empty where several seeds are planned")]
    public void What_cannot_be_planned_is_refused(string method, string file, string seeds, string message)
    {
        Answer answer = Rho.Run("plan", _tiny.WriteRecipe(), "--method", method, "--seeds", seeds, "--set", $"scoring.plan-file={file}");

        answer.Code.ShouldBe(2);
        answer.ErrorLines.ShouldHaveSingleItem().ShouldContain(message);
    }
}
