using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Checkpoints of a training run, loaded, looked for in a folder, and restored into a trainer.</summary>
internal sealed class CheckpointReader : TensorFileReader
{
    private const int Steps = 3;
    private readonly LabeledDataset _data;
    private readonly Mlp _model = new(inputs: 4, hidden: [5], classes: 3, seed: 1, dropout: 0.1);
    private readonly Trainer _trainer;

    public CheckpointReader()
    {
        using (NewDisposeScope()) { _data = new LabeledDataset(randn([30, 4], generator: new Generator(1, CPU)), arange(30, dtype: int64) % 3, 3); }
        _trainer = new Trainer(_model, _data, SelectionFunctions.GradientNorm, irreducibleLosses: null, new TrainerOptions { BatchSize = 2, LargeBatchSize = 6, Seed = 1 });
        for (int step = 0; step < Steps; step++) { _trainer.Step(); }
        byte[] file = Written(path => _trainer.Capture().Save(path));
        Inputs = [new FuzzInput("step-000000003.safetensors", file) { Beside = [("step-000000001.safetensors", file)] }];
    }

    public override string Name => "checkpoint";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss/Training/Checkpoint.cs", "RhoLoss/Training/CheckpointStore.cs", "RhoLoss/Training/ModelState.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; }

    public override void Read(string path)
    {
        var store = new CheckpointStore(Path.GetDirectoryName(path)!);
        _ = store.Best();
        store.LoadNewest(_ => { });
        _trainer.Restore(Checkpoint.Load(path));
    }

    public override void Dispose()
    {
        _trainer.Dispose();
        _model.Dispose();
        _data.Dispose();
    }
}
