using System.Text.Json.Nodes;
using RhoLoss.Experiments.Tests.Running;

namespace RhoLoss.Cli.Tests;

/// <summary><c>rho inspect</c> on 210 training images of ten patterns, a tenth of whose labels are drawn anew.</summary>
public sealed class InspectTests : IDisposable
{
    private static readonly string[] Learning = ["--set", "irreducible-loss.epochs=15", "--set", "irreducible-loss.hidden=[32]"];
    private readonly TinyExperiment _tiny = new();
    private readonly string _recipe;

    public InspectTests() => _recipe = _tiny.WriteRecipe();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Json_names_label_suggestion_score_and_kind_and_how_well_known_noise_is_found()
    {
        JsonNode found = Rho.Run(["inspect", _recipe, "--json", "--top", "3", .. Learning]).Json();

        JsonArray examples = found["examples"]!.AsArray();
        examples.Count.ShouldBe(3);
        foreach (JsonNode? example in examples)
        {
            example!["kind"]!.GetValue<string>().ShouldBe("wrong-label");
            example["suggested"]!.GetValue<string>().ShouldNotBe(example["label"]!.GetValue<string>());
            example["score"]!.GetValue<double>().ShouldBeInRange(0.9, 1);
            example["file"]!.GetValue<string>().ShouldBe(_tiny.DataFile(TinyExperiment.TrainImages));
            example["position"]!.GetValue<long>().ShouldBe(example["id"]!.GetValue<long>());
        }
        found["known"]!["averagePrecision"]!.GetValue<double>().ShouldBeInRange(0.3, 1);
        found["known"]!["confidentLearning"]!.GetValue<double>().ShouldBeInRange(0.3, 1);
        found["known"]!["confidentLearningByMargin"]!.GetValue<double>().ShouldBeInRange(0.3, 1);
        found["counts"]!["wrongLabels"]!.GetValue<int>().ShouldBeGreaterThan(3);
        found["counts"]!["training"]!.GetValue<int>().ShouldBe(TinyExperiment.Training);
        found["classes"]!.AsArray().Count.ShouldBe(TinyExperiment.Classes);
    }

    [Fact]
    public void Nothing_is_known_of_data_without_noise_and_a_duplicate_names_the_first()
    {
        byte[] images = File.ReadAllBytes(_tiny.DataFile(TinyExperiment.TestImages));
        const int pixels = TinyExperiment.Side * TinyExperiment.Side, header = TinyExperiment.ImagesHeader;
        images.AsSpan(header, pixels).CopyTo(images.AsSpan(header + pixels));   // test example 1 is 0
        File.WriteAllBytes(_tiny.DataFile(TinyExperiment.TestImages), images);

        JsonNode found = Rho.Run("inspect", _recipe, "--json", "--set", "noise.kind=none", "--set", "noise.fraction=0").Json();

        found.AsObject().ContainsKey("known").ShouldBeFalse();
        JsonNode duplicate = found["examples"]!.AsArray().Single(e => e!["kind"]!.GetValue<string>() == "duplicate")!;
        (duplicate["id"]!.GetValue<int>(), duplicate["part"]!.GetValue<string>()).ShouldBe((1, "test"));
        (duplicate["of"]!["id"]!.GetValue<int>(), duplicate["of"]!["part"]!.GetValue<string>()).ShouldBe((0, "test"));
        duplicate.AsObject().ContainsKey("suggested").ShouldBeFalse();
        duplicate.AsObject().ContainsKey("score").ShouldBeFalse();
    }

    [Fact]
    public void The_table_bounds_what_is_shown_and_says_how_many_there_are()
    {
        Answer answer = Rho.Run(["inspect", _recipe, "--top", "2", .. Learning]);

        answer.Code.ShouldBe(0, answer.Error);
        string[] lines = answer.Output.Split('\n');
        lines[1].ShouldMatch(@"^210 training labels judged by models that have not seen them \(5 × mlp-32\): \d+ are likely wrong; "
            + @"confident learning estimates \d+ wrong ones\.$");
        int title = Array.FindIndex(
            lines, line => line.StartsWith("likely wrong labels, the surest first (2 of ", StringComparison.Ordinal));
        title.ShouldBePositive();
        lines[title + 1].ShouldMatch("^id +label +suggested +score +where$");
        lines[title + 3].ShouldMatch(@"^\d+ .* (0\.\d{3}|1\.000) .*train-images-idx3-ubyte, example \d+, byte \d+$");
        lines[title + 5].ShouldBeEmpty();
        answer.Output.ShouldMatch(@"The noise of this recipe changed \d+ labels: average precision [01]\.\d{3}, "
            + @"of confident learning by the same models [01]\.\d{3} \(by self-confidence\) and [01]\.\d{3} \(by margin\)\. "
            + @"Of the \d+ that are likely wrong \d+ are among them\.");
        answer.Output.ShouldMatch(@"training \d+\.\d s, everything else \d+\.\d s");
    }

    [Fact]
    public void A_run_is_inspected_by_its_recipe_and_takes_nothing_that_changes_it()
    {
        string run = _tiny.File("run");
        Rho.Run(["train", _recipe, "--method", "uniform", "--out", run, "--set", "noise.seed=5", .. Learning]).Code.ShouldBe(0);

        static string Examples(JsonNode found) => found["examples"]!.ToJsonString() + found["known"]!.ToJsonString();
        Examples(Rho.Run("inspect", run, "--json").Json())
            .ShouldBe(Examples(Rho.Run(["inspect", _recipe, "--json", "--set", "noise.seed=5", .. Learning]).Json()));
        Refused("inspect", run, "--set", "noise.seed=5").ShouldBe(
            $"rho: {run} is a run, and inspected with the data that it was started with, so nothing that changes them goes with it. "
            + $"Leave it out, or give the recipe, {Path.Combine(run, "config.toml")}, in place of the run.");

        string config = Path.Combine(run, "config.toml");
        File.WriteAllText(config, File.ReadAllText(config).Replace("seed = 5", "seed = 6", StringComparison.Ordinal));
        Refused("inspect", run, "--quiet").ShouldMatch(
            "was started with other data: inputs, labels or ids of the training set have changed .*Restore the data, or inspect them");
    }

