using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>
/// Checkpoints of training runs of several kinds, loaded, looked for in a folder, and restored into a trainer of their kind.
/// </summary>
internal sealed class CheckpointReader : TensorFileReader
{
    private const int Steps = 3, Points = 30, Classes = 3;
    private static readonly TrainerOptions Options = new() { BatchSize = 2, LargeBatchSize = 6, Seed = 1 };
    private readonly LabeledDataset _data;
    private readonly List<Mlp> _models = [];
    private readonly Dictionary<string, Trainer> _trainers;

    public CheckpointReader()
    {
        using (NewDisposeScope())
        {
            using var generator = new Generator(1, CPU);
            _data = new LabeledDataset(randn([Points, 4], generator: generator), arange(Points, dtype: int64) % Classes, Classes);
        }
        _trainers = new(StringComparer.Ordinal)
        {
            ["target"] = Scored(target => new TargetScorer(target.Model)),
            ["table"] = Scored(target => new LastSeenScorer(
                _data, new TargetScorer(target.Model), rescored: 2, Measures.GradientNorm)),
            ["replica"] = Scored(target => new ReplicaScorer(target.Parameters, NewModel(), ComputeFormat.Default, refreshEvery: 2)),
            ["proxy"] = Scored(_ => new ProxyScorer(NewModel())),
            ["pruned"] = new Trainer(Model(), _data, SelectionFunctions.Uniform, reference: null,
                Options with { LargeBatchSize = 2, Sampler = (ids, size, seed) => new PruningSampler(ids, size, seed) }),
        };
        Inputs = [.. _trainers.Select(kind =>
        {
            for (int step = 0; step < Steps; step++) { kind.Value.Step(); }
            byte[] file = Written(path => kind.Value.Capture().Save(path));
            return new FuzzInput("step-000000003.safetensors", file) { Beside = [("step-000000001.safetensors", file),
                ($"{kind.Key}.kind", [])] };
        })];
    }

    public override string Name => "checkpoint";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss/Training/Checkpoint.cs", "RhoLoss/Training/CheckpointStore.cs",
        "RhoLoss/Training/ModelState.cs"];

    public override IReadOnlyList<string> NotReading { get; } = ["CheckpointStore.cs:Save", "CheckpointStore.cs:Prune",
        "Checkpoint.cs:Save", "Checkpoint.cs:Set", "ModelState.cs:Clone"];

    public override IReadOnlyList<FuzzInput> Inputs { get; }

    public override void Read(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        var store = new CheckpointStore(folder);
        _ = store.Best();
        store.LoadNewest(_ => { });
        _trainers[Path.GetFileNameWithoutExtension(Directory.EnumerateFiles(folder, "*.kind").Single())].Restore(Checkpoint.Load(path));
    }

    public override void Dispose()
    {
        foreach (Trainer trainer in _trainers.Values) { trainer.Dispose(); }
        foreach (Mlp model in _models) { model.Dispose(); }
        _data.Dispose();
        base.Dispose();
    }

    private static Mlp NewModel() => new(inputs: 4, hidden: [5], Classes, seed: 1, dropout: 0.1);

    private Mlp Model()
    {
        _models.Add(NewModel());
        return _models[^1];
    }

    private Trainer Scored(Func<TrainingTarget, Scorer> scorer) => new(Model(), _data, target => new BatchSelector(
        scorer(target), SelectionFunctions.GradientNorm, reference: null, Options.BatchSize,
            new BatchSelectorOptions { LargeBatchSize = Options.LargeBatchSize, Seed = 1 }), Options);
}
