using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>Ten classes of 42 images: 210 to judge and 210 held out, or, without a holdout, 420 to judge.</summary>
public sealed class DataInspectionTests : IDisposable
{
    /// <summary>Enough for the models to know the patterns.</summary>
    private static readonly string[] Learning = ["irreducible-loss.epochs=15", "irreducible-loss.hidden=[32]"];

    private static readonly string[] Clean = ["noise.kind=none", "noise.fraction=0", "data.holdout-fraction=0", .. Learning];

    private readonly TinyExperiment _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Labels_that_noise_changed_come_first_and_are_suggested_as_they_were()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe([.. Learning, "noise.fraction=0.2"]);
        InspectionReport report = Inspect(recipe);

        using ExperimentData data = ExperimentData.Load(recipe);
        HashSet<long> changed = [.. data.Training.Ids.masked_select(data.Training.Flag(ExampleFlags.LabelChanged)!).data<long>()];
        KnownNoise known = report.Known.ShouldNotBeNull();
        known.WrongLabels.ShouldBe(changed.Count);
        known.Found.ShouldBe(report.WrongLabels.Count(e => changed.Contains(e.Id)));
        double chance = (double)changed.Count / data.Training.Count;   // of an order that knows nothing: below 0.2
        known.AveragePrecision.ShouldBeGreaterThan(3 * chance);
        known.ConfidentLearning.ShouldBeGreaterThan(3 * chance);
        known.ConfidentLearningByMargin.ShouldBeGreaterThan(3 * chance);
        report.Counts.Training.ShouldBe(TinyExperiment.Training);
        report.Counts.WrongLabels.ShouldBe(report.WrongLabels.Count);
        report.WrongLabels.Select(e => e.Score!.Value).ShouldBeInOrder(SortDirection.Descending);
        report.WrongLabels.ShouldAllBe(e =>
            e.Score >= 0.9 && e.Suggested != e.Label && e.Part == "training" && e.Kind == InspectedExample.WrongLabel);
        InspectedExample[] found = [.. report.WrongLabels.Take(10)];
        found.Count(e => changed.Contains(e.Id)).ShouldBeGreaterThan(7);
        // Class i of the file has the examples i, i + 10, …
        string[] names = [.. data.ClassNames];
        found.Where(e => changed.Contains(e.Id)).ShouldAllBe(e => e.Suggested == names[(int)(e.Id % 10)]);
        report.Classes.Sum(c => c.Count).ShouldBe(TinyExperiment.Training);
        report.Classes.Sum(c => c.WrongLabels).ShouldBe(report.WrongLabels.Count);
        report.Classes.Sum(c => c.EstimatedWrongLabels).ShouldBe(report.Counts.EstimatedWrongLabels, tolerance: 1e-9);
    }

    [Fact]
    public void Without_noise_nothing_is_known_and_the_same_recipe_finds_the_same_again()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe(Clean);
        InspectionReport one = Inspect(recipe), other = Inspect(recipe);

        one.Known.ShouldBeNull();
        one.Counts.Training.ShouldBe(420);
        one.WrongLabels.Select(e => (e.Id, e.Score)).ShouldBe(other.WrongLabels.Select(e => (e.Id, e.Score)));
        one.Duplicates.ShouldBeEmpty();
    }

    [Fact]
    public void Equal_images_are_found_within_a_part_and_across_parts_and_known_copies_are_not()
    {
        using var check = new NoTensorLeaks();
        // Example 7 gets the pixels of 5, which has another label, and so does test example 3; test example 9 gets those of test example 8.
        CopyImage(TinyExperiment.TrainImages, 5, TinyExperiment.TrainImages, 7);
        CopyImage(TinyExperiment.TrainImages, 5, TinyExperiment.TestImages, 3);
        CopyImage(TinyExperiment.TestImages, 8, TinyExperiment.TestImages, 9);
        Recipe recipe = _tiny.Recipe([.. Clean, "data.duplicate=2", "irreducible-loss.epochs=1"]);
        InspectionReport report = Inspect(recipe);

        report.Duplicates.Select(e => (e.Part, e.Id, e.Of!.Part, e.Of.Id)).ShouldBe(
            [("training", 7L, "training", 5L), ("test", 3, "training", 5), ("test", 9, "test", 8)]);
        InspectedExample first = report.Duplicates[0];
        (first.Label, first.Of!.Label).ShouldBe(("Sneaker", "Sandal"));   // labels 7 and 5
        first.File.ShouldBe(_tiny.DataFile(TinyExperiment.TrainImages));
        first.Position.ShouldBe(7);
        report.Counts.Duplicates.ShouldBe(3);
        report.Counts.Copies.ShouldBe(420);
        report.Counts.Training.ShouldBe(840);
        report.WrongLabels.ShouldAllBe(e => e.Id < 420);   // a copy has no label of its own to correct
        report.WrongLabels.Select(e => e.Id).ShouldBeUnique();
    }

    [Fact]
    public void The_proposed_labels_are_read_by_data_labels_and_take_the_place_of_those_there_were()
    {
        using var check = new NoTensorLeaks();
        // Wrong labels for every seventh example: that of the next class.
        long[] wrong = [.. Enumerable.Range(0, 60).Select(i => 7L * i)];
        string given = _tiny.File("given.csv"), proposed = _tiny.File("proposed.csv");
        File.WriteAllText(given, "id,class-index\n" + string.Concat(wrong.Select(id =>
            string.Create(CultureInfo.InvariantCulture, $"{id},{(id + 1) % 10}\n"))));
        Recipe recipe = _tiny.Recipe([.. Clean, $"data.labels={given}"]);
        InspectionReport report = Inspect(recipe, new InspectionOptions(Top: 3, LabelsFile: proposed));

        report.Written.ShouldBe([proposed]);
        report.WrongLabels.Count.ShouldBeGreaterThan(20);
        Dictionary<long, string> before = LabelsOf(recipe), after = LabelsOf(_tiny.Recipe([.. Clean, $"data.labels={proposed}"]));
        foreach (InspectedExample example in report.WrongLabels)
        {
            before[example.Id].ShouldBe(example.Label);
            after[example.Id].ShouldBe(example.Suggested);
            before[example.Id] = example.Suggested!;
        }
        after.ShouldBe(before);   // all others as they were, those of the first file included
        string[] names = [.. report.Classes.Select(c => c.Name)];
        wrong.Count(id => after[id] == names[id % 10]).ShouldBeGreaterThan(30);   // half of them at least were put right
    }

    [Fact]
    public void No_class_is_left_without_an_example()
    {
        using var check = new NoTensorLeaks();
        using ExampleViewer viewer = ExampleViewer.Open(_tiny.Recipe(Clean));
        // All of class 9 would become 0: the least sure one stays.
        JudgedLabel[] likely =
        [
            .. Enumerable.Range(0, 42).Select(i => new JudgedLabel(10 * i + 9, 10 * i + 9, Given: 9, Suggested: 0, Score: 1 - i / 100.0)),
        ];
        string[] ids = [.. LabelCorrections.Of(_tiny.Recipe(Clean), viewer, likely).Rows.Skip(1).Select(row => row[0])];
        ids.ShouldBe([.. Enumerable.Range(0, 41).Select(i => $"{10 * i + 9}")]);
    }

    [Fact]
    public void A_folder_holds_everything_found_and_pictures_of_the_first()
    {
        using var check = new NoTensorLeaks();
        CopyImage(TinyExperiment.TrainImages, 5, TinyExperiment.TrainImages, 7);
        string folder = _tiny.File("inspected");
        Recipe recipe = _tiny.Recipe([.. Clean, "noise.kind=uniform", "noise.fraction=0.2"]);
        InspectionReport report = Inspect(recipe, new InspectionOptions(Top: 2, Folder: folder));

        string[] lines = File.ReadAllLines(Path.Combine(folder, InspectionFiles.TableName));
        lines[0].ShouldBe("id,part,kind,label,suggested,score,of id,of part,of label,file,line,position,text");
        lines.Length.ShouldBe(1 + report.WrongLabels.Count + report.Duplicates.Count);
        report.WrongLabels.Count.ShouldBeGreaterThan(2);
        lines[1].ShouldStartWith(string.Create(CultureInfo.InvariantCulture, $"{report.WrongLabels[0].Id},training,wrong-label,"));
        lines[^1].ShouldStartWith("7,training,duplicate,");
        lines[^1].ShouldContain(",5,training,");
        report.WrongLabels.Select(e => e.Picture).Take(3).ShouldBe(
            [.. report.WrongLabels.Take(2).Select(e => Path.Combine(folder, $"training-{e.Id}.png")), null]);
        Directory.GetFiles(folder, "*.png").Length.ShouldBe(2);
    }

    private static InspectionReport Inspect(Recipe recipe, InspectionOptions? options = null) => DataInspection.Run(
        recipe, options ?? new InspectionOptions(InspectionOptions.UsualTop), _ => { },
        cancellation: TestContext.Current.CancellationToken);

    private static Dictionary<long, string> LabelsOf(Recipe recipe)
    {
        using IDisposable scope = NewDisposeScope();
        using ExperimentData data = ExperimentData.Load(recipe);
        return data.Training.Ids.data<long>().Zip(data.Training.Labels.data<long>())
            .ToDictionary(pair => pair.First, pair => data.ClassNames[(int)pair.Second]);
    }

    private void CopyImage(string from, int source, string to, int target)
    {
        const int pixels = TinyExperiment.Side * TinyExperiment.Side;
        byte[] image = File.ReadAllBytes(_tiny.DataFile(from)).AsSpan(TinyExperiment.ImagesHeader + source * pixels, pixels).ToArray();
        byte[] file = File.ReadAllBytes(_tiny.DataFile(to));
        image.CopyTo(file, TinyExperiment.ImagesHeader + target * pixels);
        File.WriteAllBytes(_tiny.DataFile(to), file);
    }
}
