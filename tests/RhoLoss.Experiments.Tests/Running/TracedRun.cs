using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>One arm in a folder, stopped and continued at will, and what it selected in each step.</summary>
internal sealed class TracedRun : IDisposable
{
    private readonly Recipe _recipe;
    private readonly ExperimentData _data;
    private readonly IrreducibleLosses _losses;
    private readonly string _folder;

    public TracedRun(TinyExperiment tiny, string name, string method, params string[] overrides)
    {
        string[] dropout = RecipeArm.Parse(method).Method.NeedsDropout ? ["model.dropout=0.25"] : [];
        _recipe = tiny.Recipe([$"training.method={method}", .. dropout, .. overrides]);
        _data = ExperimentData.Load(_recipe);
        (_losses, _) = IrreducibleLossFile.GetOrTrain(_recipe, _data, force: false, _ => { }, TestContext.Current.CancellationToken);
        _folder = tiny.File(name);
        Directory.CreateDirectory(_folder);
        Arm = RecipeArm.Parse(method, _recipe.Training.Seeds[0]);
        Checkpoints = new CheckpointStore(Path.Combine(_folder, "checkpoints"), _recipe.Checkpoints.KeepLast, _recipe.Checkpoints.KeepBest);
    }

    public RecipeArm Arm { get; }

    public CheckpointStore Checkpoints { get; }

    /// <summary>Ids selected in each step, in the order in which they were trained on; a repeated step has its last ones.</summary>
    public SortedDictionary<long, long[]> Ids { get; } = [];

    /// <summary>What the run told the user.</summary>
    public List<string> Notices { get; } = [];

    public ArmResult? Result { get; private set; }

    /// <summary>How often each example of D was selected.</summary>
    public int[] TimesSelected { get; private set; } = [];

    /// <summary>The last loss of each example of D.</summary>
    public float[] LastLoss { get; private set; } = [];

    /// <summary>Names of the checkpoints that are there, oldest first.</summary>
    public string[] CheckpointNames => [.. Checkpoints.Newest().Reverse().Select(p => Path.GetFileNameWithoutExtension(p))];

    public string[] Metrics => WithoutTimings.Metrics(Path.Combine(_folder, "metrics.jsonl"));

    /// <summary>The rows of the table without their times, header first.</summary>
    public string[] Table => WithoutTimings.Table(Path.Combine(_folder, "metrics.csv"));

    /// <summary>Trains to the end.</summary>
    public TracedRun ToTheEnd() => Train(resume: false, stopAfter: null, dieIn: null);

    /// <summary>Trains until the user asks to stop during this step.</summary>
    public TracedRun StopAfter(long step, bool resume = false)
    {
        Should.Throw<OperationCanceledException>(() => Train(resume, stopAfter: step, dieIn: null));
        return this;
    }

    /// <summary>Trains until this step fails, as a killed process would: nothing is written any more.</summary>
    public TracedRun DieIn(long step)
    {
        Should.Throw<TimeoutException>(() => Train(resume: false, stopAfter: null, dieIn: step));
        return this;
    }

    /// <summary>Continues to the end.</summary>
    public TracedRun Resume() => Train(resume: true, stopAfter: null, dieIn: null);

    private TracedRun Train(bool resume, long? stopAfter, long? dieIn)
    {
        using var stop = new CancellationTokenSource();
        using var logs = new RunLogs(
            new CallbackLog(e => { if (e is RunEvent.Notice n) { Notices.Add(n.Text); } }),
            new JsonLinesLog(Path.Combine(_folder, "metrics.jsonl")),
            new CsvLog(Path.Combine(_folder, "metrics.csv")));
        using TrainingRun run = TrainingRun.Prepare(_recipe, Arm, _data, _losses, logs, Checkpoints);
        run.OnStep = step =>
        {
            if (step.Step == dieIn) { throw new TimeoutException(); }
            Ids[step.Step] = [.. step.Selected.Indices.data<long>()];
            if (step.Step == stopAfter) { stop.Cancel(); }
        };
        if (resume) { run.Resume(); }
        Result = run.Run(stop.Token);
        using IDisposable scope = TorchSharp.torch.NewDisposeScope();
        TimesSelected = [.. run.Ledger.TimesSelected.data<int>()];
        LastLoss = [.. run.Ledger.LastLoss.data<float>()];
        return this;
    }

    public void Dispose()
    {
        _losses.Dispose();
        _data.Dispose();
    }
}

/// <summary>What must not depend on interruptions.</summary>
internal static class TracedRunAssertions
{
    public static void ShouldEqual(this TracedRun actual, TracedRun expected)
    {
        actual.Ids.Keys.ShouldBe(expected.Ids.Keys);
        foreach ((long step, long[] ids) in expected.Ids) { actual.Ids[step].ShouldBe(ids, $"step {step}"); }
        actual.Result!.ByEpoch(Metric.Named(Metric.Accuracy)).ShouldBe(expected.Result!.ByEpoch(Metric.Named(Metric.Accuracy)));
        actual.Result.Points[^1].SelectedSha256.ShouldBe(expected.Result.Points[^1].SelectedSha256);
        actual.Metrics.ShouldBe(expected.Metrics);
        actual.Table.ShouldBe(expected.Table);
        actual.TimesSelected.ShouldBe(expected.TimesSelected);
        actual.LastLoss.ShouldBe(expected.LastLoss);
    }
}
