using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

/// <summary>What a user meets who continues a run, or starts one where another is.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();
    private readonly string _recipe;

    public ResumeTests() => _recipe = _tiny.WriteRecipe();

    private string Out => _tiny.File("out");

    [Theory]
    [InlineData("train")]
    [InlineData("compare")]
    public void A_finished_run_says_that_it_is_finished_and_no_file_changes(string command)
    {
        Rho.Run(command, _recipe, "--out", Out).Code.ShouldBe(0);
        string[] before = Content(Out);

        Answer answer = Rho.Run(command, "--resume", Out);

        answer.Code.ShouldBe(0);
        answer.ErrorLines.ShouldHaveSingleItem().ShouldBe($"note: {Out} is finished: nothing is left to train, and nothing was changed");
        Content(Out).ShouldBe(before);
    }

    [Fact]
    public void Lower_epochs_in_the_recipe_of_a_run_are_refused_and_no_file_changes()
    {
        Rho.Run("train", _recipe, "--out", Out).Code.ShouldBe(0);
        string config = Path.Combine(Out, "config.toml");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\nepochs = 3 ", "\nepochs = 1 ", StringComparison.Ordinal));
        string[] before = Content(Out);

        Answer answer = Rho.Run("train", "--resume", Out);

        answer.Code.ShouldBe(2);
        answer.Output.ShouldBeEmpty();
        answer.ErrorLines.ShouldHaveSingleItem().ShouldContain("training.epochs = 3, but now it is 1");
        Content(Out).ShouldBe(before);
    }

    [Fact]
    public void A_run_that_goes_on_in_another_process_is_neither_resumed_nor_started_again()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are those of Unix");
        using RhoProcess first = RhoProcess.Start("train", _recipe, "--out", Out, "--set", "training.epochs=100000",
            "--set", "checkpoints.every-steps=1");
        string checkpoints = Path.Combine(Out, "checkpoints");
        first.WaitUntil(() => Directory.Exists(checkpoints) && Directory.EnumerateFiles(checkpoints, "step-*").Any(),
            "a checkpoint was written");

        Answer second = RhoProcess.Run("train", "--resume", Out);
        Answer comparison = Rho.Run("compare", "--resume", Out);

        first.HasExited.ShouldBeFalse();
        string refusal = $"rho: {Out} is being written by another process: the run goes on there. "
            + "Wait until that has ended, or stop it, and give the command again.";
        second.Code.ShouldBe(2);
        second.ErrorLines.ShouldHaveSingleItem().ShouldBe(refusal);
        comparison.ErrorLines.ShouldHaveSingleItem().ShouldBe(refusal);
        first.Send(RhoProcess.Kill);
        first.Wait().Code.ShouldBe(128 + RhoProcess.Kill, "ended by the signal, as shells report it");
        // The lock died with its process: what is refused now is the change.
        string config = Path.Combine(Out, "config.toml");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\nepochs = 100000 ", "\nepochs = 4 ", StringComparison.Ordinal));
        Rho.Run("train", "--resume", Out).Error.ShouldContain("training.epochs = 100000, but now it is 4");
    }

    [Fact]
    public void Two_folders_with_one_recipe_have_irreducible_losses_of_their_own()
    {
        using var other = new TinyExperiment();   // the same images, of which one is changed
        TinyExperiment.Flip(other.DataFile(TinyExperiment.TrainImages), TinyExperiment.ImagesHeader + 5);
        Answer Run(TinyExperiment data, string run) => RhoProcess.RunIn(_tiny.File("data"),
            "train", _recipe, "--set", "irreducible-loss.file=", "--set", $"data.directory={data.DataDirectory}", "--out", _tiny.File(run));
        string folder = Path.Combine(_tiny.File("data"), "runs", "irreducible-losses");
        string[] Files() => [.. Directory.EnumerateFiles(folder, "fashion-mnist-mlp-16-*.safetensors")
            .Where(f => !f.EndsWith(".model.safetensors", StringComparison.Ordinal))];

        Run(_tiny, "first").Code.ShouldBe(0);
        string first = Files().ShouldHaveSingleItem();
        Answer second = Run(other, "second");
        Answer third = Run(_tiny, "third");

        (second.Code, third.Code).ShouldBe((0, 0));
        second.Error.ShouldContain($"{Path.GetRelativePath(_tiny.File("data"), first)} was made with the same settings for other data (");
        Files().Length.ShouldBe(2);
        third.Error.ShouldContain("reused");
    }

    [Fact]
    public void Losses_of_before_they_named_their_holdout_are_refused_once()
    {
        string work = Directory.CreateDirectory(_tiny.File("work")).FullName;
        string[] train = ["train", _recipe, "--set", "irreducible-loss.file="];
        RhoProcess.RunIn(work, [.. train, "--out", _tiny.File("a")]).Code.ShouldBe(0);
        string made = Directory.EnumerateFiles(Path.Combine(work, "runs", "irreducible-losses"), "*.safetensors")
            .Single(f => !f.EndsWith(".model.safetensors", StringComparison.Ordinal));
        // As an earlier version wrote them: eight digits in the name, no holdout in the header.
        string before = Path.Combine(Path.GetDirectoryName(made)!, "fashion-mnist-mlp-16-01234567.safetensors");
        (Dictionary<string, TorchSharp.torch.Tensor> tensors, Dictionary<string, string> facts) =
            RhoLoss.Serialization.SafetensorsFile.Read(made);
        facts.Remove("holdout").ShouldBeTrue();
        RhoLoss.Serialization.SafetensorsFile.Write(before, tensors, facts);
        foreach (TorchSharp.torch.Tensor tensor in tensors.Values) { tensor.Dispose(); }
        File.Delete(made);

        Answer refused = RhoProcess.RunIn(work, [.. train, "--out", _tiny.File("b")]);

        refused.Code.ShouldBe(2);
        refused.ErrorLines[^1].ShouldContain("does not say of which holdout");
        refused.ErrorLines[^1].ShouldEndWith($"Make it anew with `rho holdout {_recipe} --set irreducible-loss.file= --force`.");
        RhoProcess.RunIn(work, "holdout", _recipe, "--set", "irreducible-loss.file=", "--force").Code.ShouldBe(0);
        RhoProcess.RunIn(work, [.. train, "--out", _tiny.File("b")]).Code.ShouldBe(0);
    }

    public void Dispose() => _tiny.Dispose();

    private static string[] Content(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(f => $"{f} {Convert.ToHexString(File.ReadAllBytes(f))}")];
}
