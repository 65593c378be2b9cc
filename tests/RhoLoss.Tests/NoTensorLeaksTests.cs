using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests;

/// <summary>The guard that other tests run inside: it reports a leak, and never instead of the failure that caused it.</summary>
public sealed class NoTensorLeaksTests : IDisposable
{
    private Tensor? _leaked;

    [Fact]
    public void A_leak_fails_the_block() =>
        Should.Throw<InvalidOperationException>(() => { using var check = new NoTensorLeaks(); Leak(); }).Message
            .ShouldStartWith("1 tensors outlived the test");

    [Fact]
    public void A_failing_block_that_leaks_shows_its_own_failure() =>
        Should.Throw<TimeoutException>(
            () => { using var check = new NoTensorLeaks(); Leak(); throw new TimeoutException("the cause"); }).Message
            .ShouldBe("the cause");

    [Fact]
    public void A_leak_after_an_exception_that_was_caught_still_fails_the_block()
    {
        Should.Throw<InvalidOperationException>(() =>
        {
            using var check = new NoTensorLeaks();
            Should.Throw<TimeoutException>(() => throw new TimeoutException());
            Leak();
        });
        Free();
        Should.Throw<InvalidOperationException>(() =>
        {
            try { throw new TimeoutException(); }
            catch (TimeoutException)
            {
                using var check = new NoTensorLeaks();
                Leak();
            }
        });
    }

    [Fact]
    public async Task An_asynchronous_block_that_fails_and_leaks_shows_its_own_failure()
    {
        async Task FailAsync()
        {
            using var check = new NoTensorLeaks();
            Leak();
            await Task.CompletedTask;
            throw new TimeoutException("the cause");
        }
        (await Should.ThrowAsync<TimeoutException>(FailAsync)).Message.ShouldBe("the cause");
    }

    private void Leak() => _leaked = ones(1).DetachFromDisposeScope();

    private void Free() => _leaked?.Dispose();

    public void Dispose() => Free();
}
