using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Makes a sampler for a training set.</summary>
/// <param name="ids">Stable ids of D, int64, shape [N]; to be copied.</param>
/// <param name="largeBatchSize">n_B of the first step, which a selector may change.</param>
/// <param name="seed">Of the order of examples.</param>
/// <returns>A sampler, owned by whoever asked.</returns>
public delegate IExampleSampler SamplerFactory(Tensor ids, int largeBatchSize, long seed);
