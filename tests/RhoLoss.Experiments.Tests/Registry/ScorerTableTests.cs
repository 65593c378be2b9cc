using RhoLoss.Data;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Registry;

public sealed class ScorerTableTests
{
    private static readonly ScoringSection Scoring = RecipeLoader.Parse("", "test", "test", []).Recipe.Scoring;

    public static TheoryData<string> Made => [.. ScorerTable.All.Where(scorer => !scorer.ReplaysPlan).Select(scorer => scorer.Name)];

    [Fact]
    public void Every_name_is_a_word_of_a_recipe_and_of_an_arm()
    {
        ScorerTable.Names.ShouldBeUnique();
        ScorerTable.Names.ShouldAllBe(name => RegistryText.IsName(name));
        ScorerTable.Names.ShouldBe(RecipeKeys.Find("scoring.scorer")!.Rule.Choices);
        ScorerTable.All.ShouldAllBe(scorer => RecipeArm.Parse($"rho-loss+{scorer.Name}", 0).Scorer == scorer);
    }

    [Theory]
    [MemberData(nameof(Made))]
    public void A_row_says_of_a_scorer_what_the_scorer_says_of_itself(string name)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = new(randn(8, 1, 4, 4), arange(8, dtype: int64) % 2, classes: 2);
        var architecture = new Architecture("mlp", [6]);
        using nn.Module<Tensor, Tensor> model = architecture.Create(data, seed: 1);
        using var parameters = new FlatParameters(model);
        int wrapped = 0;
        var parts = new ScorerParts(
            new TrainingTarget(model, parameters, data), Scoring, BatchSize: 4, Measures.Loss, () => architecture.Create(data, seed: 0),
            _ => architecture.Create(data, seed: 2), ComputeFormat.Default, ProxySeed: 3)
        {
            Around = inner =>
            {
                wrapped++;
                return inner;
            },
        };
        ScorerKind kind = ScorerTable.Find(name)!;
        using Scorer scorer = kind.Create!(parts);

        scorer.Name.ShouldBe(name);
        scorer.SpeaksForTarget.ShouldBe(kind.RunsTarget);
        scorer.LearnsFromSteps.ShouldBe(kind.NeedsProxy);
        wrapped.ShouldBe(1, "a benchmark times the network that scores");
    }

    [Fact]
    public void The_recipe_guide_has_a_row_for_every_scorer_and_for_its_own_keys()
    {
        string guide = RegistryText.Read("docs/recipes.md");
        foreach (ScorerKind scorer in ScorerTable.All)
        {
            guide.Split('\n').Count(line => line.StartsWith($"| `{scorer.Name}` |", StringComparison.Ordinal)).ShouldBe(1, scorer.Name);
            scorer.AllKeys.ShouldAllBe(key => RecipeKeys.Find(key) != null);
        }
    }

    // What makes a scorer cost one row: nothing else knows its name. Proxy and plan are words of commands and keys, too.
    [Fact]
    public void No_source_file_but_the_table_names_a_scorer() =>
        RegistryText.FilesNaming([.. ScorerTable.Names.Except(["target", "proxy", "plan"])], "ScorerTable.cs").ShouldBeEmpty();

    [Theory]
    [InlineData(-1, 32, 8)]   // a quarter
    [InlineData(-1, 3, 1)]    // but one at least: none would leave the memory to training alone
    [InlineData(0, 32, 0)]
    [InlineData(5, 32, 5)]
    public void Last_seen_scores_a_quarter_of_a_batch_anew_unless_the_recipe_says_how_many(int key, int batchSize, int rescored) =>
        new ScorerParts(
            null!,
            Scoring with { Parameters = new ArmParameters(new Dictionary<ArmParameter, object> { [ScorerTable.Rescored] = (long)key }) },
            batchSize, Measures.Loss, null!, null!, ComputeFormat.Default, 0)
            .Rescored.ShouldBe(rescored);

    [Theory]
    [InlineData("train", "preserve", ScoringMode.Train, RunningStatistics.Preserve)]
    [InlineData("train", "update", ScoringMode.Train, RunningStatistics.Update)]
    [InlineData("eval", "preserve", ScoringMode.Eval, RunningStatistics.Preserve)]
    public void The_scoring_section_decides_mode_and_policy(
        string mode, string statistics, ScoringMode expectedMode, RunningStatistics expectedStatistics)
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = RecipeLoader.Parse("", "test", "test", [
            $"scoring.mode={mode}", $"scoring.running-statistics={statistics}", "training.batch-size=2", "training.large-batch-size=4",
        ]).Recipe;
        using LabeledDataset data = new(randn(4, 3), tensor([0L, 1L, 2L, 0L]), classes: 3);
        using var model = new Watched();
        using var parameters = new FlatParameters(model);
        using IBatchSelector selector = new ArmSelection(recipe, RecipeArm.Parse("train-loss"), null)
            .Create(new TrainingTarget(model, parameters, data));
        model.train();
        float[] before = model.RunningMean;

        selector.Select(data, new LargeBatch(1, data.Ids));

        model.ModesWhileForward.ShouldBe([expectedMode == ScoringMode.Train]);
        model.training.ShouldBeTrue();
        model.RunningMean.SequenceEqual(before).ShouldBe(expectedStatistics == RunningStatistics.Preserve);
    }

    /// <summary>A BatchNorm layer that notes the mode of each forward pass.</summary>
    private sealed class Watched : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.BatchNorm1d _norm = nn.BatchNorm1d(3);

        public Watched() : base(nameof(Watched)) => RegisterComponents();

        public List<bool> ModesWhileForward { get; } = [];

        public float[] RunningMean => [.. _norm.running_mean!.data<float>()];

        public override Tensor forward(Tensor input)
        {
            ModesWhileForward.Add(_norm.training);
            return _norm.forward(input);
        }
    }
}
