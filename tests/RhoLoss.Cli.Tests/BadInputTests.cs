using System.Text.RegularExpressions;
using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

/// <summary>Bad input: exit code 2, one message on standard error, nothing on standard output, nothing half-written.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();
    private readonly string _recipe;

    public BadInputTests() => _recipe = _tiny.WriteRecipe();

    private string Out => _tiny.File("out");

    [Theory]
    [InlineData("compare")]
    [InlineData("train")]
    public void A_truncated_images_file(string command)
    {
        string images = _tiny.DataFile(TinyExperiment.TrainImages);
        File.WriteAllBytes(images, File.ReadAllBytes(images)[..^1]);

        // 420 images of 8×8 bytes.
        Refused(command, _recipe).ShouldBe($"rho: {images}: the header says [420, 8, 8], which is 26880 bytes, but only 26879 follow. "
            + "The file is truncated; fetch it again.");
    }

    [Fact]
    public void An_oversized_images_file()
    {
        string images = _tiny.DataFile(TinyExperiment.TrainImages);
        File.WriteAllBytes(images, [.. File.ReadAllBytes(images), 0]);

        Refused("compare", _recipe).ShouldContain($"{images}: the header says [420, 8, 8], which is 26880 bytes, but more follow.");
    }

    [Fact]
    public void A_wrong_magic_number()
    {
        string labels = _tiny.DataFile(TinyExperiment.TestLabels);
        TinyExperiment.Flip(labels, 0);

        Refused("compare", _recipe).ShouldContain($"{labels}: an IDX file starts with two zero bytes, but this one starts with 01 00.");
    }

    [Theory]
    [InlineData("compare")]
    [InlineData("train")]
    public void A_label_out_of_range(string command)
    {
        string labels = _tiny.DataFile(TinyExperiment.TrainLabels);
        byte[] bytes = File.ReadAllBytes(labels);
        bytes[TinyExperiment.LabelsHeader + 33] = 10;
        File.WriteAllBytes(labels, bytes);

        Refused(command, _recipe).ShouldContain($"{labels}: labels must lie in 0..9, but example 33 has label 10.");
    }

    [Fact]
    public void Another_number_of_labels_than_of_images()
    {
        string labels = _tiny.DataFile(TinyExperiment.TrainLabels);
        byte[] bytes = File.ReadAllBytes(labels)[TinyExperiment.LabelsHeader..^1];
        TinyExperiment.WriteIdx(labels, bytes, bytes.Length);

        Refused("compare", _recipe).ShouldContain($"has 420 images, but {labels} has 419 labels");
    }

    [Fact]
    public void A_class_without_examples()
    {
        string labels = _tiny.DataFile(TinyExperiment.TrainLabels);
        File.WriteAllBytes(labels,
            [.. File.ReadAllBytes(labels).Select((b, i) => i >= TinyExperiment.LabelsHeader && b == 9 ? (byte)0 : b)]);

        Refused("compare", _recipe).ShouldContain($"{labels}: each of the 10 classes needs at least one example, but class 9 has none.");
    }

    [Fact]
    public void A_missing_data_file()
    {
        File.Delete(_tiny.DataFile(TinyExperiment.TestImages));

        Refused("compare", _recipe).ShouldContain($"{_tiny.DataDirectory}: 1 file of fashion-mnist missing: {TinyExperiment.TestImages}.");
    }

    [Theory]
    [InlineData("training.large-batch-size=3", "training.large-batch-size must be at least training.batch-size (4), but is 3.")]
    [InlineData("training.epoch=3", "there is no key training.epoch. The nearest is training.epochs")]
    [InlineData("optimiser.learning-rate=3", "The nearest is optimizer.learning-rate")]
    [InlineData("training.epochs=many", "training.epochs must be a whole number, but is the text \"many\".")]
    [InlineData("training.epochs", "a setting must have the form section.key=value")]
    [InlineData("report.baseline=train-loss", "report.baseline must be one of training.methods (uniform, rho-loss), but is train-loss.")]
    [InlineData("noise.fraction=1.5", "noise.fraction must be a share between 0 and 1, but is 1.5.")]
    [InlineData("data.set=fashion-mmist", "did you mean fashion-mnist?")]
    [InlineData("data.directory=nowhere", "nowhere: no such folder")]
    public void A_setting_against_the_rules(string setting, string message) =>
        Refused("compare", _recipe, "--set", setting).ShouldContain(message);

    [Theory]
    [InlineData("optimizer.learning-rate=0.1,0.2", "--set", "optimizer.learning-rate=0.3", "which every point would replace")]
    [InlineData("training.seeds=[0],[1]", "--seeds", "0..2", "but has training.seeds=[0, 1, 2], which every point would replace")]
    [InlineData("name=a,b", "--set", "training.epochs=1", "name does not: every point would be the same")]
    public void A_sweep_whose_points_would_not_differ_as_asked(string over, string option, string value, string message) =>
        Refused("sweep", _recipe, "--over", over, option, value).ShouldContain(message);

    [Fact]
    public void An_unknown_key_in_the_file_is_named_with_its_line()
    {
        File.WriteAllText(_recipe, File.ReadAllText(_recipe) + "thread = 2\n");
        int line = File.ReadAllLines(_recipe).Length;

        Refused("compare", _recipe)
            .ShouldContain($"{_recipe}, line {line}: there is no key machine.thread. The nearest is machine.threads");
    }

    [Fact]
    public void A_recipe_that_does_not_exist()
    {
        Refused("compare", "quikstart").ShouldContain("There is no recipe quikstart. The nearest is quickstart");
        Refused("train", _tiny.File("none.toml")).ShouldContain($"{_tiny.File("none.toml")}: there is no such recipe file.");
        Rho.Run("config", "show", "quikstart").Code.ShouldBe(2);
        Rho.Run("holdout", "quikstart").Code.ShouldBe(2);
    }

    [Fact]
    public void Neither_a_recipe_nor_a_folder_to_resume() =>
        Refused("compare").ShouldBe("rho: Give a recipe (cifar-noisy, cifar10, clean-small, cola, messy-small, messy-start, messy-text, "
            + "messy-text-100, messy-text-30, messy-text-prose, photos, quickstart, score-study, sst2, texts, "
            + "web-like, or the path of a TOML file), or --resume FOLDER.");

    [Theory]
    [InlineData("0..")]
    [InlineData("5..2")]
    [InlineData("0..4..9")]
    [InlineData("1,x")]
    [InlineData("-1")]
    [InlineData("0..1000")]
    [InlineData("0..99999999999999999999")]
    [InlineData("0..9223372036854775807")]
    public void Seeds_that_are_none(string seeds) =>
        Refused(seeds.StartsWith('-') ? ["compare", _recipe, $"--seeds={seeds}"] : ["compare", _recipe, "--seeds", seeds])
            .ShouldBe("rho: --seeds must be a rising range like 0..4, of 1000 seeds at most, or a list like 0,3,7 of whole "
                + $"numbers from 0, but is '{seeds}'.");

    [Theory]
    [InlineData("--out")]
    [InlineData("--seeds")]
    [InlineData("--set")]
    [InlineData("--device")]
    [InlineData("--threads")]
    [InlineData("--resume")]
    public void An_option_that_is_empty_or_without_value(string option)
    {
        Refused("compare", _recipe, option, "").ShouldContain($"rho: {option} needs a value: {option} <");
        Answer without = Rho.Run("compare", _recipe, option);
        without.Code.ShouldBe(2);
        without.Output.ShouldBeEmpty();
        without.Error.ShouldContain($"rho: {option} needs a value: {option} <");
    }

    [Fact]
    public void A_missing_or_empty_argument_is_named()
    {
        Refused("evaluate").ShouldStartWith("rho: `rho evaluate` needs <run>: Run folder of rho train.");
        Refused("evaluate", "").ShouldStartWith("rho: `rho evaluate` needs <run>, but it is empty: Run folder of rho train.");
        Refused("data", "check").ShouldStartWith("rho: `rho data check` needs <name>: Data set");
        Refused("compare", "").ShouldStartWith("rho: `rho compare` needs <recipe>, but it is empty");
    }

    [Fact]
    public void A_missing_command_lists_the_commands()
    {
        Refused("data").ShouldStartWith("rho: `rho data` needs a command: list, get, check, show.");
        Answer bare = Rho.Run();
        bare.Code.ShouldBe(2);
        bare.Error.ShouldStartWith("rho: `rho` needs a command: compare, train,");
    }

    [Fact]
    public void A_number_of_threads_that_is_no_number() =>
        Refused("compare", _recipe, "--threads", "two")
            .ShouldStartWith("rho: --threads must be a whole number from 1, or auto, but is 'two'.");

    [Fact]
    public void A_seed_given_twice() =>
        Refused("compare", _recipe, "--seeds", "3,3").ShouldContain("training.seeds must be a non-empty list of different seeds");

    [Fact]
    public void A_device_that_is_not_there()
    {
        Assert.SkipWhen(torch.cuda.is_available(), "needs a machine without CUDA");

        Refused("compare", _recipe, "--device", "cuda").ShouldContain("machine.device is cuda, but this LibTorch finds no CUDA device.");
        Refused("train", _recipe, "--device", "cuda:1").ShouldContain("machine.device is cuda:1");
        Refused("compare", _recipe, "--device", "tpu").ShouldContain("machine.device must be cpu, cuda or cuda:N, but is \"tpu\".");
    }

    [Fact]
    public void A_number_of_threads_below_one() =>
        Refused("compare", _recipe, "--threads", "0").ShouldStartWith("rho: --threads must be a whole number from 1, or auto, but is '0'.");

    [Fact]
    public void A_method_that_does_not_exist() =>
        Refused("train", _recipe, "--method", "rho-los").ShouldContain("The nearest to \"rho-los\" is \"rho-loss\".");

    [Theory]
    [InlineData("compare")]
    [InlineData("train")]
    public void Damaged_irreducible_losses(string command)
    {
        Rho.Run("holdout", _recipe).Code.ShouldBe(0);
        TinyExperiment.Flip(_tiny.IrreducibleLossFile, new FileInfo(_tiny.IrreducibleLossFile).Length - 8);

        Refused(command, _recipe, "--quiet").ShouldStartWith($"rho: {_tiny.IrreducibleLossFile} is damaged: its SHA-256 is ");
    }

    [Fact]
    public void Irreducible_losses_of_other_data_are_refused_until_they_are_trained_by_force()
    {
        Rho.Run("holdout", _recipe).Code.ShouldBe(0);
        byte[] before = File.ReadAllBytes(_tiny.IrreducibleLossFile);
        TinyExperiment.Flip(_tiny.DataFile(TinyExperiment.TrainLabels), TinyExperiment.LabelsHeader + 5);

        string message = Refused("compare", _recipe, "--quiet");
        message.ShouldStartWith($"rho: {_tiny.IrreducibleLossFile} was computed for other data: ");
        message.ShouldEndWith($"Make it anew with `rho holdout {_recipe} --force`.");
        Rho.Run("holdout", _recipe).Code.ShouldBe(2);
        File.ReadAllBytes(_tiny.IrreducibleLossFile).ShouldBe(before, "refused, never replaced");

        Rho.Run("holdout", _recipe, "--force").Code.ShouldBe(0);
        Rho.Run("compare", _recipe, "--out", Out).Code.ShouldBe(0);
    }

    [Fact]
    public void A_folder_that_cannot_be_made()
    {
        string file = _tiny.File("file");
        File.WriteAllText(file, "mine");

        Answer answer = Rho.Run("compare", _recipe, "--out", Path.Combine(file, "run"));

        answer.Code.ShouldBe(2);
        answer.Output.ShouldBeEmpty();
        answer.ErrorLines.ShouldHaveSingleItem().ShouldBe(
            $"rho: {file}/run cannot hold a run: {file} is a file. Allow writing there, or give another --out.");
        File.ReadAllText(file).ShouldBe("mine");
    }

    [Fact]
    public void A_folder_with_a_run_in_it_is_left_alone()
    {
        Rho.Run("train", _recipe, "--out", Out, "--method", "uniform").Code.ShouldBe(0);
        string[] before = Content();

        Answer answer = Rho.Run("train", _recipe, "--out", Out, "--method", "uniform");

        answer.Code.ShouldBe(2);
        answer.ErrorLines.ShouldHaveSingleItem()
            .ShouldStartWith($"rho: {Out} holds a run already (config.toml is there), and a run is never overwritten.");
        Content().ShouldBe(before);

        string[] Content() => [.. Directory.EnumerateFiles(Out, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(f => $"{f} {Convert.ToHexString(File.ReadAllBytes(f))}")];
    }

    [Fact]
    public void A_folder_of_the_users_own_is_left_as_it_was()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "notes.txt"), "mine");
        File.Delete(_tiny.DataFile(TinyExperiment.TestImages));

        Rho.Run("compare", _recipe, "--out", Out).Code.ShouldBe(2);

        Directory.EnumerateFileSystemEntries(Out).ShouldHaveSingleItem().ShouldEndWith("notes.txt");
    }

    [Theory]
    [InlineData("compare RECIPE --resume FOLDER")]
    [InlineData("train --resume FOLDER --seeds 1")]
    [InlineData("train --resume FOLDER --method uniform")]
    [InlineData("compare --resume FOLDER --out elsewhere")]
    [InlineData("compare --resume FOLDER --set training.epochs=9")]
    public void Resuming_with_something_that_changes_the_run(string command)
    {
        string[] args = [.. command.Split(' ').Select(a => a switch { "RECIPE" => _recipe, "FOLDER" => Out, _ => a })];

        Answer answer = Rho.Run(args);

        answer.Code.ShouldBe(2);
        answer.ErrorLines.ShouldHaveSingleItem()
            .ShouldStartWith("rho: --resume continues a run as it was started, so it takes neither a recipe nor");
    }

    [Fact]
    public void Resuming_what_is_no_run()
    {
        Refused("compare", "--resume", Out).ShouldContain($"{Out}: there is no such run folder.");
        Refused("train", "--resume", _tiny.DataDirectory)
            .ShouldContain($"{_tiny.DataDirectory} is not a run folder: it has no config.toml.");
    }

    [Fact]
    public void Evaluating_what_has_no_checkpoint()
    {
        Refused("evaluate", Out).ShouldContain($"{Out}: there is no such run folder.");
        Rho.Run("compare", _recipe, "--out", _tiny.File("comparison")).Code.ShouldBe(0);

        Refused("evaluate", _tiny.File("comparison")).ShouldContain("has no checkpoint. Evaluate a folder that `rho train` wrote");
        Refused("evaluate", _tiny.File("comparison"), "--checkpoint", "none").ShouldContain("none");
    }

    [Theory]
    [InlineData("nowhere/photos")]
    [InlineData("./nowhere")]
    [InlineData("nowhere.toml")]
    [InlineData("nowhere.csv")]
    public void A_path_that_leads_nowhere_is_called_so_with_the_full_path(string path)
    {
        string full = Path.GetFullPath(path);
        Refused("data", "check", path).ShouldBe($"rho: {full}: there is no such file or folder. "
            + "Give a folder of images, a folder or file of texts, or the name of a data set, see `rho data list`.");
        foreach (string command in (string[])["train", "compare", "holdout", "plan"])
        {
            Refused(command, path).ShouldMatch($"^rho: {Regex.Escape(full)}: there is no such (recipe )?file");
        }
        Refused("data", "show", "1", "--recipe", path).ShouldMatch($"^rho: {Regex.Escape(full)}: there is no such (recipe )?file");
    }

    [Theory]
    [InlineData("data", "check", "~/{0}")]
    [InlineData("data", "check", "mnist", "--directory", "~/{0}")]
    [InlineData("data", "check", "mnist", "--directory=~/{0}")]
    [InlineData("data", "get", "mnist", "--from", "~/{0}")]
    [InlineData("train", "~/{0}/a.toml")]
    [InlineData("train", "--resume", "~/{0}")]
    public void The_users_folder_is_meant_by_a_tilde_that_no_shell_expanded(params string[] words)
    {
        string absent = Guid.NewGuid().ToString("N"), home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Refused([.. words.Select(word => word.Replace("{0}", absent, StringComparison.Ordinal))]).ShouldStartWith($"rho: {home}/{absent}");
    }

    [Fact]
    public void A_recipe_is_no_data_and_texts_have_no_images_to_leave_out()
    {
        Refused("data", "check", _recipe).ShouldBe($"rho: {_recipe} is a recipe, but `rho data check` looks at data. "
            + "Give the folder or file that its data.directory or data.training-file names.");
        File.WriteAllText(_tiny.File("a.csv"), "text,label\na,x\nb,y\n");
        Refused("data", "check", _tiny.File("a.csv"), "--skip-bad").ShouldBe(
            $"rho: --skip-bad leaves out image files, but {_tiny.File("a.csv")} is read as texts. Remove --skip-bad.");
        Refused("compare", _recipe, "--set", "data.set=./photos").ShouldContain(
            "There is no data set named './photos', which looks like a path: a folder is given by data.directory,");
    }

    [Fact]
    public void Data_sets_that_are_not_there()
    {
        Refused("data", "check", "fashion").ShouldContain("There is no data set named 'fashion'; did you mean fashion-mnist?");
        Refused("data", "check", "cifar-10", "--directory", _tiny.DataDirectory).ShouldContain("6 files of cifar-10 missing: ");
        Refused("data", "get", "mnist", "--from", _tiny.File("none.tar")).ShouldContain(_tiny.File("none.tar"));
    }

    [Theory]
    [InlineData("uniform", "rho: The loss of step 2 is NaN, on the examples with id ")]
    [InlineData("rho-loss",
        "rho: Step 2 of rho-loss with seed 0: The selection function gave scores that are not finite numbers for 40 examples (id ")]
    public void A_run_that_explodes_failed_and_names_step_and_examples(string method, string message)
    {
        Answer answer = Rho.Run("train", _recipe, "--method", method, "--out", Out, "--quiet", "--set", "optimizer.learning-rate=1e30");

        answer.Code.ShouldBe(1, "the input was fine; the run failed");
        answer.Output.ShouldBeEmpty();
        answer.ErrorLines.ShouldHaveSingleItem().ShouldStartWith(message);
        File.Exists(Path.Combine(Out, "summary.json")).ShouldBeFalse();
    }

    // 4e18 weights are more bytes than an address has.
    [Theory]
    [InlineData("train")]
    [InlineData("compare")]
    public void A_network_beyond_the_memory_ends_with_one_line_and_leaves_no_folder(string command)
    {
        string[] arguments = [command, _recipe, "--out", Out, "--set", "training.methods=[\"uniform\", \"train-loss\"]",
            "--set", "training.method=uniform", "--set", "report.baseline=uniform"];

        Answer answer = Rho.Run([.. arguments, "--set", "model.hidden=[2000000000, 2000000000]"]);

        answer.Code.ShouldBe(1);
        answer.ErrorLines[^1].ShouldStartWith("rho: the memory of this machine is not enough for these sizes.");
        Directory.Exists(Out).ShouldBeFalse();
        Rho.Run(arguments).Code.ShouldBe(0, "its place is free");
    }

    public void Dispose() => _tiny.Dispose();

    /// <summary>Runs a command, with a folder of its own where it takes one, and returns the message it refused with.</summary>
    private string Refused(params string[] args)
    {
        bool makesFolder = args[0] is "compare" or "train" && !args.Contains("--resume");
        Answer answer = Rho.Run(makesFolder ? [.. args, "--out", Out] : args);

        answer.Code.ShouldBe(2, answer.Error);
        answer.Output.ShouldBeEmpty();
        Directory.Exists(Out).ShouldBeFalse("nothing is half-written");
        return answer.ErrorLines.Where(l => l.StartsWith("rho: ", StringComparison.Ordinal)).ShouldHaveSingleItem(answer.Error);
    }
}
