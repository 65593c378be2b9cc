using System.Runtime.CompilerServices;

namespace RhoLoss.Tests.Support;

/// <summary>Tests run LibTorch on one thread: bit-identical results, and no spinning on a busy machine.</summary>
internal static class OneThread
{
    [ModuleInitializer]
    internal static void Set()
    {
        torch.set_num_threads(1);
        torch.set_num_interop_threads(1);
    }
}
