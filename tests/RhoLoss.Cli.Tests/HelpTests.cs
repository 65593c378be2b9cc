namespace RhoLoss.Cli.Tests;

public sealed class HelpTests
{
    [Theory]
    [InlineData("")]
    [InlineData("compare")]
    [InlineData("train")]
    [InlineData("holdout")]
    [InlineData("plan")]
    [InlineData("sweep")]
    [InlineData("reproduce")]
    [InlineData("evaluate")]
    [InlineData("inspect")]
    [InlineData("bench")]
    [InlineData("data")]
    [InlineData("data list")]
    [InlineData("data get")]
    [InlineData("data check")]
    [InlineData("data show")]
    [InlineData("config")]
    [InlineData("config show")]
    [InlineData("config keys")]
    [InlineData("doctor")]
    public void Every_command_explains_itself_with_an_example(string command)
    {
        Answer answer = Rho.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        answer.Code.ShouldBe(0);
        answer.Error.ShouldBeEmpty();
        answer.Output.ShouldMatch("Examples?:\\s+rho " + (command.Length == 0 ? "" : command + "\\b"));
    }

    [Fact]
    public void The_list_above_is_complete()
    {
        CommandsIn(Rho.Run("--help").Output)
            .ShouldBe([
                "compare", "train", "holdout", "plan", "sweep", "reproduce", "evaluate", "inspect", "bench", "data", "config", "doctor",
            ]);
        CommandsIn(Rho.Run("data", "--help").Output).ShouldBe(["list", "get", "check", "show"]);
        CommandsIn(Rho.Run("config", "--help").Output).ShouldBe(["show", "keys"]);

        static string[] CommandsIn(string help) =>
            [.. help.Split('\n')
                .SkipWhile(l => !l.StartsWith("Commands:", StringComparison.Ordinal))
                .Skip(1)
                .TakeWhile(l => l.Trim().Length > 0)
                .Select(l => l.Trim().Split(' ')[0])];
    }

    [Theory]
    [InlineData("comprae", "`rho` has no command comprae. The nearest is compare.", "rho --help")]
    [InlineData("data chekc fashion-mnist", "`rho data` has no command chekc. The nearest is check.", "rho data --help")]
    [InlineData("compare quickstart --seed", "`rho compare` has no option --seed. The nearest is --seeds.", "rho compare --help")]
    [InlineData("train one.toml two.toml", "`rho train` has no place for two.toml.", "rho train --help")]
    public void What_is_unknown_is_named_with_the_nearest_known(string command, string message, string help)
    {
        Answer answer = Rho.Run(command.Split(' '));

        answer.Code.ShouldBe(2);
        answer.Output.ShouldBeEmpty();
        answer.ErrorLines.ShouldBe([$"rho: {message}", $"See `{help}`."]);
    }

    // These sentences are System.CommandLine's own; what matters is that they name the word.
    [Theory]
    [InlineData("train quickstart --threads many", "many", "rho train --help")]
    [InlineData("evaluate", "evaluate", "rho evaluate --help")]
    public void What_is_missing_or_of_the_wrong_kind_is_named(string command, string named, string help)
    {
        Answer answer = Rho.Run(command.Split(' '));

        answer.Code.ShouldBe(2);
        answer.Output.ShouldBeEmpty();
        answer.ErrorLines.Length.ShouldBe(2, answer.Error);
        answer.ErrorLines[0].ShouldStartWith("rho: ");
        answer.ErrorLines[0].ShouldContain(named);
        answer.ErrorLines[1].ShouldBe($"See `{help}`.");
    }

    [Fact]
    public void Without_a_command_the_answer_is_bad_input()
    {
        Answer answer = Rho.Run();

        answer.Code.ShouldBe(2);
        answer.ErrorLines[0].ShouldStartWith("rho: ");
    }
}
