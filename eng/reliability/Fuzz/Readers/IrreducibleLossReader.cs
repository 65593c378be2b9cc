using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Files of irreducible losses: their facts, alone, and for the data they belong to.</summary>
internal sealed class IrreducibleLossReader : TensorFileReader
{
    private readonly LabeledDataset _data;
    private readonly LabeledDataset[] _others;   // of other inputs, labels, ids and number of classes

    public IrreducibleLossReader()
    {
        using (NewDisposeScope())
        {
            Tensor inputs = arange(24f).reshape(12, 2), labels = arange(12, dtype: int64) % 3;
            _data = new LabeledDataset(inputs, labels, 3);
            _others = [new(inputs + 1, labels, 3), new(inputs, (labels + 1) % 3, 3), new(inputs, labels, 3, arange(1, 13, dtype: int64)),
                new(inputs, labels, 4)];
        }
        Inputs = [new FuzzInput("il.safetensors", Written(path =>
        {
            using IrreducibleLosses losses = IrreducibleLosses.From(arange(12f), _data, new IrreducibleLossFacts("mlp-8", "holdout",
                Seed: 1, Epoch: 2, Loss: 0.5, Accuracy: 0.75, Seconds: 1.5, Holdout: _data.Fingerprint.Value));
            losses.Save(path);
        }))];
    }

    public override string Name => "irreducible-losses";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss/Selection/IrreducibleLosses.cs",
        "RhoLoss/Selection/IrreducibleLossStorage.cs", "RhoLoss/Selection/IrreducibleLossFacts.cs", "RhoLoss/Data/DatasetFingerprint.cs"];

    public override IReadOnlyList<string> NotReading { get; } = ["IrreducibleLosses.cs:Save", "IrreducibleLosses.cs:From",
        "IrreducibleLosses.cs:FromIds", "IrreducibleLosses.cs:On", "IrreducibleLosses.cs:RequireTemperature",
        "IrreducibleLossStorage.cs:Write", "IrreducibleLossFacts.cs:ToMetadata"];

    public override IReadOnlyList<FuzzInput> Inputs { get; }

    public override void Read(string path)
    {
        IrreducibleLosses.ReadFacts(path);
        using IrreducibleLosses alone = IrreducibleLosses.Load(path);
        using IrreducibleLosses losses = IrreducibleLosses.Load(path, _data);
        losses.Of(_data.Ids);
        _ = losses.ContentHash();
        if (losses.Facts.Holdout != _data.Fingerprint.Value) { losses.RequireSameHoldout(_data); }
        foreach (LabeledDataset other in _others) { RequireRefused(losses, other); }
    }

    public override void Dispose()
    {
        _data.Dispose();
        foreach (LabeledDataset other in _others) { other.Dispose(); }
        base.Dispose();
    }

    private static void RequireRefused(IrreducibleLosses losses, LabeledDataset other)
    {
        RequireRefused(() => losses.RequireSameData(other));
        RequireRefused(() => losses.RequireSameHoldout(other));
    }

    private static void RequireRefused(Action check)
    {
        try { check(); }
        catch (InvalidInputException) { return; }
        throw new InvalidOperationException("The losses were accepted for other data, or another holdout.");
    }
}
