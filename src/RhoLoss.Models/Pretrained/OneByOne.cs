using System.Runtime.InteropServices;

namespace RhoLoss.Pretrained;

/// <summary>
/// Runs TorchScript on this thread one operation after another, as PyTorch's eager mode does, until it is disposed. LibTorch would watch
/// the first passes and then run others in their place, whose dropout and gradients differ in the last bits: what a step computes would
/// depend on how many passes the process had made before, and a run that is resumed would not go on as it would have.
/// </summary>
internal readonly unsafe struct OneByOne : IDisposable
{
    private static readonly Lazy<(nint Get, nint Set)> Switch = new(Find);
    private readonly byte _before;

    private OneByOne(byte before) => _before = before;

    /// <summary>From now on.</summary>
    /// <exception cref="InvalidOperationException">This build of LibTorch has no such switch.</exception>
    public static OneByOne Enter()
    {
        byte before = ((delegate* unmanaged<byte>)Switch.Value.Get)();
        ((delegate* unmanaged<byte, void>)Switch.Value.Set)(0);
        return new OneByOne(before);
    }

    /// <summary>As before.</summary>
    public void Dispose() => ((delegate* unmanaged<byte, void>)Switch.Value.Set)(_before);

    /// <summary>
    /// <c>torch::jit::getGraphExecutorOptimize()</c> and <c>setGraphExecutorOptimize(bool)</c>, whose answer is each thread's own.
    /// </summary>
    private static (nint Get, nint Set) Find()
    {
        _ = torch.get_num_threads();   // TorchSharp knows where its libraries are; once they are loaded, the name is enough
        (string file, string get, string set) = OperatingSystem.IsWindows()
            ? ("torch_cpu.dll", "?getGraphExecutorOptimize@jit@torch@@YA_NXZ", "?setGraphExecutorOptimize@jit@torch@@YAX_N@Z")
            : (OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so",
                "_ZN5torch3jit24getGraphExecutorOptimizeEv", "_ZN5torch3jit24setGraphExecutorOptimizeEb");
        return NativeLibrary.TryLoad(file, out nint library)
            && NativeLibrary.TryGetExport(library, get, out nint getter) && NativeLibrary.TryGetExport(library, set, out nint setter)
            ? (getter, setter)
            : throw new InvalidOperationException(
                $"This build of LibTorch does not let TorchScript run one operation after another ({file} has no {set}), so that a step "
                + "would not be a function of its seed. Write the network in TorchSharp, and load its weights by name (WeightFile).");
    }
}
