using System.Text;
using RhoLoss.Experiments.Tests.Running;
using RhoLoss.Models;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Cli.Tests;

/// <summary>
/// Texts and weights as people have them, through the command line: refused with exit code 2 and a clear line, or read with a note.
/// </summary>
public sealed class TextsAndWeightsTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    private string Texts => _tiny.File("reviews");

    [Theory]
    [InlineData("train.csv", "text;label\na;x\n", "the separator seems to be a semicolon")]
    [InlineData("train.csv", "text, label\n\"a\", x\n", "' label' differs from it in blanks")]
    [InlineData("train.csv", "text,label\ra,x\r", "they end in CR alone")]
    [InlineData("train.tsv", "x\ta film\n", "if line 1 is data already, put a line with the names of the columns before it")]
    [InlineData("train.tsv", "text\tl\0abel\n", "text has no zero bytes")]
    public void A_table_of_texts_that_breaks_a_rule_is_refused_by_check_and_by_training(string name, string content, string rule)
    {
        Write(name, Encoding.UTF8.GetBytes(content));
        Refused("data", "check", Texts).ShouldContain(rule);
        Refused("data", "check", Path.Combine(Texts, name)).ShouldContain(rule);
        Refused("train", _tiny.WriteRecipe(), "--out", _tiny.File("out"), "--set", "data.set=text", "--set", $"data.directory={Texts}",
            "--set", "data.vocabulary=words", "--set", "model.name=albert-small",
            "--set", "irreducible-loss.model=albert-small").ShouldContain(rule);
        Directory.Exists(_tiny.File("out")).ShouldBeFalse();
    }

    [Fact]
    public void Texts_in_UTF16_are_refused_with_the_encoding()
    {
        Write("train.tsv", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("text\tlabel\na\tx\n")]);
        Refused("data", "check", Texts).ShouldContain("its byte-order mark says UTF-16LE");
    }

    [Fact]
    public void Classes_that_differ_in_case_are_noted_by_check_and_by_a_run()
    {
        string[] labels = ["pos", "neg", "POS", "neg"];
        Write("train.csv", Encoding.UTF8.GetBytes(
            "body,stars\n" + string.Concat(Enumerable.Range(0, 80).Select(i => $"a film of {i},{labels[i % 4]}\n"))));
        const string note = "note: ", told = "'POS' 20 times, 'pos' 20 times";

        Answer check = Rho.Run("data", "check", Texts, "--text-column", "body", "--label-column", "stars");
        check.Code.ShouldBe(0, check.Error);
        check.Output.Split('\n').Single(line => line.TrimStart().StartsWith(note, StringComparison.Ordinal)).ShouldContain(told);
        check.Output.ShouldContain("3 classes: POS, neg, pos");
        check.Output.ShouldNotContain("everything as expected");

        Answer run = Rho.Run(
            "train", _tiny.WriteRecipe(), "--out", _tiny.File("out"), "--method", "uniform", "--set", "training.epochs=1",
            "--set", "data.set=text", "--set", $"data.directory={Texts}", "--set", "data.vocabulary=words",
            "--set", "data.max-length=8", "--set", "data.text-column=body", "--set", "data.label-column=stars",
            "--set", "model.name=albert-small", "--set", "irreducible-loss.model=albert-small",
            "--set", "training.large-batch-size=20");
        run.Code.ShouldBe(0, run.Error);
        run.ErrorLines.Single(
            line => line.StartsWith(note, StringComparison.Ordinal) && line.Contains("differ only", StringComparison.Ordinal))
            .ShouldContain(told);
    }

    [Fact]
    public void Weights_of_a_wrapped_network_are_loaded_with_a_note_and_those_that_are_not_finite_refused()
    {
        string path = _tiny.File("w.safetensors");
        using (var model = new Mlp(64, [16], 10, seed: 1))
        {
            Dictionary<string, Tensor> tensors = model.state_dict().ToDictionary(t => $"module.{t.Key}", t => t.Value);
            using Tensor counter = ones(1, float64), broken = full([10], float.NaN);
            tensors["total_ops"] = counter;
            SafetensorsFile.Write(path, tensors, new Dictionary<string, string> { ["sha256"] = new string('0', 64) });
            Answer run = Rho.Run("train", _tiny.WriteRecipe(), "--out", _tiny.File("out"), "--method", "uniform",
                "--set", $"model.weights={path}");
            run.Code.ShouldBe(0, run.Error);
            run.ErrorLines.ShouldContain($"note: {path} fits Mlp: 4 tensors. 'module.' before their names was taken off. "
                + "1 other in the file was not loaded, because no layer needs it: total_ops (a counter).");

            tensors["module.fc2.bias"] = broken;
            SafetensorsFile.Write(path, tensors, new Dictionary<string, string>());
        }
        Refused("train", _tiny.WriteRecipe(), "--out", _tiny.File("other"), "--set", $"model.weights={path}")
            .ShouldStartWith($"rho: {path}: 10 of the 10 values of module.fc2.bias are not finite");
        File.Exists(_tiny.IrreducibleLossFile).ShouldBeFalse("it is refused before an irreducible-loss model trains");
    }

    // Its numbers are finite and its loss is not: 1e30 · 16 hidden units · 1e30 is beyond the largest float32, 3.4e38.
    [Theory]
    [InlineData("uniform")]      // the loss tells
    [InlineData("train-loss")]   // the scores tell before
    public void Weights_that_the_first_loss_shows_to_be_wrong_are_named_and_no_learning_rate(string method)
    {
        string path = _tiny.File("w.safetensors");
        using (var model = new Mlp(64, [16], 10, seed: 1))
        {
            using IDisposable scope = NewDisposeScope();
            SafetensorsFile.Write(
                path, model.state_dict().ToDictionary(t => t.Key, t => t.Value.detach() * 1e30f), new Dictionary<string, string>());
        }

        Answer run = Rho.Run(
            "train", _tiny.WriteRecipe(), "--out", _tiny.File("out"), "--method", method, "--set", $"model.weights={path}");

        run.Code.ShouldBe(1, run.Output);
        run.ErrorLines[^1].ShouldContain(
            $"The target had not taken a step yet and is as model.weights made it: look at {path} first, or train without it.");
        run.ErrorLines[^1].ShouldNotContain("optimizer.learning-rate");
    }

    [Fact]
    public void Weights_are_named_beside_the_learning_rate_where_a_run_diverges_later()
    {
        string path = _tiny.File("w.safetensors");
        using (var model = new Mlp(64, [16], 10, seed: 1))
        {
            SafetensorsFile.Write(path, model.state_dict(), new Dictionary<string, string>());
        }

        Answer run = Rho.Run("train", _tiny.WriteRecipe(), "--out", _tiny.File("out"), "--method", "uniform",
            "--set", $"model.weights={path}", "--set", "optimizer.learning-rate=1e30");

        run.Code.ShouldBe(1, run.Output);
        run.ErrorLines[^1].ShouldContain("The target's learning rate is optimizer.learning-rate");
        run.ErrorLines[^1].ShouldContain($"The target started from model.weights, {path}.");
    }

    [Fact]
    public void A_file_that_is_none_of_weights_is_called_by_its_name()
    {
        string path = _tiny.File("w.safetensors");
        File.WriteAllText(path, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 46830571\n");
        Refused("train", _tiny.WriteRecipe(), "--out", _tiny.File("out"), "--set", $"model.weights={path}").ShouldStartWith(
            $"rho: {path} is not a safetensors file: it is a Git LFS pointer, which only names the file.");
    }

    [Fact]
    public void A_folder_a_missing_file_and_two_sets_of_weights_are_refused_with_a_fix()
    {
        string path = _tiny.File("w.safetensors");
        string[] train = ["train", _tiny.WriteRecipe(), "--out", _tiny.File("out"), "--set"];
        Refused([.. train, $"model.weights={path}"]).ShouldStartWith($"rho: Cannot read {path}: there is no such file. Check the path.");
        using (var model = new Mlp(64, [16], 10, seed: 1))
        {
            Dictionary<string, Tensor> own = model.state_dict();
            SafetensorsFile.Write(path, own.SelectMany(t => new[] { ("student." + t.Key, t.Value), ("teacher." + t.Key, t.Value) })
                .ToDictionary(t => t.Item1, t => t.Value), new Dictionary<string, string>());
        }
        Refused([.. train, $"model.weights={path}"])
            .ShouldStartWith($"rho: {path} has all that Mlp needs more than once, under 'student.' and 'teacher.'");
        string folder = Directory.CreateDirectory(_tiny.File("weights")).FullName;
        Refused([.. train, $"model.weights={folder}"])
            .ShouldStartWith($"rho: Cannot read {folder}: it is a folder, and no safetensors file is in it.");
    }

    public void Dispose() => _tiny.Dispose();

    private void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Texts);
        File.WriteAllBytes(Path.Combine(Texts, name), content);
    }

    private static string Refused(params string[] args)
    {
        Answer answer = Rho.Run(args);
        answer.Code.ShouldBe(2, answer.Error);
        answer.Output.ShouldBeEmpty();
        return answer.ErrorLines.Where(line => line.StartsWith("rho: ", StringComparison.Ordinal)).ShouldHaveSingleItem(answer.Error);
    }
}
