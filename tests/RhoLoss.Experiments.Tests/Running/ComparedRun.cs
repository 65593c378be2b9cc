using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>A comparison in a folder, and what it reported.</summary>
internal sealed class ComparedRun(TinyExperiment tiny, string name, params string[] overrides)
{
    private static readonly MachineSummary Machine = new("a processor", Cores: 2, MemoryBytes: 1L << 30, Threads: 1, "cpu");

    public Recipe Recipe { get; } = tiny.Recipe(overrides);

    public RunFolder Folder { get; } = RunFolder.CreateAt(tiny.File(name));

    /// <summary>Everything reported since the last start.</summary>
    public List<RunEvent> Events { get; } = [];

    public ComparisonSummary? Summary { get; private set; }

    public string[] Metrics => WithoutTimings.Metrics(Folder.MetricsPath);

    /// <summary>The summary without times and without whether the losses were trained by this process or the one before it.</summary>
    public string Comparable =>
        WithoutTimings.Of((Summary! with { IrreducibleLoss = Summary.IrreducibleLoss! with { Reused = false } }).ToJson());

    public string CheckpointsOf(string arm) => Path.Combine(Folder.CheckpointsPath, arm);

    /// <summary>Runs what is left, or until an event after which the user asks to stop.</summary>
    public ComparedRun Run(Func<RunEvent, bool>? stopAfter = null)
    {
        Events.Clear();
        using var stop = new CancellationTokenSource();
        Summary = Comparison.Run(Recipe, Folder, Machine, Report, stop.Token);
        return this;

        void Report(RunEvent e)
        {
            Events.Add(e);
            if (stopAfter?.Invoke(e) == true) { stop.Cancel(); }
        }
    }

    /// <summary>Runs until a step of an arm is done, as a user who presses Ctrl-C there would.</summary>
    public ComparedRun StopAfter(string method, long step)
    {
        Should.Throw<OperationCanceledException>(() => Run(e => e is RunEvent.Progressed s && s.Arm.Method == method && s.Step == step));
        return this;
    }

    /// <summary>Runs until an event at which the process dies: nothing is written any more.</summary>
    public ComparedRun DieAt(Func<RunEvent, bool> moment)
    {
        Should.Throw<TimeoutException>(() => Run(e => moment(e) ? throw new TimeoutException() : false));
        return this;
    }

    public T[] Of<T>() where T : RunEvent => [.. Events.OfType<T>()];
}
