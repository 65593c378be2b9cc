using static TorchSharp.torch;

namespace RhoLoss.Objectives;

/// <summary>
/// Another objective, with something added to the logits before the loss is taken: logit adjustment (Menon et al., 2021).
/// </summary>
/// <param name="inner">What is asked of the adjusted logits.</param>
/// <param name="offset">Added to the logits, float32, shape [C]. Not owned.</param>
internal sealed class LogitAdjusted(Objective inner, Tensor offset) : Objective
{
    public override bool OutputsAreLogits => inner.OutputsAreLogits;

    public override bool OutputsAreClassLogits => inner.OutputsAreClassLogits;

    public override Tensor PerElement(Tensor outputs, Tensor labels)
    {
        if (offset.shape[0] != outputs.shape[^1])
        {
            throw new InvalidInputException(
                "Logit adjustment needs an output for each class and no other, "
                + $"but the model has {outputs.shape[^1]} outputs for {offset.shape[0]} classes.");
        }
        return inner.PerElement(Scalars.Sum(outputs, offset), labels);
    }

    public override Tensor? Correct(Tensor outputs, Tensor labels) => inner.Correct(outputs, labels);

    internal override void Require(Tensor outputs, long count, Func<LargestLabel> largest) => inner.Require(outputs, count, largest);
}
