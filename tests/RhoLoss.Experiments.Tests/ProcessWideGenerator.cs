namespace RhoLoss.Experiments.Tests;

/// <summary>Runs with dropout, which draws from the process-wide generator, and tests of the number of threads: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWideGenerator
{
    public const string Name = "process-wide generator";
}
