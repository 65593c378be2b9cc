using System.Text.Json.Nodes;
using RhoLoss.Experiments.Tests.Running;
using RhoLoss.Models;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Cli.Tests;

/// <summary>What bears on a result is said whether or not progress is wanted, once, and kept with the run.</summary>
public sealed class NotesTests : IDisposable
{
    private const string TextKey = "data.max-length=20";   // only read for texts
    private readonly TinyExperiment _tiny = new();
    private readonly string _recipe;

    public NotesTests() => _recipe = _tiny.WriteRecipe();

    private string Out => _tiny.File("out");

    [Fact]
    public void Quiet_hides_progress_and_no_note_and_every_note_is_told_once_and_kept()
    {
        string[] settings = [$"data.labels={Labels()}", $"model.weights={Weights()}", TextKey];
        string[] command = ["compare", _recipe, .. settings.SelectMany(setting => (string[])["--set", setting])];

        Answer quiet = Rho.Run([.. command, "--quiet", "--out", Out]);

        quiet.Code.ShouldBe(0, quiet.Error);
        // A key for texts; 3 labels of the file; and the prefix of the weights, which each of the two methods loads.
        quiet.ErrorLines.Length.ShouldBe(3);
        quiet.ErrorLines[0].ShouldStartWith("note: data.max-length = 20 (--set) has no effect here");
        quiet.ErrorLines[1].ShouldMatch("^note: 3 labels of .*labels.csv, 3 of them other than before$");
        quiet.ErrorLines[2].ShouldContain("'module.' before ");
        Kept(Out).Select(text => $"note: {text}").ShouldBe(quiet.ErrorLines);

        Answer loud = Rho.Run([.. command, "--out", _tiny.File("loud")]);
        loud.ErrorLines.Where(line => line.StartsWith("note: ", StringComparison.Ordinal)).ShouldBe(quiet.ErrorLines);
        loud.ErrorLines.Length.ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData("holdout")]
    [InlineData("plan")]
    public void Commands_without_a_run_folder_tell_their_notes_when_quiet(string command)
    {
        Answer answer = Rho.Run(command, _recipe, "--quiet", "--set", $"data.labels={Labels()}");

        answer.Code.ShouldBe(0, answer.Error);
        answer.ErrorLines.ShouldHaveSingleItem().ShouldMatch("^note: 3 labels of .*labels.csv, 3 of them other than before$");
    }

    [Fact]
    public void A_sweep_tells_a_note_of_all_its_points_once_and_each_point_keeps_it()
    {
        Answer answer = Rho.Run(
            "sweep", _recipe, "--quiet", "--over", "training.large-batch-size=20,40", "--set", TextKey, "--out", Out);

        answer.Code.ShouldBe(0, answer.Error);
        string told = answer.ErrorLines.ShouldHaveSingleItem();
        told.ShouldStartWith("note: data.max-length = 20 ");
        foreach (string point in Directory.EnumerateDirectories(Out)) { Kept(point).ShouldBe([told["note: ".Length..]]); }
        Directory.EnumerateDirectories(Out).Count().ShouldBe(2);
    }

    [Fact]
    public void A_run_that_has_nothing_to_note_has_no_file_of_notes()
    {
        Rho.Run("train", _recipe, "--quiet", "--out", Out).Error.ShouldBeEmpty();
        File.Exists(Path.Combine(Out, "notices.json")).ShouldBeFalse();
    }

    [Fact]
    public void A_refused_run_leaves_no_notes_behind()
    {
        string none = _tiny.File("none.csv");
        Rho.Run("train", _recipe, "--out", Out, "--set", TextKey, "--set", $"data.labels={none}").Code.ShouldBe(2);
        Directory.Exists(Out).ShouldBeFalse();
    }

    public void Dispose() => _tiny.Dispose();

    private static string[] Kept(string run)
    {
        JsonNode file = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "notices.json")))!;
        return [.. file["notices"]!.AsArray().Select(text => text!.GetValue<string>())];
    }

    /// <summary>Three labels that differ from the set's, whose label of training example i is i mod 10.</summary>
    private string Labels()
    {
        string path = _tiny.File("labels.csv");
        File.WriteAllText(path, "id,label\n" + string.Concat(Enumerable.Range(0, 3).Select(i => $"{i},{i + 1}\n")));
        return path;
    }

    /// <summary>The target's weights, 8·8 pixels to ten classes, as a wrapper names them.</summary>
    private string Weights()
    {
        string path = _tiny.File("w.safetensors");
        using var model = new Mlp(64, [16], 10, seed: 1);
        Dictionary<string, Tensor> tensors = model.state_dict().ToDictionary(t => $"module.{t.Key}", t => t.Value);
        SafetensorsFile.Write(path, tensors, new Dictionary<string, string>());
        return path;
    }
}
