using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace RhoLoss.Native;

/// <summary>
/// Pages of 2 MiB for what is read at random and grows with the number of examples. In pages of 4 KiB, finding the page of an example costs
/// more than reading its number, and the more so on a virtual machine: the one place where a step would take longer for a larger data set.
/// </summary>
internal static partial class LargePages
{
    private const long PageBytes = 2 << 20, FewestBytes = 2 * PageBytes;
    private const int Collapse = 25;   // MADV_COLLAPSE of Linux 6.1 on: now, and whatever lies there already

    /// <summary>The tensor, in large pages if the system has some to give.</summary>
    public static Tensor Held(Tensor tensor)
    {
        _ = Hold(tensor);
        return tensor;
    }

    /// <summary>Asks the system to hold this tensor in large pages. Its numbers, and how much room they take, stay.</summary>
    /// <returns>
    /// Whether it does so now; false where the system has no such pages or none left, or the tensor is too small to be worth one.
    /// </returns>
    public static bool Hold(Tensor tensor)
    {
        long bytes = tensor.numel() * tensor.element_size();
        if (!OperatingSystem.IsLinux() || tensor.device_type != DeviceType.CPU || bytes < FewestBytes || !tensor.is_contiguous())
        {
            return false;
        }
        long from = TensorMemory.AddressOf(tensor), first = (from + PageBytes - 1) / PageBytes * PageBytes;
        long whole = (from + bytes - first) / PageBytes * PageBytes;
        return whole > 0 && Advise((nint)first, (nuint)whole, Collapse) == 0;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
