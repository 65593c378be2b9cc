using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Selection plans, read and replayed to their end.</summary>
internal sealed class PlanReader : TensorFileReader
{
    private static readonly PlanKey Key = new("0123abcd", OrderSeed: 5, AugmentationSeed: 7, BatchSize: 2, LargeBatchSize: 4);

    public override string Name => "plan";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss/Selection/SelectionPlan.cs"];

    public override IReadOnlyList<string> NotReading { get; } = ["SelectionPlan.cs:Save", "SelectionPlan.cs:Of"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } = [new FuzzInput("plan.safetensors", Written(path =>
    {
        using SelectionPlan plan = SelectionPlan.Of([tensor([70L, 50L]), tensor([90L]), tensor([10L, 70L])], Key, "rho-loss by mlp-8",
            seconds: 1.25);
        plan.Save(path);
    }))];

    public override void Read(string path)
    {
        using SelectionPlan plan = SelectionPlan.Load(path, Key);
        for (int step = 0; step < plan.Steps; step++)
        {
            using Tensor ids = plan.IdsOf(step);
            _ = ids.data<long>().ToArray();
        }
    }
}
