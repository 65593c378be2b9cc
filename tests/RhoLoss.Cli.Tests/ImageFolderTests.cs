using SkiaSharp;

namespace RhoLoss.Cli.Tests;

/// <summary>Folders of images on the command line: what is refused, what is left out, and what is said of it.</summary>
public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _photos, _recipe;

    public ImageFolderTests()
    {
        _photos = _folder.File("photos");
        foreach ((string part, byte green) in new (string, byte)[] { ("train", 0), ("valid", 10), ("test", 20) })
        {
            foreach ((string name, SKColor color) in new[] { ("1", SKColors.Red), ("2", SKColors.Blue) })
            {
                for (byte i = 0; i < 4; i++) { Write(Path.Combine(_photos, part, name, $"{i}.png"), color.WithGreen((byte)(green + i))); }
            }
        }
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
    [InlineData("train")]
    [InlineData("compare")]
    [InlineData("sweep")]
    public void A_run_is_not_written_among_the_classes_of_its_data(string command)
    {
        string run = Path.Combine(_photos, "train", "run");
        string[] over = command == "sweep" ? ["--over", "training.batch-size=1,2"] : [];
        Answer answer = Rho.Run([command, _recipe, "--out", run, .. over]);
        answer.Code.ShouldBe(2);
        answer.Error.ShouldStartWith("rho: The folder of a run must not lie in data.directory, where every folder is a class, but ");
        answer.Error.ShouldContain($" lies in {_photos}. Give an --out elsewhere.");
        Directory.Exists(run).ShouldBeFalse();
    }

    [Fact]
    public void Structured_noise_needs_the_classes_that_it_flips()
    {
        string[] noise = ["--set", "noise.kind=structured", "--set", "noise.fraction=0.5"];
        Answer answer = Rho.Run(["train", _recipe, "--out", _folder.File("run"), .. noise]);
        answer.Code.ShouldBe(2);
        answer.Error.ShouldContain("rho: noise.kind = structured flips the 4 most confused classes, but image-folder has 2 classes. "
            + "Set noise.kind to uniform, or bring wrong labels with data.labels.");
        Directory.Exists(_folder.File("run")).ShouldBeFalse();
    }

    [Fact]
    public void A_check_says_that_everything_is_as_expected_only_where_nothing_is_left_out()
    {
        Rho.Run("data", "check", _photos).Output.ShouldEndWith($"  everything as expected{Environment.NewLine}");
        File.WriteAllText(Path.Combine(_photos, "train", "1", "a.webp"), "");
        Answer answer = Rho.Run("data", "check", _photos);
        answer.Code.ShouldBe(0, answer.Error);
        answer.Output.ShouldContain("  left out: 1 file that does not end with .jpg, .jpeg or .png: .webp (1)");
        answer.Output.ShouldEndWith($"  everything else as expected{Environment.NewLine}");
    }

    [Fact]
    public void A_folder_that_a_run_refuses_is_refused_by_its_check_with_the_same_code_and_words()
    {
        Directory.Delete(Path.Combine(_photos, "test"), recursive: true);
        Answer check = Rho.Run("data", "check", _photos), run = Rho.Run("train", _recipe, "--out", Out);
        (check.Code, run.Code).ShouldBe((2, 2));
        check.Error.ShouldStartWith($"rho: {_photos}: a set in parts needs a folder 'train' and a folder 'test'");
        run.ErrorLines.ShouldHaveSingleItem().ShouldBe(check.ErrorLines.ShouldHaveSingleItem());
        Directory.Exists(Out).ShouldBeFalse();
    }

    [Theory]
    [InlineData("train --method uniform")]
    [InlineData("compare")]
    [InlineData("holdout")]
    public void A_run_says_what_is_left_out(string command)
    {
        File.WriteAllText(Path.Combine(_photos, "train", "1", ".DS_Store"), "Bud1");
        Directory.CreateSymbolicLink(Path.Combine(_photos, "train", "2", "up"), "..");
        string[] words = command.Split(' '), folder = command == "holdout" ? [] : ["--out", Out];
        Answer answer = Rho.Run([words[0], _recipe, .. words[1..], .. folder]);
        answer.Code.ShouldBe(0, answer.Error);
        answer.ErrorLines.ShouldContain("note: left out: 1 hidden or system file or folder: .DS_Store (1)");
        answer.ErrorLines.ShouldContain($"note: left out: 1 link to a folder that it is in: {Path.Combine("train", "2", "up")}");
        answer.Error.ShouldContain("8 training, 8 holdout, 8 test");
    }

    [Theory]
    [InlineData("id,label\n0,1\n", "'1' may be the name of the class with number 0, or the number of the class '2'")]
    [InlineData("id,class-name\n0,1\n5,1\n", null)]
    [InlineData("id,class-index\n0,0\n5,0\n", null)]
    public void A_run_with_labels_says_how_many_it_changed_or_refuses_labels_that_could_mean_two_classes(string content, string? refused)
    {
        string labels = _folder.File("labels.csv");
        File.WriteAllText(labels, content);
        Answer answer = Rho.Run("train", _recipe, "--method", "uniform", "--out", Out, "--set", $"data.labels='{labels}'");
        answer.Code.ShouldBe(refused is null ? 0 : 2, answer.Error);
        // Ids 0 to 3 are of class 0, 4 to 7 of class 1.
        answer.Error.ShouldContain(refused ?? $"note: 2 labels of {labels}, 1 of them other than before");
    }

    [Theory]
    [InlineData("model.name=small-cnn", "small-cnn needs images of at least 22×22 pixels, but they are 16×16.", 22)]
    [InlineData("irreducible-loss.model=vgg11-bn", "vgg11-bn needs images of at least 32×32 pixels, but they are 16×16.", 32)]
    [InlineData("scoring.scorer=proxy scoring.proxy-model=small-cnn scoring.proxy-downscale=2",
        "small-cnn needs images of at least 22×22 pixels, but they are 8×8.", 44)]
    public void A_network_that_the_images_are_too_small_for_is_refused_and_leaves_nothing(string settings, string rule, int least)
    {
        foreach (string command in (string[])["train", "compare"])
        {
            string[] set = [.. settings.Split(' ').Append("data.image-size=16").SelectMany(setting => (string[])["--set", setting])];
            string[] method = command == "train" ? ["--method", "rho-loss"] : [];
            Answer answer = Rho.Run([command, _recipe, "--out", Path.Combine(Out, "run"), .. set, .. method]);
            answer.Code.ShouldBe(2, answer.Error);
            answer.ErrorLines.ShouldHaveSingleItem()
                .ShouldBe($"rho: {rule} Set data.image-size to at least {least}, or choose another model.");
            answer.Output.ShouldBeEmpty();
        }
        Directory.Exists(Out).ShouldBeFalse();
        File.Exists(_folder.File("il.safetensors")).ShouldBeFalse();
    }

    [Fact]
    public void A_network_that_no_method_asks_for_may_be_too_large() =>
        Rho.Run("train", _recipe, "--out", Out, "--method", "uniform",
            "--set", "irreducible-loss.model=vgg11-bn", "--set", "scoring.proxy-model=small-cnn").Code.ShouldBe(0);

    [Fact]
    public void An_image_too_large_to_decode_is_named_or_left_out()
    {
        string huge = Path.Combine(_photos, "train", "1", "huge.png");
        // The start of a PNG of 30,000 × 30,000 pixels (7530 in hexadecimal): signature, length and name of the header, both sides.
        File.WriteAllBytes(huge, Convert.FromHexString("89504E470D0A1A0A0000000D494844520000753000007530"));
        Answer answer = Rho.Run("data", "check", _photos);
        answer.Code.ShouldBe(2);
        answer.Output.ShouldContain(
            $"  problem: {huge}: too large to be decoded: 30000×30000 pixels are 900 megapixels, above the limit of 120.");
        Answer run = Rho.Run("train", _recipe, "--out", Out, "--method", "uniform", "--skip-bad");
        run.Code.ShouldBe(0, run.Error);
        run.ErrorLines.ShouldContain($"note: left out: 1 unreadable image: {huge}");
    }

    [Fact]
    public void A_class_with_too_few_images_is_refused_before_anything_is_trained()
    {
        string few = _folder.File("few");
        foreach (string name in (string[])["cat", "dog"])
        {
            for (int i = 0; i < 2; i++) { Write(Path.Combine(few, name, $"{i}.png"), SKColors.Red); }
        }
        Answer answer = Rho.Run("compare", _recipe, "--out", Out, "--set", $"data.directory='{few}'");
        answer.Code.ShouldBe(2);
        answer.ErrorLines.ShouldHaveSingleItem().ShouldEndWith(
            "but the 2 of class 'cat' were split 2 to 0. Give at least 3 of every class.");
        Directory.Exists(Out).ShouldBeFalse();
        File.Exists(_folder.File("il.safetensors")).ShouldBeFalse();
    }

    private string Out => _folder.File("out");

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
