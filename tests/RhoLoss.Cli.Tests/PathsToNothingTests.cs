using System.Net.Sockets;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

/// <summary>
/// Links in a circle, and what only has a name among files, wherever a path can be given: named at once, and not waited for.
/// </summary>
public sealed class PathsToNothingTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();
    private readonly Socket? _socket;

    public PathsToNothingTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo(3) and statx(2) are Linux's");
        File.CreateSymbolicLink(_tiny.File("self"), "self");
        File.CreateSymbolicLink(_tiny.File("circle"), _tiny.File("back"));
        File.CreateSymbolicLink(_tiny.File("back"), "circle");
        File.CreateSymbolicLink(_tiny.File("nothing"), "/nowhere/a");
        File.CreateSymbolicLink(_tiny.File("device"), "/dev/zero");
        SpecialFiles.MakePipe(_tiny.File("pipe"));
        _socket = SpecialFiles.Listen(_tiny.File("socket"));
    }

    public static TheoryData<string> Commands =>
    [
        "train PATH", "compare PATH", "sweep PATH --over training.epochs=1,2", "holdout PATH", "plan PATH", "config show PATH",
        "data show 0 --recipe PATH", "data show 0 --run PATH", "evaluate PATH", "inspect PATH", "inspect RECIPE --out PATH",
        "inspect RECIPE --write-labels PATH", "train --resume PATH", "compare --resume PATH",
        "train RECIPE --out PATH", "compare RECIPE --out PATH", "data show 0 --recipe RECIPE --out PATH",
        "data check PATH", "data check image-folder --directory PATH", "data check mnist --directory PATH",
        "data check text --directory PATH", "data get mnist --from PATH", "bench --data --directory PATH", "reproduce fig7 --data PATH",
        "train RECIPE --set data.directory=PATH", "train RECIPE --set data.labels=PATH", "train RECIPE --set data.vocabulary=PATH",
        "train RECIPE --set data.training-file=PATH", "train RECIPE --set data.test-file=PATH", "train RECIPE --set model.weights=PATH",
        "holdout RECIPE --set irreducible-loss.file=PATH", "holdout RECIPE --force --set irreducible-loss.file=PATH",
        "plan RECIPE --set scoring.plan-file=PATH", "plan RECIPE --force --set scoring.plan-file=PATH",
    ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_path_that_leads_to_nothing_is_refused_by_its_name(string command)
    {
        string recipe = _tiny.WriteRecipe();
        foreach ((string name, string what) in new[] { ("self", "a link to itself. Remove the link."),
            ("circle", "a link without an end"),
            ("nothing", "a link to nothing: /nowhere/a is not there. Put it there, or remove the link."),
            ("pipe", "it is a named pipe, but a f"), ("socket", "it is a socket, but a f"), ("device", "it is a device, but a f") })
        {
            string path = _tiny.File(name);
            Answer answer = Rho.Run([.. command.Split(' ').Select(word => word.Replace("PATH", path, StringComparison.Ordinal)
                .Replace("RECIPE", recipe, StringComparison.Ordinal))]);

            answer.Code.ShouldBe(2, $"{command} {name}: {answer.Output}{answer.Error}");
            answer.ErrorLines.ShouldHaveSingleItem().ShouldContain($"{path}: {what}", customMessage: command);
        }
    }

    [Theory]
    [InlineData("config.toml", "evaluate")]
    [InlineData("summary.json", "train --resume")]
    [InlineData("started.json", "evaluate")]
    [InlineData("notices.json", "train --resume")]
    [InlineData("metrics.jsonl", "train --resume")]
    [InlineData("run.lock", "train --resume")]
    public void A_file_of_a_run_that_is_a_pipe_is_refused(string file, string command)
    {
        string run = _tiny.File("run"), path = Path.Combine(run, file);
        Rho.Run("train", _tiny.WriteRecipe(), "--method", "uniform", "--out", run, "--set", "training.epochs=1").Code.ShouldBe(0);
        File.Delete(Path.Combine(run, "summary.json"));
        File.Delete(path);
        SpecialFiles.MakePipe(path);

        Answer answer = Rho.Run([.. command.Split(' '), run]);

        answer.Code.ShouldBe(2, answer.Output + answer.Error);
        answer.Error.ShouldContain($"{path}: it is a named pipe, but a file is needed. Give a file.");
    }

    [Fact]
    public void A_link_in_a_circle_among_the_folders_of_a_path_is_named()
    {
        Answer answer = Rho.Run("train", Path.Combine(_tiny.File("self"), "tiny.toml"));

        answer.Code.ShouldBe(2);
        answer.ErrorLines.ShouldBe([$"rho: {_tiny.File("self")}: a link to itself. Remove the link."]);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("data list")]
    [InlineData("config show quickstart")]
    public void A_current_folder_that_was_removed_is_named(string command)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems keep a folder that is in use");
        string folder = Directory.CreateTempSubdirectory("rholoss-gone-").FullName;

        Answer answer = RhoProcess.RunInShell(folder, $"rmdir \"$PWD\"; exec \"$0\" {command}");

        answer.Code.ShouldBe(2);
        answer.Error.Trim().ShouldBe("rho: the current folder was removed; change to one that is there.");
        answer.Output.ShouldBeEmpty();
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _tiny.Dispose();
    }
}
