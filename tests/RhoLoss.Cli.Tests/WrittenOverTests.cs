using RhoLoss.Experiments.Tests.Running;
using RhoLoss.Serialization;

namespace RhoLoss.Cli.Tests;

/// <summary>What lies where a command writes, and is not what it writes there, stays as it is.</summary>
public sealed class WrittenOverTests : IDisposable
{
    private static readonly byte[] Photo = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];
    private readonly TinyExperiment _tiny = new();

    public static TheoryData<string, string> Files
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string kind in (string[])["photo", "table", "recipe", "weights", "plan or losses", "empty"])
            {
                foreach (string command in (string[])["holdout RECIPE --force --set irreducible-loss.file=PATH",
                    "holdout RECIPE --set irreducible-loss.file=PATH", "train RECIPE --method rho-loss --set irreducible-loss.file=PATH",
                    "compare RECIPE --set irreducible-loss.file=PATH",
                    "plan RECIPE --method train-loss --force --set scoring.plan-file=PATH",
                    "plan RECIPE --method train-loss --set scoring.plan-file=PATH",
                    "train RECIPE --method train-loss+plan --set scoring.plan-file=PATH"])
                {
                    data.Add(kind, command);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_of_another_kind_is_refused_before_anything_is_trained(string kind, string command)
    {
        string path = _tiny.File("given"), recipe = _tiny.WriteRecipe();
        bool losses = command.Contains("irreducible", StringComparison.Ordinal);
        switch (kind)
        {
            case "photo": File.WriteAllBytes(path, Photo); break;
            case "table": File.WriteAllText(path, "id;loss\n0;0.5\n"); break;
            case "recipe": File.Copy(recipe, path); break;
            case "empty": File.WriteAllBytes(path, []); break;
            case "weights": WriteTensors(path, []); break;
            default: WriteTensors(path, new() { ["format"] = losses ? "rholoss-selection-plan/1" : "rholoss-irreducible-losses/1" }); break;
        }
        byte[] before = File.ReadAllBytes(path);

        Answer answer = Run(command, recipe, path);

        answer.Code.ShouldBe(2, answer.Output);
        answer.ErrorLines.Length.ShouldBe(1, answer.Error);
        answer.Error.ShouldStartWith($"rho: {path} ");
        answer.Error.ShouldEndWith(
            $"Name another {(losses ? "irreducible-loss.file" : "scoring.plan-file")}, or move it away.{Environment.NewLine}");
        File.ReadAllBytes(path).ShouldBe(before);
        File.Exists(_tiny.IrreducibleLossFile).ShouldBeFalse("nothing was trained");
    }

    [Theory]
    [InlineData("given.model.safetensors", "the model of irreducible losses")]
    [InlineData("given.losses.training", "a stopped training of an irreducible-loss model")]
    [InlineData("given.losses.training.1", "a stopped training of an irreducible-loss model")]
    public void What_is_written_beside_the_losses_is_looked_at_too(string beside, string what)
    {
        WriteTensors(_tiny.File(beside), []);
        byte[] before = File.ReadAllBytes(_tiny.File(beside));
        foreach (string command in (string[])["holdout RECIPE --set irreducible-loss.file=PATH",
            "holdout RECIPE --force --set irreducible-loss.file=PATH",
            "train RECIPE --method original-rho --set irreducible-loss.file=PATH"])
        {
            Answer answer = Run(command, _tiny.WriteRecipe(), _tiny.File("given.losses"));

            answer.Code.ShouldBe(2, answer.Error);
            answer.Error.ShouldContain(
                $"{_tiny.File(beside)} is there already and is not {what} that rho wrote, so it is not written over.");
            File.ReadAllBytes(_tiny.File(beside)).ShouldBe(before);
            File.Exists(_tiny.File("given.losses")).ShouldBeFalse();
        }
    }

    [Fact]
    public void Force_replaces_what_was_written_before_whatever_it_holds_and_damaged_too()
    {
        string recipe = _tiny.WriteRecipe(), path = _tiny.File("given");
        string[] holdout = ["holdout", recipe, "--quiet", "--force", "--set", $"irreducible-loss.file={path}"];
        Rho.Run([.. holdout, "--set", "noise.seed=5"]).Code.ShouldBe(0);
        byte[] ofOtherData = File.ReadAllBytes(path);

        Rho.Run(holdout).Code.ShouldBe(0);
        File.ReadAllBytes(path).ShouldNotBe(ofOtherData);
        TinyExperiment.Flip(path, new FileInfo(path).Length - 1);
        Rho.Run("holdout", recipe, "--set", $"irreducible-loss.file={path}").Error.ShouldContain("is damaged");
        Answer again = Rho.Run(holdout);

        again.Code.ShouldBe(0, again.Error);
    }

    [Theory]
    [InlineData("accuracy.png")]
    [InlineData("notices.json")]
    [InlineData("arms/uniform-seed-0.json")]
    [InlineData("examples/uniform.safetensors")]
    public void A_folder_with_files_under_names_of_a_run_is_no_place_for_one(string name)
    {
        string folder = _tiny.File("photos"), path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Photo);

        Answer answer = Rho.Run("compare", _tiny.WriteRecipe(), "--out", folder);

        answer.Code.ShouldBe(2, answer.Error);
        answer.ErrorLines.ShouldHaveSingleItem().ShouldEndWith("Give another --out.");
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ShouldBe([path]);
        File.ReadAllBytes(path).ShouldBe(Photo);
    }

    [Fact]
    public void A_sweep_does_not_replace_the_summary_of_a_run()
    {
        string recipe = _tiny.WriteRecipe(), folder = _tiny.File("run");
        Rho.Run("train", recipe, "--method", "uniform", "--out", folder, "--set", "training.epochs=1").Code.ShouldBe(0);
        string before = File.ReadAllText(Path.Combine(folder, "summary.json"));

        Answer answer = Rho.Run("sweep", recipe, "--over", "training.epochs=1,2", "--out", folder);

        answer.Code.ShouldBe(2, answer.Error);
        answer.ErrorLines.ShouldBe([$"rho: {Path.Combine(folder, "summary.json")} is there already and is not the summary of a sweep "
            + "that rho wrote, so it is not written over. Give another --out."]);
        File.ReadAllText(Path.Combine(folder, "summary.json")).ShouldBe(before);
    }

    [Theory]
    [InlineData("fig7", "reproduction.json", "the result of fig7")]
    [InlineData("fig7", "page.md", "a page of fig7")]
    [InlineData("fig7", "fig7.png", "a picture of fig7")]
    [InlineData("all", "paper.md", "a page")]
    public void A_reproduction_does_not_replace_files_of_other_people(string id, string name, string what)
    {
        string folder = Directory.CreateDirectory(_tiny.File("paper")).FullName, path = Path.Combine(folder, name);
        File.WriteAllBytes(path, Photo);

        Answer answer = Rho.Run("reproduce", id, "--out", folder);

        answer.Code.ShouldBe(2, answer.Error);
        answer.ErrorLines.ShouldBe([$"rho: {path} is there already and is not {what} that rho wrote, so it is not written over. "
            + "Give another --out."]);
        File.ReadAllBytes(path).ShouldBe(Photo);
    }

    [Fact]
    public void A_picture_is_written_again_where_it_is_the_same_and_nowhere_else()
    {
        string recipe = _tiny.WriteRecipe(), folder = _tiny.File("pictures");
        string[] show = ["data", "show", "33", "--recipe", recipe, "--out", folder];
        Rho.Run(show).Code.ShouldBe(0);
        Rho.Run(show).Code.ShouldBe(0);
        string picture = Directory.EnumerateFiles(folder, "*-33.png").First();
        File.WriteAllBytes(picture, Photo);

        Answer answer = Rho.Run(show);

        answer.Code.ShouldBe(2, answer.Error);
        answer.Error.ShouldContain($"{picture} is there already and is not the picture that rho wrote, so it is not written over.");
        File.ReadAllBytes(picture).ShouldBe(Photo);
    }

    public void Dispose() => _tiny.Dispose();

    private static Answer Run(string command, string recipe, string path) =>
        Rho.Run([.. command.Split(' ').Select(word => word.Replace("PATH", path, StringComparison.Ordinal)
            .Replace("RECIPE", recipe, StringComparison.Ordinal)), "--quiet"]);

    private static void WriteTensors(string path, Dictionary<string, string> metadata)
    {
        using torch.Tensor weight = torch.ones(2);
        SafetensorsFile.Write(path, new Dictionary<string, torch.Tensor> { ["weight"] = weight }, metadata);
    }
}
