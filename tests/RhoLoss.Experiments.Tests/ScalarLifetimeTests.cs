using System.Reflection;
using System.Runtime.CompilerServices;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests;

/// <summary>
/// A number that TorchSharp makes for an operation can be freed while LibTorch reads it, so none of these assemblies lets it make one:
/// neither themselves nor by calling a method of TorchSharp that does. What a layer's virtual forward pass does is not seen here.
/// </summary>
public sealed class ScalarLifetimeTests
{
    private const int Kept = 16;   // numbers that Scalars keeps for a thread

    // A script makes numbers of those that it is given; this one is given a tensor alone.
    private const string Script = "RhoLoss.Pretrained.ScriptedModel.forward";

    private static readonly Lazy<HashSet<MethodBase>> Unsafe = new(MethodsThatMakeANumber);

    [Theory]
    [InlineData("RhoLoss")]
    [InlineData("RhoLoss.Models")]
    [InlineData("RhoLoss.Logging")]
    [InlineData("RhoLoss.Datasets")]
    [InlineData("RhoLoss.Experiments")]
    public void No_method_lets_TorchSharp_make_a_number(string assembly)
    {
        string[] calls =
        [
            .. CalledMethods.In(Assembly.Load(assembly)).Where(method => method.DeclaringType!.FullName != "RhoLoss.Scalars")
                .SelectMany(method => CalledMethods.Of(method).Where(Unsafe.Value.Contains)
                    .Select(called => $"{method.DeclaringType}.{method.Name} calls {called.DeclaringType}.{called}"))
                .Where(call => !call.StartsWith($"{Script} calls {typeof(jit.ScriptModule)}.", StringComparison.Ordinal)),
        ];
        calls.ShouldBeEmpty("use Scalars");
    }

    [Theory]
    [InlineData(nameof(Divided), true)]
    [InlineData(nameof(Added), true)]
    [InlineData(nameof(Read), true)]
    [InlineData(nameof(Counted), true)]
    [InlineData(nameof(Subtracted), false)]
    [InlineData(nameof(Summed), false)]
    public void A_call_that_makes_a_number_is_found_also_where_it_is_inside_TorchSharp(string name, bool makes)
    {
        MethodInfo method = typeof(ScalarLifetimeTests).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;
        CalledMethods.Of(method).Any(Unsafe.Value.Contains).ShouldBe(makes);
    }

    [Fact]
    public void A_number_is_alive_until_the_thread_has_made_that_many_more()
    {
        WeakReference number = Make();
        for (int i = 1; i < Kept; i++) { _ = Make(); }
        Collect();
        number.IsAlive.ShouldBeTrue();
        _ = Make();
        Collect();
        number.IsAlive.ShouldBeFalse();
    }

    private static Tensor Divided(Tensor x) => x / 2.0;

    private static Tensor Added(Tensor x, Tensor y) => x + y;

    private static double Read(Tensor x) => x.ToDouble();

    private static Tensor Counted(Tensor x) => x.add_(x);

    private static Tensor Subtracted(Tensor x, Tensor y) => x - y;

    private static Tensor Summed(Tensor x, Tensor y) => Scalars.Sum(x, y.mul(Scalars.Of(2.0)));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Make() => new(Scalars.Of(0.5));

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    /// <summary>The methods of TorchSharp that make one, or call one that does.</summary>
    private static HashSet<MethodBase> MethodsThatMakeANumber()
    {
        ILookup<MethodBase, MethodBase> callers = CalledMethods.In(typeof(torch).Assembly)
            .SelectMany(caller => CalledMethods.Of(caller).Select(called => (called, caller)))
            .ToLookup(pair => pair.called, pair => pair.caller);
        const BindingFlags Any = BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Instance;
        HashSet<MethodBase> found = [.. typeof(Scalar).GetConstructors(Any)];
        found.Count.ShouldBe(1);
        var open = new Queue<MethodBase>(found);
        while (open.TryDequeue(out MethodBase? method))
        {
            foreach (MethodBase caller in callers[method])
            {
                if (found.Add(caller)) { open.Enqueue(caller); }
            }
        }
        return found;
    }
}
