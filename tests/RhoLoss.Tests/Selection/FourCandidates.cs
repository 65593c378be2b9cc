using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

/// <summary>
/// Four candidates with closed-form values, for a model that returns its inputs as logits. Rows a and b have logits (0, ln 2, 0), so
/// probabilities (¼, ½, ¼); rows c and d have (ln 8, 0, 0), so (0.8, 0.1, 0.1). Labels 1, 0, 0, 2 give:
/// <code>
///    id  p(label)  loss       softmax − onehot    its norm        IL      RHO
/// a  70  ½         ln 2       (¼, −½, ¼)          √(6/16)         ln 4    −ln 2
/// b  50  ¼         ln 4       (−¾, ½, ¼)          √(14/16)        ln 2    ln 2
/// c  90  0.8       ln 1.25    (−0.2, 0.1, 0.1)    √0.06           ln 5    −ln 4
/// d  10  0.1       ln 10      (0.8, 0.1, −0.9)    √1.46           ln 10   0
/// </code>
/// </summary>
internal static class FourCandidates
{
    public static readonly long[] Ids = [70, 50, 90, 10];
    public static readonly double[] Loss = [Math.Log(2), Math.Log(4), Math.Log(1.25), Math.Log(10)];
    public static readonly double[] GradientNorm = [Math.Sqrt(6) / 4, Math.Sqrt(14) / 4, Math.Sqrt(0.06), Math.Sqrt(1.46)];
    public static readonly double[] IrreducibleLoss = [Math.Log(4), Math.Log(2), Math.Log(5), Math.Log(10)];
    public static readonly double[] ReducibleHoldoutLoss = [-Math.Log(2), Math.Log(2), -Math.Log(4), 0];

    public static readonly IrreducibleLossFacts Facts = new("by-hand", "holdout", Seed: 3, Epoch: 2, Loss: 1.5,
        Accuracy: 0.25, Seconds: 0.125);

    public static LabeledDataset Data()
    {
        float ln2 = MathF.Log(2), ln8 = MathF.Log(8);
        return new LabeledDataset(
            tensor(new float[,] { { 0, ln2, 0 }, { 0, ln2, 0 }, { ln8, 0, 0 }, { ln8, 0, 0 } }), tensor([1L, 0L, 0L, 2L]), 3, tensor(Ids));
    }

    public static IrreducibleLosses Table(LabeledDataset data) =>
        IrreducibleLosses.From(tensor(IrreducibleLoss.Select(v => (float)v).ToArray()), data, Facts);

    /// <summary>Selects k of n_B = 4.</summary>
    public static BatchSelectorOptions All(int largeBatch = 4) => new() { LargeBatchSize = largeBatch };
}
