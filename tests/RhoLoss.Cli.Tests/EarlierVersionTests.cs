using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace RhoLoss.Cli.Tests;

/// <summary>
/// Files of the version before random states left the checkpoints (commit 79acc3a), in the folder EarlierVersion: each is read, or refused
/// with a sentence that says what to do. <c>rho train quickstart</c> with networks of four hidden units made them.
/// </summary>
public sealed class EarlierVersionTests : IDisposable
{
    private static readonly string[] Small =
    [
        "--set", "model.hidden=[4]", "--set", "irreducible-loss.hidden=[4]", "--set", "irreducible-loss.epochs=1",
        "--set", "training.epochs=1",
    ];

    private readonly TemporaryFolder _folder = new();

    public EarlierVersionTests()
    {
        string source = Source();
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = _folder[Path.GetRelativePath(source, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_finished_run_is_evaluated_and_resuming_it_changes_no_file()
    {
        Answer evaluated = Rho.Run("evaluate", _folder["finished"], "--json");
        // finalAccuracy of its summary.json.
        evaluated.Json()["accuracy"]!.GetValue<double>().ShouldBe(0.1042, 1e-9);
        string[] before = Files("finished");
        Answer resumed = Rho.Run("train", "--resume", _folder["finished"]);
        resumed.Code.ShouldBe(0, resumed.Error);
        resumed.Error.ShouldContain("finished");
        Files("finished").ShouldBe(before);
    }

    [Fact]
    public void An_interrupted_run_is_refused_but_its_checkpoint_is_evaluated()
    {
        Answer resumed = Rho.Run("train", "--resume", _folder["interrupted"]);
        resumed.Code.ShouldBe(2);
        resumed.ErrorLines.ShouldHaveSingleItem().ShouldContain("an earlier version of rho started it");
        Rho.Run("evaluate", _folder["interrupted"]).ErrorLines.ShouldHaveSingleItem()
            .ShouldEndWith("Evaluate the newest with --checkpoint last.");
        Rho.Run("evaluate", _folder["interrupted"], "--checkpoint", "last", "--json").Json()["count"]!.GetValue<int>().ShouldBe(5000);
    }

    [Fact]
    public void Its_recipe_still_trains()
    {
        Answer trained = Rho.Run(["train", _folder["finished", "config.toml"], .. Small, "--set", "irreducible-loss.file=",
            "--set", "training.method=uniform", "--out", _folder["again"]]);
        trained.Code.ShouldBe(0, trained.Error);
    }

    [Fact]
    public void Irreducible_losses_that_do_not_name_their_holdout_are_refused_with_the_command_that_makes_them_anew()
    {
        Answer trained = Rho.Run(
            ["train", "quickstart", .. Small, "--set", $"irreducible-loss.file={_folder["il.safetensors"]}", "--out", _folder["run"]]);
        trained.Code.ShouldBe(2);
        trained.ErrorLines[^1].ShouldSatisfyAllConditions(
            e => e.ShouldContain("does not say which holdout its losses are of"),
            e => e.ShouldContain("Make it anew with `rho holdout quickstart"));
        Directory.Exists(_folder["run"]).ShouldBeFalse();
    }

    [Fact]
    public void A_plan_is_refused_by_what_it_was_made_for_or_replayed()
    {
        Answer trained = Rho.Run(["train", "quickstart", .. Small, "--set", $"scoring.plan-file={_folder["plan.safetensors"]}",
            "--set", $"irreducible-loss.file={_folder["new-il.safetensors"]}", "--set", "scoring.proxy-hidden=[4]",
            "--method", "rho-loss+plan", "--out", _folder["planned"]]);
        trained.Code.ShouldBe(2, trained.Error);
        trained.ErrorLines[^1].ShouldContain("plan");
    }

    /// <summary>Every file and its content; but not the lock, which a version without locks did not leave.</summary>
    private string[] Files(string folder) =>
    [
        .. Directory.EnumerateFiles(_folder[folder], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(file => Path.GetFileName(file) != "run.lock")
            .Select(file => $"{file} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];

    private static string Source([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "EarlierVersion");
}
