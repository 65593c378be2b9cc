using System.Reflection;
using RhoLoss.Pretrained;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>
/// TorchScript files as they are damaged on the way: bytes change, and the checksums of the parts with them do not. A file that somebody
/// wrote to do harm is not among them: its code runs in LibTorch.
/// </summary>
internal sealed class ScriptReader : FuzzReader
{
    public override string Name => "scripts";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Models/Pretrained/ScriptArchive.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
        [.. ((string[])["mlp.pt", "convnet.pt"]).Select(name => new FuzzInput(name, Embedded(name)))];

    public override void Read(string path)
    {
        using IDisposable scope = NewDisposeScope();
        using ScriptedModel model = ScriptedModel.Load(path);
        if (!model.parameters().Any()) { throw new InvalidOperationException("A model without parameters was loaded."); }
    }

    private static byte[] Embedded(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"scripted/{name}")
            ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
