using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

/// <summary><c>~</c> is the user's folder wherever a path begins, also where the shell leaves it alone.</summary>
public sealed class UserFolderTests : IDisposable
{
    private const string None = "rho-tests-no-such-folder";
    private readonly TinyExperiment _tiny = new();

    [Theory]
    [InlineData("train", "--resume=~/" + None)]
    [InlineData("train", "--resume:~/" + None)]
    [InlineData("train", "--resume", "~/" + None)]
    [InlineData("compare", "--resume=~/" + None)]
    [InlineData("evaluate", "~/" + None)]
    [InlineData("data", "show", "1", "--run=~/" + None)]
    [InlineData("train", "~/" + None + ".toml")]
    [InlineData("data", "show", "1", "--recipe=~/" + None + ".toml")]
    [InlineData("data", "get", "mnist", "--from=~/" + None)]
    [InlineData("data", "check", "mnist", "--directory=~/" + None)]
    [InlineData("bench", "--data", "--directory=~/" + None)]
    [InlineData("train", "quickstart", "--set=data.directory=~/" + None)]
    public void A_path_below_the_users_folder_is_looked_for_there(params string[] command)
    {
        string expected = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), None);

        Answer answer = Rho.Run([.. command, .. command.Contains("quickstart") ? (string[])["--set", "data.set=mnist"] : []]);

        answer.Code.ShouldBe(2);
        answer.Error.ShouldContain(expected);
        answer.Error.ShouldNotContain("~");
    }

    [Theory]
    [InlineData("--out=~/run")]
    [InlineData("-o=~/run")]
    public void A_run_goes_below_the_users_folder(string option)
    {
        string home = Directory.CreateDirectory(_tiny.File("home")).FullName;

        Answer answer = RhoProcess.RunWith("HOME", home, "train", _tiny.WriteRecipe(), "--method", "uniform", option);

        answer.Code.ShouldBe(0, answer.Error);
        File.Exists(Path.Combine(home, "run", "summary.json")).ShouldBeTrue();
        Directory.Exists("~").ShouldBeFalse();
    }

    [Fact]
    public void A_tilde_anywhere_else_is_a_letter()
    {
        Rho.Run("evaluate", $"./~/{None}").Error.ShouldContain($"./~/{None}: there is no such run folder");
        Rho.Run("evaluate", $"a~/{None}").Error.ShouldContain($"a~/{None}: there is no such run folder");
    }

    public void Dispose() => _tiny.Dispose();
}
