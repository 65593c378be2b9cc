using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Support;

/// <summary>
/// Fails when a block leaves tensors behind: `using var check = new NoTensorLeaks();` around what a test does. It counts this thread's
/// live tensors and opens a dispose scope, so what the block does not own is freed before the count. When the block itself fails, its
/// exception is what is reported: what it leaves behind then is a consequence, and an exception from here would replace the cause.
/// </summary>
internal sealed class NoTensorLeaks : IDisposable
{
    private readonly long _before = Live();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly nint _unwinding = Marshal.GetExceptionPointers();

    public void Dispose()
    {
        _scope.Dispose();
        long left = Live() - _before;
        if (left != 0 && Marshal.GetExceptionPointers() == _unwinding)
        {
            throw new InvalidOperationException(
                $"{left} tensors outlived the test: something detached from its dispose scope was not disposed.");
        }
    }

    private static long Live() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
}
