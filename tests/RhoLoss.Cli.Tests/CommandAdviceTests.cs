using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

/// <summary>What a command advises can be given to that command.</summary>
public sealed class CommandAdviceTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    [Theory]
    [InlineData("train RECIPE --out OUT", "A folder is given with --set data.directory=FOLDER, or as data.directory in the recipe.")]
    [InlineData("compare RECIPE --out OUT", "A folder is given with --set data.directory=FOLDER, or as data.directory in the recipe.")]
    [InlineData("holdout RECIPE", "A folder is given with --set data.directory=FOLDER, or as data.directory in the recipe.")]
    [InlineData("data show 0 --recipe RECIPE", "A folder is given with --set data.directory=FOLDER, or as data.directory in the recipe.")]
    [InlineData("data check fashion-mnist --directory NONE", "A folder is given with --directory FOLDER.")]
    [InlineData("data check image-folder --directory NONE", "A folder is given with --directory FOLDER.")]
    [InlineData("data check fashion-mnist-subset --directory EMPTY", "A folder is given with --directory FOLDER.")]
    [InlineData("data check image-folder", "A folder is given with --directory FOLDER.")]
    [InlineData("data get fashion-mnist --from EMPTY", "A folder is given with --from FOLDER.")]
    [InlineData("bench --data --directory NONE", "A folder is given with --directory FOLDER.")]
    [InlineData("train --resume RUN", "The folder of this run is data.directory in RUN/config.toml.")]
    [InlineData("evaluate RUN", "The folder of this run is data.directory in RUN/config.toml.")]
    [InlineData("data show 0 --run RUN", "The folder of this run is data.directory in RUN/config.toml.")]
    public void A_folder_that_is_not_there_is_answered_with_how_this_command_is_given_one(string command, string advice)
    {
        string recipe = _tiny.WriteRecipe(), run = _tiny.File("run");
        if (command.Contains("RUN", StringComparison.Ordinal))
        {
            Rho.Run("train", recipe, "--method", "uniform", "--out", run).Code.ShouldBe(0);
            File.Delete(Path.Combine(run, "summary.json"));   // as if it were not finished
        }
        Directory.Move(_tiny.DataDirectory, _tiny.File("moved"));
        Directory.CreateDirectory(_tiny.File("empty"));

        Answer answer = Rho.Run([.. command.Split(' ').Select(word => word switch
        {
            "RECIPE" => recipe, "OUT" => _tiny.File("out"), "RUN" => run, "NONE" => _tiny.File("none"), "EMPTY" => _tiny.File("empty"),
            _ => word,
        })]);

        answer.Code.ShouldBe(2);
        string line = answer.ErrorLines.ShouldHaveSingleItem();
        line.ShouldEndWith(advice.Replace("RUN", run, StringComparison.Ordinal));
        string help = Rho.Run([.. command.Split(' ').TakeWhile(word => !word.StartsWith('-')).Take(2), "--help"]).Output;
        // What another command is advised with stands in quotes.
        IEnumerable<string> words = line.Split('\'').Where((_, i) => i % 2 == 0).SelectMany(part => part.Split(' ', '.', ','));
        foreach (string option in words.Where(word => word.StartsWith("--", StringComparison.Ordinal)))
        {
            help.ShouldContain($"{option} ");
        }
    }

    [Fact]
    public void A_run_whose_data_were_moved_goes_on_when_its_config_names_the_new_folder()
    {
        string recipe = _tiny.WriteRecipe(), run = _tiny.File("run"), moved = _tiny.File("moved");
        Rho.Run("train", recipe, "--method", "uniform", "--out", run).Code.ShouldBe(0);
        File.Delete(Path.Combine(run, "summary.json"));
        Directory.Move(_tiny.DataDirectory, moved);
        string config = Path.Combine(run, "config.toml");
        File.WriteAllText(config, File.ReadAllText(config).Replace(_tiny.DataDirectory, moved, StringComparison.Ordinal));

        Rho.Run("evaluate", run).Code.ShouldBe(0);
        Rho.Run("train", "--resume", run).Code.ShouldBe(0);
    }

    public void Dispose() => _tiny.Dispose();
}
