using System.IO.Compression;
using System.Text;

namespace RhoLoss.Tests.Optimization;

/// <summary>
/// A TorchScript archive of a module with one weight [8, 3] of zeros, whose forward is torch.matmul(x, weight): the zip of a pickle and
/// Python source that <c>torch.jit.save</c> writes (PyTorch, torch/csrc/jit/docs/serialization.md), by hand.
/// </summary>
internal static class TorchScriptFile
{
    private const string Source = """
        class Net(Module):
          __parameters__ = ["weight", ]
          __buffers__ = []
          weight : Tensor
          training : bool
          def forward(self: __torch__.Net, x: Tensor) -> Tensor:
            return torch.matmul(x, self.weight)

        """;

    public static void Write(string path)
    {
        // 24 numbers from storage 0, offset 0, sizes (8, 3), strides (3, 1), requires_grad, no hooks.
        string weight = $"ctorch._utils\n_rebuild_tensor_v2\n(({Text("storage")}ctorch\nFloatStorage\n{Text("0")}{Text("cpu")}K\u0018tQ"
            + "K\0(K\u0008K\u0003t(K\u0003K\u0001t\u0088ccollections\nOrderedDict\n)RtR";
        using ZipArchive archive = new(File.Create(path), ZipArchiveMode.Create);
        string module = $"\u0080\u0002c__torch__\nNet\n)\u0081}}({Text("weight")}{weight}{Text("training")}\u0088ub.";
        Add("data.pkl", Encoding.Latin1.GetBytes(module));
        Add("code/__torch__.py", Encoding.ASCII.GetBytes(Source.ReplaceLineEndings("\n")));
        Add("data/0", new byte[8 * 3 * sizeof(float)]);
        Add("constants.pkl", Encoding.Latin1.GetBytes("\u0080\u0002)."));
        Add("version", "3\n"u8.ToArray());

        void Add(string name, byte[] content)
        {
            using Stream entry = archive.CreateEntry("net/" + name, CompressionLevel.NoCompression).Open();
            entry.Write(content);
        }
    }

    /// <summary>A string as pickle's BINUNICODE: its length in four bytes, lowest first.</summary>
    private static string Text(string value) => $"X{(char)value.Length}\0\0\0{value}";
}
