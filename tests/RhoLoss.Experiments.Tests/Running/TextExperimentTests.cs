using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>A user's own texts from file to finished comparison, and other labels for data of any kind.</summary>
public sealed class TextExperimentTests : IDisposable
{
    private static readonly MachineSummary Machine = new("a processor", Cores: 2, MemoryBytes: 1L << 30, Threads: 1, "cpu");

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Own_texts_are_trained_on_compared_and_evaluated_by_the_names_of_their_classes()
    {
        using var check = new NoTensorLeaks();
        ResolvedRecipe resolved = Resolved();
        using (ExperimentData data = ExperimentData.Load(resolved.Recipe))
        {
            data.ClassNames.ShouldBe(["bad", "good"]);
            // A fifth of 100 is tested on, half of the rest held out.
            (data.Training.Count, data.Holdout!.Count, data.Test.Count).ShouldBe((40, 40, 20));
            data.Training.Tokens!.Size.ShouldBe(4 + 8);                                             // the special ones and the words below
        }
        ComparisonSummary summary = Comparison.Run(resolved.Recipe, RunFolder.CreateAt(_folder.File("comparison")), Machine, _ => { },
            CancellationToken.None);
        // 4 epochs of ⌈40 / 20⌉ steps.
        summary.Arms.Select(arm => (arm.Method, arm.Steps)).ShouldBe([("uniform", 8), ("rho-loss+proxy", 8)]);

        RunFolder folder = RunFolder.CreateAt(_folder.File("run"));
        File.WriteAllText(folder.ConfigPath, resolved.ToToml());
        ArmSummary arm = SingleRun.Run(resolved.Recipe, folder, Machine, resume: false, _ => { }, CancellationToken.None).Arms[0];
        CheckpointEvaluation evaluation = CheckpointEvaluation.Run(folder, "last", _ => { });
        evaluation.Accuracy.ShouldBe(arm.FinalAccuracy);
        evaluation.ByClass.Select(c => (c.Name, c.Count)).ShouldBe([("bad", 10), ("good", 10)]);
    }

    [Fact]
    public void Other_labels_replace_those_of_a_data_set_before_noise()
    {
        using var check = new NoTensorLeaks();
        using var tiny = new TinyExperiment();
        long[] ids, before;
        using (ExperimentData plain = ExperimentData.Load(tiny.Recipe("noise.fraction=0")))
        {
            (ids, before) = (Longs(plain.Training.Ids), Longs(plain.Training.Labels));
        }
        long other = (before[0] + 1) % TinyExperiment.Classes;
        string path = tiny.File("labels.csv");
        File.WriteAllText(path, FormattableString.Invariant($"id,label\n{ids[0]},{other}\n"));
        using (ExperimentData relabelled = ExperimentData.Load(tiny.Recipe("noise.fraction=0", $"data.labels='{path}'")))
        {
            Longs(relabelled.Training.Labels).ShouldBe([other, .. before[1..]]);
            relabelled.Notices.ShouldContain($"1 label of {path}, 1 of them other than before");
        }
        // Noise is drawn over the new labels: with all points drawn, what is
        // flagged as changed differs from the file's label, not from the old one.
        using ExperimentData noisy = ExperimentData.Load(tiny.Recipe("noise.fraction=1", $"data.labels='{path}'"));
        noisy.Training.Flag(RhoLoss.Data.ExampleFlags.LabelChanged)![0].item<bool>().ShouldBe(Longs(noisy.Training.Labels)[0] != other);
    }

    [Theory]
    [InlineData("data.augment=crop-flip", "data.augment = crop-flip is for images, but text is text. Set it to none or auto.")]
    [InlineData(
        "noise.kind=structured noise.fraction=0.5",
        "noise.kind = structured reads the confusions of an MLP on images, but the data are text. "
        + "Set noise.kind to uniform, or bring wrong labels with data.labels.")]
    public void What_is_for_images_is_refused_text(string settings, string message)
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidInputException>(() => ExperimentData.Load(Recipe(settings.Split(' ')))).Message.ShouldBe(message);
    }

    [Fact]
    public void A_file_of_ones_own_is_refused_with_a_known_data_set()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidInputException>(() => ExperimentData.Load(Recipe("data.set=cola", "data.training-file=a.csv"))).Message
            .ShouldBe(
                "data.training-file is only read with data.set = text, but data.set is cola. Set data.set, or remove data.training-file.");
    }

    [Fact]
    public void A_vocabulary_that_is_not_there_is_refused_before_anything_is_loaded()
    {
        string folder = _folder.File("comparison");
        Should.Throw<InvalidInputException>(
            () => new ComparisonFolder(Resolved("data.vocabulary=nowhere.vocab", "data.training-file=nowhere.csv"), folder).Check()).Message
            .ShouldStartWith($"{Path.GetFullPath("nowhere.vocab")}: no such file, so there is no vocabulary. Set data.vocabulary to ");
        Directory.Exists(folder).ShouldBeFalse();
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>100 texts of eight different words; what the class is, the second word says.</summary>
    private ResolvedRecipe Resolved(params string[] overrides)
    {
        string[] kinds = ["good", "fine", "bad", "poor"], things = ["film", "plot", "cast"];
        File.WriteAllText(_folder.File("train.csv"), "text,label\n"
            + string.Concat(Enumerable.Range(0, 100).Select(i => $"a {kinds[i % 4]} {things[i % 3]},{(i % 4 < 2 ? "good" : "bad")}\n")));
        return RecipeLoader.Parse(
            $"""
            [data]
            set = "text"
            directory = '{_folder.File("")}'
            vocabulary = "words"
            max-length = 8
            test-fraction = 0.2

            [model]
            name = "albert-small"

            [irreducible-loss]
            model = "albert-small"
            epochs = 2
            batch-size = 10
            file = '{_folder.File("il.safetensors")}'

            [training]
            methods = ["uniform", "rho-loss+proxy"]
            epochs = 4
            batch-size = 8
            large-batch-size = 20

            [scoring]
            proxy-model = "albert-small"

            """, "texts", "test", overrides);
    }

    private Recipe Recipe(params string[] overrides) => Resolved(overrides).Recipe;

    private static long[] Longs(Tensor tensor) => [.. tensor.data<long>()];
}
