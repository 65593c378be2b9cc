using SkiaSharp;

namespace RhoLoss.Cli.Tests;

/// <summary>People's own images and texts, from a folder given where a recipe belongs to a run without noise.</summary>
public sealed class OwnDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Images => _folder.File("pictures");

    private string Reviews => _folder.File("reviews.csv");

    [Theory]
    [InlineData("train")]
    [InlineData("compare")]
    [InlineData("holdout")]
    [InlineData("plan")]
    [InlineData("config show")]
    public void A_folder_of_images_in_place_of_a_recipe_is_answered_with_the_command_that_trains_on_it(string command)
    {
        WriteImages();

        Answer answer = Rho.Run([.. command.Split(' '), Images]);

        answer.Code.ShouldBe(2);
        answer.Output.ShouldBeEmpty();
        answer.ErrorLines.ShouldHaveSingleItem().ShouldBe(
            $"rho: {Images} is a folder, but a recipe is expected. "
            + $"Train on its images with `rho train photos --set data.directory={Images}`; `rho data check {Images}` looks at them first.");
    }

    [Fact]
    public void The_commands_of_the_answers_work()
    {
        WriteImages();
        WriteReviews("text,label");
        File.Copy(Reviews, Directory.CreateDirectory(_folder.File("texts of mine")).FullName + "/train.csv");

        Train(Rho.Run("train", Images));
        Train(Rho.Run("train", Reviews));
        Train(Rho.Run("train", _folder.File("texts of mine")));

        void Train(Answer asked)
        {
            string command = asked.Error.Split('`')[1];
            string[] words = [.. command.Split(" --set ")
                .SelectMany((part, i) => i == 0 ? part.Split(' ')[1..] : ["--set", part.Trim('\'')])];
            Answer answer = Rho.Run(
                [.. words, "--method", "uniform", "--set", "training.epochs=1", "--out", _folder.File(Guid.NewGuid().ToString("N"))]);
            answer.Code.ShouldBe(0, answer.Error);
            answer.Error.ShouldNotContain("drawn anew");
            answer.Error.ShouldNotContain("has no effect");
        }
    }

    [Fact]
    public void A_file_of_texts_is_answered_with_its_columns()
    {
        WriteReviews("review,stars");

        Rho.Run("train", Reviews).ErrorLines.ShouldHaveSingleItem().ShouldBe(
            $"rho: {Reviews} is a file of data, but a recipe is expected. "
            + $"Train on it with `rho train texts --set data.training-file={Reviews} --set data.text-column=review "
            + "--set data.label-column=stars`.");
    }

    [Fact]
    public void Folders_that_hold_something_else_are_answered_too()
    {
        string empty = Directory.CreateDirectory(_folder.File("empty")).FullName;
        Refused(empty).ShouldContain("It holds neither images (.jpg, .jpeg, .png) nor texts (.csv, .tsv).");

        string flat = Directory.CreateDirectory(_folder.File("flat")).FullName;
        WriteImage(Path.Combine(flat, "a.png"), SKColors.Red);
        Refused(flat).ShouldContain($"Its images need a folder for each class: put them into {flat}/CLASS");

        string run = Directory.CreateDirectory(_folder.File("run")).FullName;
        File.WriteAllText(Path.Combine(run, "config.toml"), "");
        Refused(run).ShouldContain($"It holds a run: continue it with `rho train --resume {run}`");

        string Refused(string path)
        {
            Answer answer = Rho.Run("train", path);
            answer.Code.ShouldBe(2);
            return answer.ErrorLines.ShouldHaveSingleItem();
        }
    }

    [Theory]
    [InlineData("train", true)]
    [InlineData("compare", true)]
    [InlineData("holdout", false)]
    public void A_recipe_that_puts_noise_into_the_users_own_labels_says_so(string command, bool takesFolder)
    {
        WriteImages();

        Answer answer = Rho.Run([
            command, "quickstart", "--set", "data.set=image-folder", "--set", $"data.directory={Images}",
            "--set", "data.image-size=8", "--set", "training.epochs=1", "--set", "irreducible-loss.epochs=1",
            "--set", "training.methods=[\"uniform\"]", "--seeds", "0",
            "--set", $"irreducible-loss.file={_folder.File("il.safetensors")}",
            .. takesFolder ? (string[])["--out", _folder.File("out")] : [],
        ]);

        answer.Code.ShouldBe(0, answer.Error);
        answer.ErrorLines[0].ShouldBe("note: 10 % of the labels of your own data are replaced by random ones, because noise.kind is "
            + "uniform and noise.fraction 0.1 (recipe quickstart). To train on your labels as they are, start from the recipe photos, "
            + "or set noise.kind=none and noise.fraction=0.");
    }

    [Fact]
    public void A_network_without_convolutions_at_224_pixels_is_pointed_to_a_smaller_size()
    {
        // 3 · 224 · 224 = 150,528. Showing the recipe is enough; the commands that run it share the notes.
        Answer answer = Rho.Run("config", "show", "quickstart", "--set", "data.set=image-folder", "--set", "data.directory=photos");

        answer.Error.ShouldContain("note: model.name and irreducible-loss.model = mlp would read 150,528 numbers an image, "
            + "because images are read at 224×224 pixels");
        answer.Error.ShouldContain("Set data.image-size=32, or model.name and irreducible-loss.model to small-cnn.");
        Rho.Run("config", "show", "photos", "--set", "data.directory=photos").Error.ShouldBeEmpty();
        Rho.Run("config", "show", "quickstart").Error.ShouldBeEmpty();
    }

    [Fact]
    public void Keys_without_effect_are_noted_and_nothing_else_is()
    {
        Answer answer = Rho.Run("train", "quickstart", "--method", "uniform", "--set", "training.epochs=1",
            "--set", "optimizer.momentum=0.9", "--set", "data.max-length=20", "--out", _folder.File("run"));

        answer.Code.ShouldBe(0, answer.Error);
        answer.ErrorLines[..2].ShouldBe([
            "note: data.max-length = 20 (--set) has no effect here: it is only read for texts (data.set = text, cola or sst-2). Remove it.",
            "note: optimizer.momentum = 0.9 (--set) has no effect here: it is only read for optimizer.name = sgd. Remove it.",
        ]);
        answer.Error.Split("has no effect").Length.ShouldBe(3);
    }

    [Fact]
    public void A_test_image_that_is_none_is_named_before_the_irreducible_loss_model_trains()
    {
        foreach (string part in (string[])["train", "valid", "test"]) { WriteImages(Path.Combine(Images, part)); }
        string bad = Path.Combine(Images, "test", "dog", "1.png");
        File.WriteAllText(bad, "no image");

        Answer answer = Rho.Run("compare", "photos", "--set", $"data.directory={Images}",
            "--set", $"irreducible-loss.file={_folder.File("il.safetensors")}", "--out", _folder.File("out"));

        answer.Code.ShouldBe(2);
        // 2 classes of 8 images.
        answer.ErrorLines.ShouldHaveSingleItem()
            .ShouldStartWith($"rho: 1 of 16 test images cannot be read. {bad}: not a readable JPEG or PNG image (");
        File.Exists(_folder.File("il.safetensors")).ShouldBeFalse("nothing was trained");
        Directory.Exists(_folder.File("out")).ShouldBeFalse("nothing is half-written");
    }

    [Fact]
    public void Copies_of_images_are_told_by_the_check_and_where_a_run_starts()
    {
        foreach ((string part, byte green) in new (string, byte)[] { ("train", 0), ("valid", 50), ("test", 100) })
        {
            WriteImages(Path.Combine(Images, part), green);
        }
        const string two = "1 image has more than one label, in 2 examples: train/cat/0.png ('cat') and train/dog/copy.png ('dog'). ";
        const string tested = "1 of the 17 test examples is in the training set or holdout too: test/cat/copy.png is valid/cat/1.png. ";
        string[] run = ["train", "photos", "--method", "uniform", "--set", $"data.directory={Images}", "--set", "data.image-size=24",
            "--set", "training.epochs=1", "--out"];
        Rho.Run([.. run, _folder.File("before")]).Error.ShouldNotContain(Images + ": ");
        File.Copy(Path.Combine(Images, "train", "cat", "0.png"), Path.Combine(Images, "train", "dog", "copy.png"));
        File.Copy(Path.Combine(Images, "valid", "cat", "1.png"), Path.Combine(Images, "test", "cat", "copy.png"));

        Answer check = Rho.Run("data", "check", Images);
        check.Code.ShouldBe(0, check.Error);
        check.Output.ShouldContain($"  note: {Images}: {tested}");
        check.Output.ShouldContain($"  note: {Images}: {two}");
        check.Output.ShouldEndWith($"  no problem, but see the notes{Environment.NewLine}");

        Answer answer = Rho.Run([.. run, _folder.File("run")]);
        answer.Code.ShouldBe(0, answer.Error);
        answer.Error.ShouldContain($"note: {Images}: {tested}");
        answer.Error.ShouldContain($"note: {Images}: {two}");
        File.ReadAllText(Path.Combine(_folder.File("run"), "notices.json")).ShouldContain("1 image has more than one label");
    }

    [Fact]
    public void Files_of_other_formats_are_answered_with_what_they_are()
    {
        string folder = Directory.CreateDirectory(_folder.File("lines")).FullName, file = Path.Combine(folder, "a.jsonl");
        File.WriteAllText(file, "{}");
        const string convert = "Convert it to CSV, in Python: `import pandas; pandas.read_json(\"a.jsonl\", lines=True).to_csv(";
        Rho.Run("data", "check", folder).ErrorLines.ShouldHaveSingleItem().ShouldStartWith(
            $"rho: {folder}: neither folders of images, one per class, nor texts in train.csv or train.tsv. "
            + $"It holds a.jsonl (JSON lines). {convert}");
        Rho.Run("train", folder).ErrorLines.ShouldHaveSingleItem().ShouldStartWith(
            $"rho: {folder} is a folder, but a recipe is expected. It holds a.jsonl (JSON lines). {convert}");
        Rho.Run("train", file).ErrorLines.ShouldHaveSingleItem().ShouldStartWith(
            $"rho: {file} is a file of data, but a recipe is expected. By its name it is JSON lines, which is not read. {convert}");
    }

    [Fact]
    public void A_training_file_in_capitals_or_gzipped_is_found()
    {
        WriteReviews("text,label");
        string folder = Directory.CreateDirectory(_folder.File("capitals")).FullName;
        File.Copy(Reviews, Path.Combine(folder, "TRAIN.CSV"));
        Rho.Run("data", "check", folder).Output.ShouldStartWith($"text: {Path.Combine(folder, "TRAIN.CSV")}; ");
        Rho.Run("train", folder).ErrorLines.ShouldHaveSingleItem().ShouldContain($"`rho train texts --set data.directory={folder}`");
    }

    [Fact]
    public void Every_image_that_cannot_be_read_is_one_problem()
    {
        WriteImages();
        for (int i = 0; i < 3; i++) { File.WriteAllText(Path.Combine(Images, "cat", $"bad {i}.png"), "no image"); }
        Answer check = Rho.Run("data", "check", Images);
        check.Code.ShouldBe(2);
        check.Output.ShouldEndWith($"  3 problems{Environment.NewLine}");
    }

    [Fact]
    public void One_epoch_and_one_step_are_not_epochs_and_steps()
    {
        WriteImages();

        Answer answer = Rho.Run("train", "photos", "--set", $"data.directory={Images}", "--set", "data.image-size=24",
            "--method", "uniform", "--set", "training.epochs=1", "--out", _folder.File("run"));

        // 16 images, of which 4 are the test set and 4 hold out: 8 candidates are one step.
        answer.Code.ShouldBe(0, answer.Error);
        answer.Error.ShouldContain("% after 1 step (best");
        answer.Output.ShouldContain("one seed; 1 epoch, in which every point is a candidate once and 20 % are trained on.");
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Eight images of each class, each of a colour of its own.</summary>
    private void WriteImages(string? root = null, byte green = 0)
    {
        foreach ((string name, SKColor color) in new[] { ("cat", SKColors.Red), ("dog", SKColors.Blue) })
        {
            for (byte i = 0; i < 8; i++)
            {
                WriteImage(Path.Combine(root ?? Images, name, $"{i}.png"), color.WithGreen((byte)(green + i)));
            }
        }
    }

    private static void WriteImage(string path, SKColor color)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(8, 8, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        bitmap.Erase(color);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
    }

    /// <summary>Twenty texts of each of two classes.</summary>
    private void WriteReviews(string header) =>
        File.WriteAllLines(Reviews, [header, .. Enumerable.Range(0, 40)
            .Select(i => $"the film was {(i % 2 == 0 ? "slow and bad" : "bright and good")} {i},{i % 2}")]);
}
