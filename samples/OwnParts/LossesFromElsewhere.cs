using RhoLoss.Data;
using RhoLoss.Selection;
using TorchSharp;
using static TorchSharp.torch;

namespace OwnParts;

/// <summary>A reference: ids and losses that another program computed, in any order. Here they are made up.</summary>
internal static class LossesFromElsewhere
{
    public static IrreducibleLosses Make(LabeledDataset data)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor losses = rand(data.Count, generator: generator);   // yours come from a file: IrreducibleLosses.Load("losses.csv", data)
        return IrreducibleLosses.FromIds(data.Ids, losses);
    }
}
