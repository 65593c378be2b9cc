using System.Globalization;
using System.Text.Json.Nodes;
using RhoLoss.Experiments.Tests.Running;
using SkiaSharp;

namespace RhoLoss.Cli.Tests;

/// <summary>
/// <c>rho data show</c> on 420 training and holdout images of 8×8 pixels in an IDX file, a tenth of whose labels are drawn anew.
/// </summary>
public sealed class DataShowTests : IDisposable
{
    private const int Pixels = TinyExperiment.Side * TinyExperiment.Side;
    private readonly TinyExperiment _tiny = new();
    private readonly string _recipe;

    public DataShowTests() => _recipe = _tiny.WriteRecipe();

    private string Out => _tiny.File("pictures");

    [Fact]
    public void The_picture_is_what_the_file_holds_at_the_offset()
    {
        JsonNode example = Show("33", "--out", Out)[0]!;

        example["part"]!.GetValue<string>().ShouldBeOneOf("training", "holdout");
        example["file"]!.GetValue<string>().ShouldBe(_tiny.DataFile(TinyExperiment.TrainImages));
        example["position"]!.GetValue<long>().ShouldBe(33);
        long offset = example["offset"]!.GetValue<long>();
        offset.ShouldBe(TinyExperiment.ImagesHeader + 33 * Pixels);
        string picture = example["picture"]!.GetValue<string>();
        picture.ShouldBe(Path.Combine(Out, $"{example["part"]}-33.png"));
        using SKBitmap decoded = SKBitmap.Decode(picture);
        decoded.Pixels.Select(pixel => pixel.Red)
            .ShouldBe(File.ReadAllBytes(example["file"]!.GetValue<string>())[(int)offset..(int)(offset + Pixels)]);
    }

    [Fact]
    public void Labels_are_those_that_a_run_trains_on_and_those_of_the_file()
    {
        byte[] labels = File.ReadAllBytes(_tiny.DataFile(TinyExperiment.TrainLabels))[TinyExperiment.LabelsHeader..];
        string[] names = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

        JsonNode[] all = [.. Show([.. Enumerable.Range(0, labels.Length).Select(i => i.ToString(CultureInfo.InvariantCulture))])
            .AsArray()
            .Where(e => Part(e) != "test")
            .Select(e => e!)];

        all.Length.ShouldBe(labels.Length);
        all.Select(e => e["storedLabel"]!.GetValue<string>()).ShouldBe(labels.Select(label => names[label]));
        JsonNode[] training = [.. all.Where(e => Part(e) == "training")];
        int changed = training.Count(e => Text(e, "label") != Text(e, "storedLabel"));
        int drawn = training.Count(e => e["corrupted"]!.GetValue<bool>());
        changed.ShouldBeInRange(1, drawn);
        Rho.Run("train", _recipe, "--method", "uniform", "--out", _tiny.File("run")).Error
            .ShouldContain(
                string.Create(CultureInfo.InvariantCulture, $"; {drawn} training labels drawn anew, {changed} of them changed by it"));
        string id = training.First(e => Text(e, "label") != Text(e, "storedLabel"))["id"]!.ToString();
        Rho.Run("data", "show", id, "--recipe", _recipe).Output.ShouldMatch(@"training  .+ \(.+ in the files\)  ");
    }

    [Fact]
    public void A_run_shows_its_own_data_and_takes_nothing_that_changes_them()
    {
        Rho.Run("train", _recipe, "--method", "uniform", "--out", _tiny.File("run"), "--set", "noise.seed=5").Code.ShouldBe(0);

        JsonNode ofRun = Rho.Run("data", "show", "1", "2", "3", "--run", _tiny.File("run"), "--json").Json();
        ofRun.ToJsonString()
            .ShouldBe(Rho.Run("data", "show", "1", "2", "3", "--recipe", _recipe, "--set", "noise.seed=5", "--json").Json().ToJsonString());
        Refused("data", "show", "1", "--run", _tiny.File("run"), "--set", "noise.seed=5")
            .ShouldStartWith("rho: --run shows the data that a run was started with");
        Refused("data", "show", "1", "--run", _tiny.File("run"), "--recipe", _recipe)
            .ShouldStartWith("rho: --run shows the data that a run was started with");
        Refused("data", "show", "1", "--run", _tiny.File("none")).ShouldContain("there is no such run folder");
    }

    [Fact]
    public void Labels_of_another_file_and_copies_are_told()
    {
        File.WriteAllText(_tiny.File("labels.csv"), "id,label\n2,Bag\n");
        string[] settings =
        [
            "--set", $"data.labels={_tiny.File("labels.csv")}", "--set", "data.duplicate=2", "--set", "noise.kind=none",
            "--set", "noise.fraction=0",
        ];

        JsonNode relabelled = Show(["2", .. settings])[0]!;
        (Text(relabelled, "label"), Text(relabelled, "storedLabel")).ShouldBe(("Bag", "Pullover"));   // label of id i is class i mod 10

        // Ids of copies count on from the largest id of training set and holdout, 419; the first is of the first training example.
        JsonNode copy = Show(["420", .. settings])[0]!;
        long original = copy["copyOf"]!.GetValue<long>();
        original.ShouldBeInRange(0, 419);
        copy["offset"]!.GetValue<long>().ShouldBe(TinyExperiment.ImagesHeader + original * Pixels);
        Rho.Run(["data", "show", "420", "--recipe", _recipe, .. settings]).Output
            .ShouldContain($"copy of {original}: {_tiny.DataFile(TinyExperiment.TrainImages)}, example {original}, byte ");
    }

