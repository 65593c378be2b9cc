using System.Text;
using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Irreducible losses as a text of ids and numbers.</summary>
internal sealed class LossTextReader : FuzzReader
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("id,loss\n" + string.Concat(Enumerable.Range(0, 12)
        .Select(i => FormattableString.Invariant($"{11 - i},{i / 4.0}\n"))));

    public override string Name => "loss-texts";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss/Selection/IrreducibleLossText.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } = [new FuzzInput("losses.csv", Text)];

    protected override IReadOnlyList<string> Words { get; } =
        ["id,loss", "id", "loss", ",", "0,0.5", "11,0.25", "-1", "NaN", "1e39", "1e-9", "9223372036854775807", "0.5"];

    public override void Read(string path)
    {
        IrreducibleLosses.ReadFacts(path);
        using IDisposable scope = NewDisposeScope();
        using var data = new LabeledDataset(zeros([3, 2]), arange(3, dtype: int64) % 2, 2);
        using IrreducibleLosses losses = IrreducibleLosses.Load(path, data);
        if (!losses.Of(data.Ids).isfinite().all().item<bool>()) { throw new InvalidOperationException("A loss is not finite."); }
    }
}
