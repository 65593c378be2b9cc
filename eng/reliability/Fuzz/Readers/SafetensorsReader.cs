using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>safetensors of any origin: every type, scalars and empty tensors, with and without our checksum.</summary>
internal sealed class SafetensorsReader : TensorFileReader
{
    public override string Name => "safetensors";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss/Serialization/SafetensorsFile.cs",
        "RhoLoss/Serialization/SafetensorsHeader.cs", "RhoLoss/Serialization/ForeignFormat.cs"];

    public override IReadOnlyList<string> NotReading { get; } = ["SafetensorsFile.cs:Write", "SafetensorsFile.cs:Header"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } = Make();

    public override void Read(string path)
    {
        SafetensorsFile.ReadMetadata(path);
        SafetensorsFile.Read(path);
    }

    private static FuzzInput[] Make()
    {
        using IDisposable scope = NewDisposeScope();
        ScalarType[] types = [ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64,
            ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool];
        Dictionary<string, string> metadata = new() { ["format"] = "pt" };
        byte[] own = Written(types.ToDictionary(type => $"t.{type}", type => ones([2, 3], dtype: type)), metadata);
        Dictionary<string, Tensor> few = new() { ["scalar"] = tensor(1f), ["empty"] = zeros([0, 4]), ["row"] = arange(5f) };
        byte[] small = Written(few, []);
        Formats.SafetensorsDraft foreign = Formats.SafetensorsDraft.Parse(small);
        foreign.Metadata.Clear();
        return
        [
            new FuzzInput("own.safetensors", own),
            new FuzzInput("small.safetensors", small),
            new FuzzInput("foreign.safetensors", foreign.ToBytes(repairChecksum: false)),
        ];
    }
}
