using System.Runtime.Intrinsics.X86;
using RhoLoss.Native;

namespace RhoLoss;

/// <summary>
/// Makes convolutions right on machines that hide their caches. Some virtual machines report no cache; oneDNN inside LibTorch then takes a
/// cache of one byte on AMD processors, and its convolutions give wrong numbers, write out of bounds or divide by zero. Linear layers are
/// not concerned. <c>docs/decisions/0012-hidden-caches.md</c> has the measurements.
/// </summary>
/// <example>
/// At the start of a program, before the first tensor:
/// <code>
/// NativeConvolutions.Prepare();
/// </code>
/// </example>
public static class NativeConvolutions
{
    /// <summary>Forces a path, by its name (<see cref="NameOf"/>), on any machine; for tests and for comparing.</summary>
    public const string Variable = "RHOLOSS_CONVOLUTIONS";

    private const string InstructionSets = "ONEDNN_MAX_CPU_ISA", Sse41 = "SSE41";

    private static readonly Lock Once = new();
    private static ConvolutionPath? _prepared;

    /// <summary>The path of this process: what <see cref="Prepare"/> chose, or what the machine gives without it.</summary>
    public static ConvolutionPath Path
    {
        get
        {
            lock (Once) { return _prepared ?? WithoutPreparation(); }
        }
    }

    /// <summary>
    /// Looks at the processor and, where it reports no caches, puts LibTorch on a path whose convolutions are right, forward and
    /// backward, in float32 and bfloat16, for every layer of the process. Does nothing elsewhere. Call it once, before the first
    /// tensor is made: what oneDNN compiled before is not compiled anew. Further calls give the same answer.
    /// </summary>
    /// <returns>The path that is taken.</returns>
    /// <exception cref="InvalidInputException"><see cref="Variable"/> does not name a safe path, or names one that this build of
    /// LibTorch lacks.</exception>
    public static ConvolutionPath Prepare()
    {
        lock (Once) { return _prepared ??= Choose(Asked()); }
    }

    /// <summary>
    /// The name under which files and messages have a path: <c>onednn</c>, <c>onednn-default-caches</c>, <c>onednn-sse41</c>,
    /// <c>unsafe</c>.
    /// </summary>
    public static string NameOf(ConvolutionPath path) => path switch
    {
        ConvolutionPath.OneDnn => "onednn",
        ConvolutionPath.OneDnnDefaultCaches => "onednn-default-caches",
        ConvolutionPath.OneDnnSse41 => "onednn-sse41",
        ConvolutionPath.Unsafe => "unsafe",
        _ => throw new ArgumentOutOfRangeException(nameof(path), path, "There is no such path."),
    };

    /// <summary>For tests of what happens on other machines: the path until the result is disposed.</summary>
    internal static IDisposable Assume(ConvolutionPath path)
    {
        lock (Once)
        {
            ConvolutionPath? before = _prepared;
            _prepared = path;
            return new Restoring(before);
        }
    }

    private static ConvolutionPath? Asked()
    {
        ConvolutionPath[] safe = [ConvolutionPath.OneDnnDefaultCaches, ConvolutionPath.OneDnnSse41];
        return Environment.GetEnvironmentVariable(Variable) switch
        {
            null or "" => null,
            string name when safe.Any(p => NameOf(p) == name) => safe.First(p => NameOf(p) == name),
            string other => throw new InvalidInputException(
                $"{Variable} must be {string.Join(" or ", safe.Select(NameOf))}, but is '{other}'. "
                + "Set one of them, or remove the variable."),
        };
    }

    private static ConvolutionPath Choose(ConvolutionPath? asked)
    {
        if (asked is null && !CachesAreHidden) { return WithoutPreparation(); }
        asked ??= IsHeldToSse41 ? ConvolutionPath.OneDnnSse41 : null;
        if (asked == ConvolutionPath.OneDnnSse41) { HoldToSse41(); }   // read by oneDNN when it is first used
        LibTorchImage? image = LibTorchImage.Load();
        if (CachesAreHidden) { image?.SwitchOffNnpack(); }
        if (asked == ConvolutionPath.OneDnnSse41) { return ConvolutionPath.OneDnnSse41; }
        if (image?.AssumeDefaultCaches() == true) { return ConvolutionPath.OneDnnDefaultCaches; }
        if (asked is not null)
        {
            throw new InvalidInputException(
                $"{Variable} asks for {NameOf(asked.Value)}, but this build of LibTorch is not the one in which that can be "
                + "set. Remove the variable.");
        }
        HoldToSse41();
        return ConvolutionPath.OneDnnSse41;
    }

    /// <summary>
    /// A limit in the environment does not count here: one that a program set for itself in .NET never reached oneDNN. Prepare hands it on.
    /// </summary>
    private static ConvolutionPath WithoutPreparation() =>
        CachesAreHidden ? ConvolutionPath.Unsafe : IsHeldToSse41 ? ConvolutionPath.OneDnnSse41 : ConvolutionPath.OneDnn;

    private static bool IsHeldToSse41 =>
        string.Equals(Environment.GetEnvironmentVariable(InstructionSets), Sse41, StringComparison.OrdinalIgnoreCase);

    private static void HoldToSse41() => NativeEnvironment.Set(InstructionSets, Sse41);

    private static bool CachesAreHidden => X86Base.IsSupported && !ReportedCaches.AreThere(CpuId);

    private sealed class Restoring(ConvolutionPath? before) : IDisposable
    {
        public void Dispose()
        {
            lock (Once) { _prepared = before; }
        }
    }

    private static CpuIdLeaf CpuId(uint leaf, uint level)
    {
        (int eax, int ebx, int ecx, int edx) = X86Base.CpuId(unchecked((int)leaf), (int)level);
        return new CpuIdLeaf(unchecked((uint)eax), unchecked((uint)ebx), unchecked((uint)ecx), unchecked((uint)edx));
    }
}
