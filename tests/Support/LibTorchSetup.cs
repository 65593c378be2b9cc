using System.Runtime.CompilerServices;

namespace RhoLoss.Tests.Support;

/// <summary>
/// What every test process does before its first tensor: convolutions are made right on machines that hide their caches, and LibTorch runs
/// on one thread, for bit-identical results and no spinning on a busy machine.
/// </summary>
internal static class LibTorchSetup
{
    [ModuleInitializer]
    internal static void Set()
    {
        NativeConvolutions.Prepare();
        torch.set_num_threads(1);
        torch.set_num_interop_threads(1);
    }
}
