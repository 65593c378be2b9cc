namespace RhoLoss;

/// <summary>How LibTorch computes convolutions in a process; see <see cref="NativeConvolutions"/>.</summary>
public enum ConvolutionPath
{
    /// <summary>oneDNN as it is: the processor reports its caches, or is none of x86.</summary>
    OneDnn,

    /// <summary>
    /// oneDNN with its own assumptions on the caches (32 KiB, 512 KiB, 1 MiB a core), since the processor reports none. All
    /// instruction sets, bfloat16 arithmetic included.
    /// </summary>
    OneDnnDefaultCaches,

    /// <summary>
    /// oneDNN held to SSE 4.1, whose code does not ask for the caches: for builds of LibTorch in which its assumptions cannot be
    /// set. Several times slower, and bfloat16 is slower than float32.
    /// </summary>
    OneDnnSse41,

    /// <summary>oneDNN as it is on a processor that reports no caches: convolutions are wrong or end the process.</summary>
    Unsafe,
}
