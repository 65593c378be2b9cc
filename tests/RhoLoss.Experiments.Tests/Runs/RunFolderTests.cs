using RhoLoss.Experiments.Store;

namespace RhoLoss.Experiments.Tests.Runs;

public sealed class RunFolderTests
{
    [Fact]
    public void Runs_of_one_name_are_numbered()
    {
        using var folder = new TemporaryFolder();
        var root = folder.File("runs");

        var names = Enumerable.Range(0, 3).Select(_ => Path.GetFileName(RunFolder.Create(root, "quickstart").Location)).ToList();

        names.ShouldBe(["quickstart", "quickstart-2", "quickstart-3"]);
        Directory.GetFileSystemEntries(root).Length.ShouldBe(3);
        Directory.Exists(Path.Combine(root, "quickstart-3", "checkpoints")).ShouldBeTrue();
    }

    [Fact]
    public void Runs_started_at_the_same_time_get_different_folders()
    {
        using var folder = new TemporaryFolder();
        var locations = new string[16];

        Parallel.For(0, locations.Length, i => locations[i] = RunFolder.Create(folder.Path, "same").Location);

        locations.Distinct(StringComparer.Ordinal).Count().ShouldBe(16);
        Directory.GetDirectories(folder.Path).Order(StringComparer.Ordinal).ShouldBe(locations.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_a_killed_process_left_half_written_goes_when_the_run_is_held_again()
    {
        using var folder = new TemporaryFolder();
        RunFolder run = RunFolder.CreateAt(folder.File("run"));
        Directory.CreateDirectory(run.ArmsPath);
        // The names that AtomicFile writes under.
        File.WriteAllText(run.Path(".summary.json.0123456789abcdef0123456789abcdef.tmp"), "half");
        File.WriteAllText(run.Path(".config.toml.0123456789abcdef0123456789abcdef.tmp"), "half");
        File.WriteAllText(Path.Combine(run.ArmsPath, ".uniform-seed0.json.0123456789abcdef0123456789abcdef.tmp"), "half");
        File.WriteAllText(run.Path(".mine.tmp"), "somebody's");
        using (run.Hold())
        {
            Directory.EnumerateFiles(run.Location, "*.tmp", SearchOption.AllDirectories).ShouldBe([run.Path(".mine.tmp")]);
        }
    }

    [Fact]
    public void A_named_folder_is_used_once_and_then_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("mine");

        var run = RunFolder.CreateAt(path);
        RunFolder.CreateAt(path).Location.ShouldBe(run.Location, "nothing was written yet, so it holds no run");
        File.WriteAllText(run.ConfigPath, "");

        Should.Throw<InvalidInputException>(() => RunFolder.CreateAt(path)).Message.ShouldBe(
            $"{path} holds a run already (config.toml is there), and a run is never overwritten. "
            + $"Continue it with `rho train --resume {path}` or `rho compare --resume {path}`, as it was started, or give another --out.");
    }

    [Fact]
    public void Checkpoints_alone_are_not_overwritten_either()
    {
        using var folder = new TemporaryFolder();
        var run = RunFolder.CreateAt(folder.File("mine"));
        File.WriteAllText(Path.Combine(run.CheckpointsPath, "epoch-1"), "");

        Should.Throw<InvalidInputException>(() => RunFolder.CreateAt(run.Location)).Message.ShouldContain("holds checkpoints already");
    }

    [Fact]
    public void A_folder_is_written_by_one_holder_at_a_time_and_freed_by_its_last_release()
    {
        using var folder = new TemporaryFolder();
        RunFolder mine = RunFolder.CreateAt(folder.File("mine")), other = RunFolder.CreateAt(folder.File("mine"));
        IDisposable outer = mine.Hold(), inner = mine.Hold();
        inner.Dispose();
        inner.Dispose();

        Should.Throw<InvalidInputException>(other.Hold).Message
            .ShouldBe($"{mine.Location} is being written by another process: the run goes on there. "
                + "Wait until that has ended, or stop it, and give the command again.");
        outer.Dispose();
        Should.NotThrow(() => other.Hold().Dispose());
    }

    [Fact]
    public void Two_runs_started_in_one_folder_do_not_overwrite_each_others_recipe()
    {
        using var folder = new TemporaryFolder();
        RunFolder first = RunFolder.CreateAt(folder.File("mine")), second = RunFolder.CreateAt(folder.File("mine"));
        first.WriteConfig("name = \"first\"", []);

        Should.Throw<InvalidInputException>(() => second.WriteConfig("name = \"second\"", [])).Message.ShouldContain("holds a run already");
        File.ReadAllText(first.ConfigPath).ShouldBe("name = \"first\"");
    }

    [Theory]
    [InlineData("arms", "`rho compare --resume PATH`, or")]
    [InlineData("checkpoints/uniform-seed0", "`rho compare --resume PATH`, or")]
    [InlineData("checkpoints", "`rho train --resume PATH`, or")]
    public void The_advice_for_a_taken_folder_is_the_command_of_the_run_that_is_there(string place, string advice)
    {
        using var folder = new TemporaryFolder();
        RunFolder run = RunFolder.CreateAt(folder.File("mine"));
        run.WriteConfig("", []);
        Directory.CreateDirectory(run.Path(place));
        File.WriteAllText(Path.Combine(run.Path(place), "step-000000001.safetensors"), "");

        Should.Throw<InvalidInputException>(() => RunFolder.CreateAt(run.Location)).Message
            .ShouldContain(advice.Replace("PATH", run.Location, StringComparison.Ordinal));

        File.WriteAllText(run.SummaryPath, "");
        Should.Throw<InvalidInputException>(() => RunFolder.CreateAt(run.Location)).Message
            .ShouldEndWith("It is finished; give another --out.");
    }

    [Fact]
    public void Opening_asks_for_a_run()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<InvalidInputException>(() => RunFolder.Open(folder.File("none"))).Message.ShouldContain("there is no such run folder");
        Should.Throw<InvalidInputException>(() => RunFolder.Open(folder.Path)).Message.ShouldContain("it has no config.toml");

        File.WriteAllText(folder.File("config.toml"), "");
        var run = RunFolder.Open(folder.Path);
        run.EnsureWritable();
        new[] { run.ConfigPath, run.MetricsPath, run.SummaryPath, run.EnvironmentPath, run.CheckpointsPath, run.Path("accuracy.png") }
            .Select(Path.GetFileName)
            .ShouldBe(["config.toml", "metrics.jsonl", "summary.json", "environment.json", "checkpoints", "accuracy.png"]);
    }

