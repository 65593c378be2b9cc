using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>The model a <see cref="Trainer"/> trains, as those see it who choose its batches.</summary>
/// <param name="Model">float32 inputs [n, …] to float32 logits [n, C], whatever it computes in.</param>
/// <param name="Parameters">Its parameters, for replicas to copy.</param>
/// <param name="TrainingSet">D.</param>
public sealed record TrainingTarget(nn.Module<Tensor, Tensor> Model, FlatParameters Parameters, LabeledDataset TrainingSet)
{
    /// <summary>What it is trained for; a selector scores candidates by the same.</summary>
    public Objective Objective { get; init; } = Objective.CrossEntropy;
}
