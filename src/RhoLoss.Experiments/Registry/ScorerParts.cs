using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>What a scorer is made of: the target, what the recipe says, and networks that are made when a scorer asks for one.</summary>
/// <param name="Target">The target that is about to be trained.</param>
/// <param name="Scoring">The section <c>scoring</c>.</param>
/// <param name="BatchSize">n_b.</param>
/// <param name="Keeps">What a memory keeps of each example: what the method asks.</param>
/// <param name="NewTarget">Makes another network of the target's kind.</param>
/// <param name="NewProxy">Makes the small network, for images averaged over squares of that side.</param>
/// <param name="ProxyFormat">What the small network computes in.</param>
/// <param name="ProxySeed">Seed of its layers.</param>
public sealed record ScorerParts(
    TrainingTarget Target, ScoringSection Scoring, int BatchSize, Measures Keeps, Func<nn.Module<Tensor, Tensor>> NewTarget,
    Func<int, nn.Module<Tensor, Tensor>> NewProxy, ComputeFormat ProxyFormat, long ProxySeed)
{
    /// <summary>Around the scorer that runs a network, which others look up or shorten the way to: a clock, for example.</summary>
    public Func<Scorer, Scorer> Around { get; init; } = scorer => scorer;

    /// <summary>The training set.</summary>
    public LabeledDataset Data => Target.TrainingSet;

    /// <summary>Candidates of a large batch that last-seen scores anew.</summary>
    public int Rescored => Scoring.Of(ScorerTable.Rescored) is >= 0 and var given ? (int)given : Math.Max(1, BatchSize / 4);
}
