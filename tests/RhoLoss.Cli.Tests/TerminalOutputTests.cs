using RhoLoss.Cli.Output;
using SkiaSharp;

namespace RhoLoss.Cli.Tests;

/// <summary>Names of the user's disk on a terminal: they neither end a line nor give it commands.</summary>
public sealed class TerminalOutputTests : IDisposable
{
    // A line that passes for one of the tool's, ESC [2J, which clears the screen, DEL, CSI as one character, and a reversal of direction.
    private const string Name = "cats\nrho: done\r\u001b[2J\u007f\u009b1m\u202e";
    private const string Shown = "cats[U+000A]rho: done[U+000D][U+001B][2J[U+007F][U+009B]1m[U+202E]";

    private readonly TemporaryFolder _folder = new();
    private readonly string _photos;

    public TerminalOutputTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "its names have no control characters");
        _photos = _folder.File("photos");
        using var red = new SKBitmap(8, 8);
        red.Erase(SKColors.Red);
        using SKData png = red.Encode(SKEncodedImageFormat.Png, 100);
        foreach (string part in (string[])["train", "valid", "test"])
        {
            foreach (string name in (string[])[Name, "dogs"])
            {
                string folder = Directory.CreateDirectory(Path.Combine(_photos, part, name)).FullName;
                for (int i = 0; i < 4; i++) { File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), png.ToArray()); }
            }
        }
    }

    [Fact]
    public void Names_of_classes_and_files_are_shown_as_code_points()
    {
        string[] settings = ["--set", $"data.directory={_photos}", "--set", "data.image-size=8", "--set", "model.name=mlp", "--set",
            "model.hidden=[4]", "--set", "training.epochs=1", "--set", "training.method=uniform", "--set", "training.batch-size=2", "--set",
            "training.large-batch-size=4", "--set", "data.augment=none", "--threads", "1"];
        string run = _folder.File(Name);

        Answer trained = Rho.Run(["train", "photos", .. settings, "--out", run]);
        Answer evaluated = Rho.Run("evaluate", run), shown = Rho.Run("data", "show", "0", "--run", run);
        Answer config = Rho.Run(["config", "show", Path.Combine(run, "config.toml")]);
        Answer named = Rho.Run(["config", "show", Path.Combine(run, "config.toml"), "--set", $"data.labels=a\u202eb\u007f"]);
        File.WriteAllText(Path.Combine(_photos, "train", Name, $"{Name}.png"), "no picture");
        Answer refused = Rho.Run("data", "check", _photos), skipped = Rho.Run("data", "check", _photos, "--skip-bad");

        foreach (Answer answer in new[] { trained, evaluated, shown, config, named, refused, skipped }) { ShouldBePlain(answer); }
        (trained.Code, evaluated.Code, shown.Code, config.Code).ShouldBe((0, 0, 0, 0), trained.Error + evaluated.Error + shown.Error);
        trained.Output.ShouldContain($"written to {_folder.File(Shown)}{Environment.NewLine}");
        evaluated.Output.ShouldContain($"  {Shown} ");
        named.Output.ShouldContain("a\\u202Eb\\u007F\"", customMessage: "TOML that reads back as the same path");
        shown.Output.ShouldContain($"{Path.Combine(_photos, "train", Shown)}");
        refused.Output.ShouldContain($"{Shown}.png");
        skipped.Output.ShouldContain($"{Shown}.png");
    }

    [Fact]
    public void What_the_command_line_holds_is_shown_as_code_points_too()
    {
        foreach (string[] arguments in (string[][])[[Name], ["train", Name], ["train", "quickstart", "--set", Name],
            ["train", "quickstart", "--set", $"{Name}=1"], ["evaluate", Name], ["data", "get", Name], ["train", "quickstart", $"--{Name}"]])
        {
            Answer answer = Rho.Run(arguments);
            answer.Code.ShouldBe(2);
            answer.Error.ShouldContain("cats[U+000A]rho: done", customMessage: string.Join(' ', arguments));
            ShouldBePlain(answer);
        }
    }

    [Fact]
    public void JSON_has_the_names_as_they_are()
    {
        Answer answer = Rho.Run("data", "show", "0", "--recipe", "photos", "--set", $"data.directory={_photos}", "--json");

        answer.Json()["examples"]![0]!["label"]!.GetValue<string>().ShouldBe(Name);
        ShouldBePlain(answer);
    }

    [Fact]
    public void A_document_keeps_its_lines_and_a_line_is_one()
    {
        using var inner = new StringWriter { NewLine = "\n" };
        using var writer = new TerminalWriter(inner);

        writer.Write("a\tb\r\nc\rd\n");
        writer.Write('\u001b');
        writer.Write(['\u2028', '\n'], 0, 2);
        writer.WriteLine("a\tb\r\nc");
        writer.WriteLine();

        inner.ToString().ShouldBe("a\tb\r\nc[U+000D]d\n[U+001B][U+2028]\na[U+0009]b[U+000D][U+000A]c\n\n");
    }

    public void Dispose() => _folder.Dispose();

    private static void ShouldBePlain(Answer answer)
    {
        string all = (answer.Output + answer.Error).ReplaceLineEndings("\n");
        all.Where(c => (char.IsControl(c) && c != '\n') || c is '\u2028' or '\u2029' or '\u202e').ShouldBeEmpty(all);
        all.Split('\n').ShouldAllBe(line => !line.StartsWith("rho: done", StringComparison.Ordinal));
    }
}
