using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Files of irreducible losses: their facts, alone, and for the data they belong to.</summary>
internal sealed class IrreducibleLossReader : TensorFileReader
{
    private readonly LabeledDataset _data;

    public IrreducibleLossReader()
    {
        using (NewDisposeScope()) { _data = new LabeledDataset(arange(24f).reshape(12, 2), arange(12, dtype: int64) % 3, 3); }
        Inputs = [new FuzzInput("il.safetensors", Written(path =>
        {
            using IrreducibleLosses losses = IrreducibleLosses.From(arange(12f), _data, new IrreducibleLossFacts("mlp-8", "holdout", Seed: 1, Epoch: 2, Loss: 0.5, Accuracy: 0.75, Seconds: 1.5));
            losses.Save(path);
        }))];
    }

    public override string Name => "irreducible-losses";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss/Selection/IrreducibleLosses.cs", "RhoLoss/Selection/IrreducibleLossFacts.cs", "RhoLoss/Data/DatasetFingerprint.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; }

    public override void Read(string path)
    {
        IrreducibleLosses.ReadFacts(path);
        using IrreducibleLosses alone = IrreducibleLosses.Load(path);
        using IrreducibleLosses losses = IrreducibleLosses.Load(path, _data);
        losses.Of(_data.Ids);
    }

    public override void Dispose() => _data.Dispose();
}
