using RhoLoss.Optimization;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>What a reference is made of that goes on learning while the target trains.</summary>
/// <param name="LoadModel">Loads the model that the losses are of.</param>
/// <param name="Optimizer">How it goes on.</param>
/// <param name="Seed">Of its layers.</param>
/// <param name="Temperature">That of the losses.</param>
public sealed record LearningParts(Func<nn.Module<Tensor, Tensor>> LoadModel, AdamWOptions Optimizer, long Seed, double Temperature);
