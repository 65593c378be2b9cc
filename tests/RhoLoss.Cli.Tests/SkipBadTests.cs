using System.Text.Json.Nodes;
using SkiaSharp;

namespace RhoLoss.Cli.Tests;

/// <summary><c>--skip-bad</c> on a folder of 24 images, of which one training image is damaged.</summary>
public sealed class SkipBadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _photos, _bad, _recipe;

    public SkipBadTests()
    {
        _photos = _folder.File("photos");
        foreach (string part in (string[])["train", "valid", "test"])
        {
            foreach ((string name, SKColor color) in new[] { ("cat", SKColors.Red), ("dog", SKColors.Blue) })
            {
                for (int i = 0; i < 4; i++) { Write(Path.Combine(_photos, part, name, $"{i}.png"), color); }
            }
        }
        _bad = Path.Combine(_photos, "train", "cat", "2.png");
        File.WriteAllText(_bad, "damaged");
        _recipe = _folder.File("photos.toml");
        File.WriteAllText(_recipe, $"""
            name = "photos"

            [data]
            set = "image-folder"
            directory = '{_photos}'
            image-size = 8
            augment = "none"

            [model]
            name = "mlp"
            hidden = [8]

            [irreducible-loss]
            model = "mlp"
            hidden = [8]
            epochs = 1
            file = '{_folder.File("il.safetensors")}'

            [training]
            methods = ["uniform", "rho-loss"]
            epochs = 1
            batch-size = 2
            large-batch-size = 4
            """);
    }

    [Theory]
    [InlineData("train", "rho-loss")]
    [InlineData("compare", null)]
    public void A_run_leaves_the_damaged_image_out_and_names_it(string command, string? method)
    {
        string[] more = method is null ? [] : ["--method", method];
        Answer without = Rho.Run([command, _recipe, "--out", _folder.File("without"), .. more]);
        without.Code.ShouldBe(2, without.Error);
        without.Error.ShouldContain($"{_bad}: not a readable JPEG or PNG image");
        without.Error.ShouldContain("data.skip-bad = true");

        Answer skipped = Rho.Run([command, _recipe, "--skip-bad", "--out", _folder.File("run"), .. more]);
        skipped.Code.ShouldBe(0, skipped.Error);
        skipped.Error.ShouldContain("7 training, 8 holdout, 8 test");
        skipped.ErrorLines.ShouldContain($"note: left out: 1 unreadable image: {_bad}");
        skipped.Error.ShouldMatch(@"rho-loss.*: \d+\.\d % of the training time was spent waiting for inputs to be decoded");
        File.ReadAllText(_folder.File("run/config.toml")).ShouldMatch(@"skip-bad = true\s+# --set");
    }

    [Fact]
    public void A_check_names_the_damaged_image_and_passes_without_it()
    {
        Answer strict = Rho.Run("data", "check", _photos);
        strict.Code.ShouldBe(2, "a run would refuse it");
        strict.Output.ShouldContain($"  problem: {_bad}: not a readable JPEG or PNG image");

        Answer lenient = Rho.Run("data", "check", _photos, "--skip-bad");
        lenient.Code.ShouldBe(0, lenient.Error);
        lenient.Output.ShouldContain($"  left out: {_bad}: not a readable JPEG or PNG image");
        lenient.Output.ShouldContain("training 7 (3 to 4 a class)");

        JsonNode json = Rho.Run("data", "check", _photos, "--skip-bad", "--json").Json();
        json["passed"]!.GetValue<bool>().ShouldBeTrue();
        json["leftOut"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public void A_set_that_is_no_folder_of_images_has_nothing_to_skip()
    {
        Answer answer = Rho.Run("data", "check", "fashion-mnist-subset", "--skip-bad");
        answer.Code.ShouldBe(2);
        answer.ErrorLines[0]
            .ShouldBe("rho: --skip-bad leaves out image files, but fashion-mnist-subset is not read from image files. Remove --skip-bad.");
    }

    [Fact]
    public void It_is_a_setting_like_another()
    {
        Rho.Run("config", "show", _recipe, "--skip-bad").Output.ShouldMatch(@"skip-bad = true\s+# --set");
        Rho.Run("train", "--resume", _folder.File("run"), "--skip-bad").Error.ShouldContain("--resume continues a run as it was started");
    }

    [Theory]
    [InlineData("train")]
    [InlineData("compare")]
    [InlineData("holdout")]
    [InlineData("data check")]
    public void The_help_has_it(string command) => Rho.Run([.. command.Split(' '), "--help"]).Output.ShouldContain("--skip-bad");

    private static void Write(string path, SKColor color)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(8, 8, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        bitmap.Erase(color);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
    }

    public void Dispose() => _folder.Dispose();
}
