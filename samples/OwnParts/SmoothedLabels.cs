using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace OwnParts;

/// <summary>
/// An objective: cross-entropy with smoothed labels (Szegedy et al., 2016). Training, selection, irreducible losses and evaluation all take
/// their losses from it.
/// </summary>
internal sealed class SmoothedLabels(double smoothing) : Objective
{
    public override Tensor PerElement(Tensor outputs, Tensor labels)
    {
        Tensor logProbabilities = nn.functional.log_softmax(outputs, 1);
        Tensor right = logProbabilities.gather(1, labels.unsqueeze(1)).squeeze(1);
        return -(1 - smoothing) * right - smoothing * logProbabilities.mean([1]);
    }

    public override Tensor Correct(Tensor outputs, Tensor labels) => outputs.argmax(1).eq(labels).to(float32);
}
