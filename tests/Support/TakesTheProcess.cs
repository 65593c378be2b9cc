namespace RhoLoss.Tests.Support;

/// <summary>
/// Tests that set what belongs to the whole process (its number of threads), count what it holds, or hold bits that a layer of TorchSharp's
/// draws from its one generator against each other: each runs by itself, after those that run beside each other.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TakesTheProcess
{
    public const string Name = "takes the process";
}
