using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace RhoLoss.Native;

/// <summary>Where the numbers of a tensor are.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>Address of the first number of a tensor on the CPU; valid as long as the tensor is.</summary>
    public static T* PointerTo<T>(Tensor tensor) where T : unmanaged
    {
        using IDisposable scope = NewDisposeScope();
        Tensor first = tensor.detach();
        while (first.dim() > 0) { first = first.select(0, 0); }   // bytes demands contiguity and ends at 2 GB; one number has neither limit
        return (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(first.bytes));
    }

    /// <summary>The same as a number, to compare.</summary>
    public static nint AddressOf(Tensor tensor) => (nint)PointerTo<byte>(tensor);

    /// <summary>
    /// Whether both tensors begin at one address. On another device than the CPU there is no address to compare, only where in its memory
    /// each begins: a tensor of its own begins at 0, so two of those are not told apart.
    /// </summary>
    public static bool ShareMemory(Tensor first, Tensor second) => first.device_type == DeviceType.CPU
        ? PointerTo<byte>(first) == PointerTo<byte>(second)
        : first.storage_offset() == second.storage_offset();
}
