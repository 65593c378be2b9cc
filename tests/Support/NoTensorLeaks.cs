using static TorchSharp.torch;

namespace RhoLoss.Tests.Support;

/// <summary>
/// Fails when a block leaves tensors behind: `using var check = new NoTensorLeaks();` around what a test does. It counts this thread's
/// live tensors and opens a dispose scope, so what the block does not own is freed before the count.
/// </summary>
internal sealed class NoTensorLeaks : IDisposable
{
    private readonly long _before = Live();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        long left = Live() - _before;
        if (left != 0) { throw new InvalidOperationException($"{left} tensors outlived the test: something detached from its dispose scope was not disposed."); }
    }

    private static long Live() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
}
