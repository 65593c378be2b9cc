using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>A reader whose files are safetensors.</summary>
internal abstract class TensorFileReader : FuzzReader
{
    protected override byte[] BreakContent(Dice dice, FuzzInput input, byte[] content) => SafetensorsBreaking.Break(dice, content,
        dice.Of(Inputs).Bytes);

    /// <summary>The bytes of a file that something writes.</summary>
    protected static byte[] Written(Action<string> write)
    {
        string path = Path.GetTempFileName();
        try
        {
            using (NewDisposeScope()) { write(path); }
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The bytes of a file with these tensors.</summary>
    protected static byte[] Written(Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) =>
        Written(path => SafetensorsFile.Write(path, tensors, metadata));
}
