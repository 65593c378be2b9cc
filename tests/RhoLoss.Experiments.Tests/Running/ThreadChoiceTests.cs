using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Running;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

[Collection(ProcessWideGenerator.Name)]   // the number of threads, too, is the process's
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
    public void Powers_of_two_and_all_processors_are_tried(int processors, int[] expected) => ThreadChoice.Candidates(processors).ShouldBe(expected);

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

    private List<RunEvent> Put(string setting)
    {
        Recipe recipe = _tiny.Recipe(setting);
        RunSession.Configure(recipe);
        using ExperimentData data = ExperimentData.Load(recipe);
        var events = new List<RunEvent>();
        new ThreadChoice(Architecture.TargetOf(recipe), ComputeFormat.Default, recipe.Training.BatchSize, recipe.Training.LargeBatchSize).Put(recipe, data.Training, events.Add);
        return events;
    }
}