    [Fact]
    public void A_full_disk_is_noticed_before_anything_is_made()
    {
        using var folder = new TemporaryFolder();
        var root = folder.File("runs");

        Should.Throw<IOException>(() => RunFolder.Create(root, "a", requiredBytes: 1L << 60)).Message
            .ShouldStartWith($"{root} cannot hold a run: 1099511627776 MB of free space are needed, but ");
        Should.Throw<IOException>(() => RunFolder.CreateAt(root, requiredBytes: 1L << 60));
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_path_below_a_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");

        Should.Throw<InvalidInputException>(() => RunFolder.Create(folder.File("file"), "a")).Message.ShouldContain("is a file");
        Should.Throw<InvalidInputException>(() => RunFolder.CreateAt(Path.Combine(folder.File("file"), "a"))).Message
            .ShouldContain("is a file");
    }

    [Fact]
    public void A_folder_that_refuses_writing_is_refused()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "needs a file system that refuses even root");

        Should.Throw<InvalidInputException>(() => RunFolder.Create("/proc/self", "a", requiredBytes: 0)).Message
            .ShouldStartWith("/proc/self cannot hold a run: ");
    }

    [Fact]
    public void A_run_in_which_nothing_was_trained_is_taken_back_and_what_was_there_before_stays()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("mine/tensorboard/of-another-tool"));
        File.WriteAllText(folder.File("mine/notes.txt"), "");
        RunFolder mine = Started(folder.File("mine")), made = Started(folder.File("made"));

        mine.Discard();
        made.Discard();

        Directory.EnumerateFileSystemEntries(mine.Location).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            .ShouldBe(["notes.txt", "tensorboard"]);
        Directory.Exists(folder.File("mine/tensorboard/of-another-tool")).ShouldBeTrue();
        Directory.Exists(made.Location).ShouldBeFalse();
    }

    [Theory]
    [InlineData("checkpoints/step-000000001.safetensors", "")]
    [InlineData("checkpoints/uniform-seed0/step-000000001.safetensors", "")]
    [InlineData("arms/uniform-seed0.json", "")]
    [InlineData("metrics.jsonl", "{}")]
    public void A_run_in_which_something_was_trained_is_not_taken_back(string file, string content)
    {
        using var folder = new TemporaryFolder();
        RunFolder run = Started(folder.File("run"));
        Directory.CreateDirectory(Path.GetDirectoryName(run.Path(file))!);
        File.WriteAllText(run.Path(file), content);
        string[] before = [.. Directory.EnumerateFileSystemEntries(run.Location, "*", SearchOption.AllDirectories).Order()];

        run.Discard();

        Directory.EnumerateFileSystemEntries(run.Location, "*", SearchOption.AllDirectories).Order().ShouldBe(before);
    }

    /// <summary>With all that a run writes before its first checkpoint.</summary>
    private static RunFolder Started(string path)
    {
        RunFolder run = RunFolder.CreateAt(path);
        using IDisposable held = run.Hold();
        run.WriteConfig("", ["a note"]);
        foreach (string file in new[] { run.EnvironmentPath, run.StartedPath, run.ThreadsPath, run.MetricsPath })
        {
            File.WriteAllText(file, "");
        }
        Directory.CreateDirectory(run.ArmsPath);
        Directory.CreateDirectory(run.Path("checkpoints/uniform-seed0"));
        Directory.CreateDirectory(run.TensorBoardPath);
        File.WriteAllText(Path.Combine(run.TensorBoardPath, "events"), "");
        return run;
    }
}