    [Fact]
    public void Files_are_written_once_and_never_over_others()
    {
        string labels = _tiny.File("corrected.csv"), folder = _tiny.File("inspected");
        Answer answer = Rho.Run(["inspect", _recipe, "--write-labels", labels, "--out", folder, "--top", "1", .. Learning]);

        answer.Code.ShouldBe(0, answer.Error);
        answer.Output.ShouldContain($"written to {labels}\nwritten to {Path.Combine(folder, "inspect.csv")}\nand 1 picture beside it\n");
        File.ReadLines(labels).First().ShouldBe("id,class-index,suggested,given,score");
        Rho.Run("config", "show", _recipe, "--set", $"data.labels={labels}").Code.ShouldBe(0);
        Rho.Run("data", "show", "1", "--recipe", _recipe, "--set", $"data.labels={labels}").Error
            .ShouldMatch($"^note: \\d+ labels of {labels}, ");

        byte[] before = File.ReadAllBytes(labels);
        Refused("inspect", _recipe, "--write-labels", labels).ShouldBe(
            $"rho: {labels} is there already, and labels are never written over. Give another --write-labels, or move it away.");
        File.ReadAllBytes(labels).ShouldBe(before);
        Refused("inspect", _recipe, "--out", folder).ShouldBe(
            $"rho: --out must name a folder that is new or empty, but {folder} holds files, and nothing is ever overwritten. "
            + "Give another --out, or move them away.");
    }

    [Fact]
    public void What_cannot_be_inspected_or_written_is_refused_before_anything_is_made()
    {
        Refused("inspect", "messy-small").ShouldBe(
            "rho: rho inspect judges labels that are classes, but the examples of messy-small are documents for a language model, which "
            + "have none. Give a recipe or run whose examples have classes.");
        Refused("inspect", _recipe, "--write-labels", _tiny.File("labels.tsv")).ShouldBe(
            "rho: --write-labels must name a file that ends in .csv, as data.labels reads it, "
            + $"but is {_tiny.File("labels.tsv")}. Name it so.");
        Refused("inspect", _recipe, "--out", _recipe).ShouldBe(
            $"rho: --out must name a folder, but {_recipe} is a file. Give another --out.");
        Refused("inspect", _recipe, "--top", "-1").ShouldBe(
            "rho: --top must be a whole number from 0, the examples of each kind that are shown, but is -1. Set it.");
        Answer ofTexts = Rho.Run("inspect", _recipe, "--set", "irreducible-loss.model=albert-small");
        ofTexts.Code.ShouldBe(2);
        ofTexts.ErrorLines[^1].ShouldStartWith("rho: The model albert-small reads text, but the data are images or numbers.");
        Refused("inspect", "photos", "--set", $"data.directory={_tiny.File("pets")}", "--out", _tiny.File("pets/new")).ShouldBe(
            $"rho: --out must not lie in data.directory, where every folder is a class, but {_tiny.File("pets/new")} lies in "
            + $"{_tiny.File("pets")}. Give an --out elsewhere.");
        Refused("inspect", "quikstart").ShouldStartWith("rho: There is no recipe quikstart. The nearest is quickstart");
        Refused("inspect", _tiny.File("nowhere/run.toml")).ShouldContain("there is no such recipe file");
        Refused("inspect", _recipe, "--out", _tiny.File("new"), "--set", "data.directory=nowhere").ShouldContain("nowhere: no such folder");
        Directory.Exists(_tiny.File("new")).ShouldBeFalse();
    }

    [Fact]
    public void Texts_are_judged_too_and_equal_ones_are_duplicates_though_their_rare_words_are_unknown()
    {
        string file = _tiny.File("reviews.csv");
        // Words once in the file are unknown to the model, so that the last two texts are one to it.
        string[] texts =
        [
            .. Enumerable.Range(0, 30).SelectMany(i => (string[])[$"good great fine {Word(i)},yes", $"bad poor weak {Word(i)},no"]),
            "good great fine aa,yes", "once,no", "never,no",
        ];
        File.WriteAllText(file, "text,label\n" + string.Join('\n', texts) + "\n");
        JsonNode found = Rho.Run("inspect", "texts", "--json", "--quiet", "--set", $"data.training-file={file}",
            "--set", "irreducible-loss.epochs=1", "--set", "irreducible-loss.model=albert-small", "--set", "data.max-length=12").Json();

        JsonNode duplicate = found["examples"]!.AsArray().Where(e => e!["kind"]!.GetValue<string>() == "duplicate")
            .ShouldHaveSingleItem().ShouldNotBeNull();
        long[] lines = [duplicate["line"]!.GetValue<long>(), LineOf(duplicate["of"]!["where"]!.GetValue<string>())];
        lines.Order().ShouldBe([2, 62]);   // behind the header, the first text and the sixty-first
        duplicate["text"]!.GetValue<string>().ShouldBe("good great fine aa");

        static string Word(int i) => $"{(char)('a' + i / 6)}{(char)('a' + i % 6)}";
        static long LineOf(string where) => long.Parse(where.Split(", line ")[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string Refused(params string[] args)
    {
        Answer answer = Rho.Run(args);
        answer.Code.ShouldBe(2, answer.Output);
        answer.Output.ShouldBeEmpty();
        return answer.ErrorLines.ShouldHaveSingleItem();
    }
}
