using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>What irreducible losses are made of.</summary>
/// <param name="Training">D, whose losses they are.</param>
/// <param name="Holdout">D_ho; there where the reference needs it.</param>
/// <param name="NewModel">Makes the network of a part, 0 or 1; the caller owns it.</param>
/// <param name="Options">How it is trained.</param>
/// <param name="OnEpoch">Told of every epoch, with its part where there are two.</param>
/// <param name="Keep">Told of the one model, where there is one, and of its losses.</param>
public sealed record ReferenceParts(
    LabeledDataset Training, LabeledDataset? Holdout, Func<int, nn.Module<Tensor, Tensor>> NewModel, HoldoutTrainingOptions Options,
    Action<int?, HoldoutEpoch> OnEpoch, Action<nn.Module<Tensor, Tensor>, IrreducibleLosses> Keep);
