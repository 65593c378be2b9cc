using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace OwnParts;

/// <summary>A reference: losses that another program computed, one for each example in the order of the data set.</summary>
internal static class LossesFromElsewhere
{
    public static IrreducibleLosses Make(LabeledDataset data)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor losses = rand(data.Count, generator: generator);   // yours come from a file
        return IrreducibleLosses.From(losses, data,
            new IrreducibleLossFacts("last month's model", "file", Seed: 0, Epoch: 1, Loss: 0.5, Accuracy: 0.8, Seconds: 0));
    }
}
