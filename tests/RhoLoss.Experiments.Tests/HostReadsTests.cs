using System.Reflection;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests;

/// <summary>
/// Numbers of a tensor can be looked at on the host alone: who does that copies the tensor there first, which costs nothing where it is
/// already. Methods that read what was just made on the host, or read from a file, are named here.
/// </summary>
public sealed class HostReadsTests
{
    private static readonly string[] OfTheHost =
    [
        // what a file held
        "RhoLoss.Selection.IrreducibleLossStorage", "RhoLoss.Selection.SelectionPlan", "RhoLoss.Data.ShuffledSampler",
        "RhoLoss.Serialization.SafetensorsFile", "RhoLoss.Optimization.TorchOptimizer",
        // what a decoder fills
        "RhoLoss.Data.StreamedInputs",
        // asks for the processor first
        "RhoLoss.Native.TensorMemory",
    ];

    [Theory]
    [InlineData("RhoLoss")]
    [InlineData("RhoLoss.Models")]
    [InlineData("RhoLoss.Logging")]
    [InlineData("RhoLoss.Experiments")]
    public void Whoever_looks_at_the_numbers_of_a_tensor_copies_it_to_the_host_first(string assembly)
    {
        string[] without =
        [
            .. CalledMethods.In(Assembly.Load(assembly)).Where(LooksWithoutCopy)
                .Select(method => method.DeclaringType!.FullName!.Split('+')[0]).Distinct().Except(OfTheHost).Order(),
        ];
        without.ShouldBeEmpty("call cpu() before data<T>() or bytes");
    }

    [Fact]
    public void A_look_without_a_copy_is_found()
    {
        MethodInfo Method(string name) => typeof(HostReadsTests).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;
        LooksWithoutCopy(Method(nameof(Looks))).ShouldBeTrue();
        LooksWithoutCopy(Method(nameof(Copies))).ShouldBeFalse();
    }

    /// <summary>More looks than copies to the host.</summary>
    private static bool LooksWithoutCopy(MethodBase method)
    {
        MethodBase[] called = [.. CalledMethods.Of(method).Where(m => m.DeclaringType == typeof(Tensor))];
        return called.Count(m => m.Name is nameof(Tensor.data) or "get_bytes") > called.Count(m => m.Name == nameof(Tensor.cpu));
    }

    private static long[] Looks(Tensor ids, Tensor others) => [.. ids.cpu().data<long>(), .. others.data<long>()];

    private static byte[] Copies(Tensor ids) => ids.cpu().bytes.ToArray();
}
