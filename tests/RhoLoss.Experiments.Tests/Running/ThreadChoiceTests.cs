using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

[Collection(TakesTheProcess.Name)]
public sealed class ThreadChoiceTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    public void Dispose()
    {
        set_num_threads(1);
        _tiny.Dispose();
    }

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(2, new[] { 1, 2 })]
    [InlineData(6, new[] { 1, 2, 4, 6 })]
    [InlineData(64, new[] { 1, 2, 4, 8, 16, 32, 64 })]
    public void Powers_of_two_and_all_processors_are_tried(int processors, int[] expected) =>
        ThreadChoice.Candidates(processors).ShouldBe(expected);

    [Theory]
    [InlineData(new[] { 10.0, 6, 5 }, 4)]
    [InlineData(new[] { 10.0, 6, 5.9 }, 2)]      // 2 % less is noise
    [InlineData(new[] { 10.0, 12, 9.8 }, 1)]
    [InlineData(new[] { 10.0, 9.8, 9.6 }, 4)]    // against the best so far, not against the one before
    public void The_fewest_threads_that_are_not_clearly_slower(double[] seconds, int expected) =>
        ThreadChoice.Fastest([.. seconds.Select((s, i) => (1 << i, s))]).ShouldBe(expected);

    [Fact]
    public void A_number_in_the_recipe_is_not_measured()
    {
        using var check = new NoTensorLeaks();
        List<RunEvent> events = Put("machine.threads=1");
        events.ShouldBeEmpty();
        get_num_threads().ShouldBe(1);
    }

    [Fact]
    public void Zero_measures_and_says_what_it_found()
    {
        using var check = new NoTensorLeaks();
        List<RunEvent> events = Put("machine.threads=0");
        string said = events.ShouldHaveSingleItem().ShouldBeOfType<RunEvent.Notice>().Text;
        said.ShouldMatch(@"^threads: \d+ for mlp-16, by milliseconds a step \(1: \d+\.\d(, \d+: \d+\.\d)*\)$");
        said.ShouldStartWith($"threads: {get_num_threads()} for ");
        ThreadChoice.Candidates(Environment.ProcessorCount).ShouldContain(get_num_threads());
    }

    [Fact]
    public void A_run_measures_once_and_keeps_the_number()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe("machine.threads=0");
        RunFolder folder = RunFolder.CreateAt(_tiny.File("run"));
        List<RunEvent> first = Open(recipe, folder, out int measured);
        first.OfType<RunEvent.Notice>().Count(
            e => e.Text.StartsWith("threads: ", StringComparison.Ordinal) && e.Text.Contains(" for mlp-16", StringComparison.Ordinal))
            .ShouldBeGreaterThan(0);
        File.ReadAllText(folder.ThreadsPath).ShouldContain($"\"target\": {measured}");

        File.WriteAllText(folder.ThreadsPath, """{ "target": 3 }""");
        List<RunEvent> again = Open(recipe, folder, out int kept);
        kept.ShouldBe(3);
        again.OfType<RunEvent.Notice>().ShouldBeEmpty();

        File.WriteAllText(folder.ThreadsPath, "{");
        Should.Throw<InvalidInputException>(() => Open(recipe, folder, out _)).Message
            .ShouldContain("threads.json is not a valid MeasuredThreads");
    }

    [Theory]
    [InlineData("uniform", false)]
    [InlineData("infobatch", false)]
    [InlineData("svp", false)]
    [InlineData("rho-loss+proxy", false)]
    [InlineData("rho-loss", true)]
    [InlineData("train-loss+cascade", true)]
    [InlineData("auto", true)]
    public void What_the_target_scores_is_measured_with_it(string arm, bool scores) =>
        new ArmSelection(_tiny.Recipe(), RecipeArm.Parse(arm), null).TargetScores.ShouldBe(scores);

    private static List<RunEvent> Open(Recipe recipe, RunFolder folder, out int threads)
    {
        var events = new List<RunEvent>();
        using RunSession session = RunSession.Open(recipe, ["rho-loss"], folder, events.Add, CancellationToken.None);
        threads = session.Threads;
        return events;
    }

    private List<RunEvent> Put(string setting)
    {
        Recipe recipe = _tiny.Recipe(setting);
        RunSession.Configure(recipe);
        using ExperimentData data = ExperimentData.Load(recipe);
        var events = new List<RunEvent>();
        new ThreadChoice(Architecture.TargetOf(recipe), ComputeFormat.Default, recipe.Training.BatchSize, recipe.Training.LargeBatchSize)
            .Put(recipe, data.Training, events.Add, CancellationToken.None);
        return events;
    }
}
