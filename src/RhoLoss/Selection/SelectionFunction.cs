using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Scores the candidates of a large batch B_t: a tensor of shape [n_B], one finite number per example; the largest are trained on.
/// A function asks <see cref="Candidates"/> for what it needs, and only that is computed.
/// </summary>
public delegate Tensor SelectionFunction(Candidates candidates);
