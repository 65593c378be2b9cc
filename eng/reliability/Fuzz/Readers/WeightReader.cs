using RhoLoss.Models;
using RhoLoss.Pretrained;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Weights made elsewhere for a small network, and the list of operations of the quantised MobileNet-v2.</summary>
internal sealed class WeightReader : TensorFileReader
{
    private readonly Mlp _model = new(inputs: 4, hidden: [5], classes: 3, seed: 1);

    public WeightReader()
    {
        using IDisposable scope = NewDisposeScope();
        byte[] own = Written(_model.state_dict(), []);
        Dictionary<string, Tensor> wrapped = _model.state_dict().ToDictionary(t => $"module.{t.Key}", t => t.Value);
        wrapped["module.fc1.num_batches_tracked"] = tensor(3L);
        Dictionary<string, Tensor> saved = _model.state_dict().ToDictionary(t => $"model.{t.Key}", t => t.Value);
        Inputs =
        [
            new FuzzInput("mlp.safetensors", own),
            new FuzzInput("wrapped.safetensors", Written(wrapped, [])),
            new FuzzInput("checkpoint.safetensors", Written(saved, new Dictionary<string, string> { ["format"] = "rholoss-checkpoint/1" })),
        ];
        Operations = Written(_model.state_dict(), new Dictionary<string, string>
        {
            ["layers"] =
                """[{"op":"quantize","src":[0],"dst":109},"""
                + """{"name":"layer00","op":"conv","out":32,"inp":3,"k":3,"stride":2,"relu6":true,"src":109,"dst":110},"""
                + """{"op":"mean","src":[110,1],"dst":111}]""",
        });
    }

    public override string Name => "weights";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Models/Pretrained/WeightFile.cs",
        "RhoLoss.Models/Pretrained/StoredWeights.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; }

    /// <summary>A file that names operations, but not those of a whole network: refused as it is.</summary>
    private byte[] Operations { get; }

    public override void Read(string path)
    {
        QuantizedMobileNetV2.IsOne(path);
        WeightFile.Load(_model, path, ClassifierWeights.LoadIfClassesAgree);
    }

    protected override byte[] BreakContent(Dice dice, FuzzInput input, byte[] content) => SafetensorsBreaking.Break(dice,
        dice.Once(4) ? Operations : content, Operations);

    public override void Dispose()
    {
        _model.Dispose();
        base.Dispose();
    }
}
