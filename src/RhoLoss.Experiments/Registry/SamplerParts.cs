using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>What a sampler is made of.</summary>
/// <param name="Ids">Stable ids of what is trained on, int64, shape [N]; those of the holdout last where it is among it.</param>
/// <param name="LargeBatchSize">n_B of the first step.</param>
/// <param name="Seed">Of the order of examples.</param>
/// <param name="BatchSize">n_b.</param>
/// <param name="HoldoutCount">Number of examples of D_ho; 0 where the recipe keeps none.</param>
/// <param name="Scoring">The section <c>scoring</c>.</param>
public sealed record SamplerParts(
    Tensor Ids, int LargeBatchSize, long Seed, int BatchSize, int HoldoutCount, ScoringSection Scoring);