    [Fact]
    public void An_id_that_the_test_set_has_too_is_two_examples()
    {
        // 420 training and holdout examples, 100 test examples, both counted from 0.
        Show("99").AsArray().Select(Part).ShouldBe([Part(Show("99")[0]), "test"]);
        Show("100").AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public void Unknown_ids_are_one_error_and_nothing_is_written()
    {
        Refused("data", "show", "3", "420", "9999", "--recipe", _recipe, "--out", Out)
            .ShouldMatch(@"^rho: fashion-mnist has no example with id 420, 9999 "
                + @"\(ids: training \d+ to \d+, holdout \d+ to \d+, test 0 to 99\)\. Give ids of these data");
        Directory.Exists(Out).ShouldBeFalse();
        Refused("data", "show", "seven", "--recipe", _recipe)
            .ShouldBe("rho: An id must be a whole number from 0, but is 'seven'. Give ids separated by blanks: rho data show 17 203.");
        Refused("data", "show", "-1", "--recipe", _recipe).ShouldBe(
            "rho: An id must be a whole number from 0, but is '-1'. Give ids separated by blanks: rho data show 17 203.");
        Refused("data", "show", "7", "--recipes", _recipe).ShouldContain("`rho data show` has no option --recipes.");
        // Beyond the ids of the test set. Of the one class in ten that is thinned out,
        // a twentieth stays: at most one or two of these twenty.
        string[] ids = [.. Enumerable.Range(100, 200).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        Refused(["data", "show", .. ids, "--recipe", _recipe, "--set", "data.relevance-classes=9", "--set", "data.relevance-share=0.05"])
            .ShouldContain("but data.long-tail or data.relevance-classes leave them out.");
    }

    [Fact]
    public void Texts_are_told_with_their_lines()
    {
        string file = _tiny.File("reviews.csv");
        // The third example begins on line 4 and has a line break, so that the fourth begins on line 6.
        File.WriteAllText(file, "text,label\n"
            + string.Concat(Enumerable.Range(0, 40).Select(i => i == 2 ? "\"two\nlines\",0\n" : $"text number {i},{i % 2}\n")));
        string[] recipe = ["--recipe", "texts", "--set", $"data.training-file={file}"];

        JsonArray examples = Rho.Run(["data", "show", "2", "3", "--json", .. recipe]).Json()["examples"]!.AsArray();
        examples.Select(e => e!["line"]!.GetValue<int>()).ShouldBe([4, 6]);
        examples.Select(e => Text(e!, "text")).ShouldBe(["two\nlines", "text number 3"]);
        Rho.Run(["data", "show", "2", .. recipe]).Output.ShouldContain($"{file}, line 4\n    two[U+000A]lines\n");
        Refused(["data", "show", "2", .. recipe, "--out", Out])
            .ShouldStartWith("rho: Pictures are written of images, but the examples of text are texts.");
    }

    [Fact]
    public void Images_are_told_with_their_files_and_drawn_on_demand()
    {
        string folder = _tiny.File("pets");
        foreach ((string name, SKColor color) in new[] { ("cat", SKColors.Red), ("dog", SKColors.Blue) })
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            for (int i = 0; i < 8; i++)
            {
                using var bitmap = new SKBitmap(24, 24, SKColorType.Rgba8888, SKAlphaType.Opaque);
                bitmap.Erase(color);
                using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
                File.WriteAllBytes(Path.Combine(folder, name, $"{i}.png"), png.ToArray());
            }
        }
        string[] recipe = ["--recipe", "photos", "--set", $"data.directory={folder}", "--set", "data.image-size=24"];

        // 8 cats, then 8 dogs: id 11 is the fourth dog.
        JsonNode dog = Rho.Run(["data", "show", "11", "--json", "--out", Out, .. recipe]).Json()["examples"]![0]!;
        (Text(dog, "label"), Text(dog, "file")).ShouldBe(("dog", Path.Combine(folder, "dog", "3.png")));
        using SKBitmap decoded = SKBitmap.Decode(Text(dog, "picture"));
        (decoded.Width, decoded.Height).ShouldBe((24, 24));
        decoded.Pixels.ShouldAllBe(pixel => pixel == SKColors.Blue);
        Rho.Run(["data", "show", "11", .. recipe]).Output.ShouldNotContain("→");
    }

    [Fact]
    public void Without_a_recipe_the_data_of_quickstart_are_shown() =>
        Rho.Run("data", "show", "10000").Output
            .ShouldMatch(@"10000  holdout  .+  built-in holdout-images-idx3-ubyte\.gz, example 0, byte 16\n");

    [Theory]
    [InlineData("uniform")]
    [InlineData("rho-loss")]
    public void A_run_that_explodes_names_the_files_of_its_examples(string method)
    {
        Answer answer = Rho.Run("train", _recipe, "--method", method, "--out", _tiny.File("run"), "--quiet",
            "--set", "optimizer.learning-rate=1e30");

        answer.Code.ShouldBe(1);
        answer.ErrorLines.ShouldHaveSingleItem()
            .ShouldMatch($@" Id (\d+) is {_tiny.DataFile(TinyExperiment.TrainImages)}, example \1, byte \d+; id ");
    }

    public void Dispose() => _tiny.Dispose();

    private static string Text(JsonNode example, string field) => example[field]!.GetValue<string>();

    private static string Part(JsonNode? example) => Text(example!, "part");

    private JsonNode Show(params string[] args) => Rho.Run(["data", "show", .. args, "--recipe", _recipe, "--json"]).Json()["examples"]!;

    private static string Refused(params string[] args)
    {
        Answer answer = Rho.Run(args);
        answer.Code.ShouldBe(2, answer.Error);
        answer.Output.ShouldBeEmpty();
        return answer.ErrorLines.ShouldHaveSingleItem();
    }
}
