using RhoLoss.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Registry;

public sealed class ReferenceTableTests
{
    public static TheoryData<string> Names => [.. ReferenceTable.All.Select(reference => reference.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_row_makes_losses_and_is_what_it_says(string name)
    {
        using var check = new NoTensorLeaks();
        ReferenceKind kind = ReferenceTable.All.Single(reference => reference.Name == name);
        using LabeledDataset training = Data(0), holdout = Data(100);
        var architecture = new Architecture("mlp", [4]);
        int kept = 0, epochs = 0;
        var parts = new ReferenceParts(
            training, kind.NeedsHoldout ? holdout : null, part => architecture.Create(training, seed: part),
            new HoldoutTrainingOptions { Epochs = 1, BatchSize = 8 }, (_, _) => epochs++, (_, _) => kept++);
        using IrreducibleLosses losses = kind.Make(parts, CancellationToken.None);

        (epochs > 0).ShouldBe(kind.Trains);
        kept.ShouldBe(kind.KeepsModel ? 1 : 0);
        (losses.Facts.Holdout is not null).ShouldBe(kind.NeedsHoldout);
        if (kind.Open is null)
        {
            losses.Facts.Source.ShouldBe(kind.Name);   // by which a file of losses is recognised
            return;
        }
        using Reference opened = kind.Open(new LearningParts(
            () => architecture.Create(training, seed: 0), new AdamWOptions { LearningRate = 1e-5 }, Seed: 0, Temperature: 1));
        opened.LearnsFromSteps.ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Making_losses_can_be_stopped(string name)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset training = Data(0), holdout = Data(100);
        var parts = new ReferenceParts(
            training, holdout, part => new Architecture("mlp", [4]).Create(training, seed: part),
            new HoldoutTrainingOptions { Epochs = 1, BatchSize = 8 }, (_, _) => { }, (_, _) => { });

        Should.Throw<OperationCanceledException>(
            () => ReferenceTable.All.Single(kind => kind.Name == name).Make(parts, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_method_that_goes_on_training_the_model_reads_that_and_all_others_the_losses_of_the_recipe()
    {
        foreach (SelectionMethod method in MethodTable.All)
        {
            ReferenceTable.For(method, ReferenceTable.CrossFit)
                .ShouldBe(method.Uses == ReferenceUse.Learning ? ReferenceTable.StillLearning : ReferenceTable.CrossFit, method.Name);
        }
    }

    [Fact]
    public void The_recipe_guide_lists_every_reference_as_its_row_has_it()
    {
        string guide = RegistryText.Read("docs/recipes.md");
        string[] missing =
        [
            .. ReferenceTable.All.Select(r => $"| {r.Name} | {r.Meaning} | {(r.NeedsHoldout ? "a holdout" : "no holdout")} |")
                .Where(row => !guide.Contains(row, StringComparison.Ordinal)),
        ];

        missing.ShouldBeEmpty(string.Join('\n', missing));
    }

    private static LabeledDataset Data(long firstId) =>
        new(randn(16, 1, 4, 4), arange(16, dtype: int64) % 2, classes: 2, ids: arange(firstId, firstId + 16, dtype: int64));
}
