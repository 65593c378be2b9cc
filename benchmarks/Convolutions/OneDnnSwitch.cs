using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Convolutions;

/// <summary>LibTorch's own switch for oneDNN, which TorchSharp does not bind: one of the candidates for a safe path.</summary>
internal static unsafe class OneDnnSwitch
{
    public static void Off()
    {
        _ = get_num_threads();   // loads the library
        nint library = NativeLibrary.Load("libtorch_cpu.so");
        var context = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "_ZN2at13globalContextEv");
        ((delegate* unmanaged<nint, byte, void>)NativeLibrary.GetExport(library, "_ZN2at7Context20setUserEnabledMkldnnEb"))(context(), 0);
    }
}
