using System.Reflection;
using RhoLoss.Models;
using RhoLoss.Randomness;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Randomness;

[Collection(TakesTheProcess.Name)]
public sealed class LayerRandomTests
{
    public static TheoryData<string> Models => ["ours", "users"];

    private static nn.Module<Tensor, Tensor> Create(string whose) =>
        whose == "ours" ? new Mlp(8, [16], 3, seed: 1, dropout: 0.5) : new DropoutNet(seed: 1);

    [Theory]
    [MemberData(nameof(Models))]
    public void What_layers_draw_is_a_function_of_the_seed_and_the_process_keeps_its_stream(string whose)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = Create(whose);
        var random = new LayerRandom(model);
        Tensor inputs = rand(20, 8);
        byte[] Pass(long seed) => Toys.Bits(random.Run(model, inputs, seed));
        byte[] stream = Toys.Bits(torch.random.get_rng_state()), third = Pass(3);
        Pass(4).ShouldNotBe(third);
        Toys.Bits(torch.random.get_rng_state()).ShouldBe(stream);
        rand(17).Dispose();   // whatever the process draws in between
        Pass(3).ShouldBe(third);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Threads_that_train_at_once_draw_what_each_draws_alone(string whose)
    {
        using nn.Module<Tensor, Tensor> model = Create(whose);
        var random = new LayerRandom(model);
        byte[][] Passes(long seed)
        {
            using IDisposable scope = NewDisposeScope();
            using IDisposable noGradient = no_grad();
            using var generator = new Generator(1);
            Tensor inputs = rand([20, 8], generator: generator);
            return [.. Enumerable.Range(0, 50).Select(i => Toys.Bits(random.Run(model, inputs, seed + i)))];
        }
        byte[][][] alone = [.. Enumerable.Range(0, 4).Select(t => Passes(1000 * t))];
        byte[][][] together = new byte[4][][];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(t => new Thread(() => together[t] = Passes(1000 * t)))];
        foreach (Thread thread in threads) { thread.Start(); }
        foreach (Thread thread in threads) { thread.Join(); }
        together.ShouldBe(alone);
    }

    // TorchSharp 0.107's manual_seed is the processor's alone; that it is not all that is called is all that can be seen without a device.
    [Fact]
    public void The_generators_of_devices_are_seeded_by_a_call_of_their_own()
    {
        MethodInfo seeded = typeof(LayerRandom).GetMethod("RunSeeded", BindingFlags.NonPublic | BindingFlags.Static)!;
        CalledMethods.Of(seeded).ShouldContain(typeof(cuda).GetMethod(nameof(cuda.manual_seed_all)));
    }

    [Fact]
    public void A_failing_pass_leaves_the_stream_of_the_process_and_the_lock()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = Create("users");
        var random = new LayerRandom(model);
        byte[] stream = Toys.Bits(torch.random.get_rng_state());
        Should.Throw<Exception>(() => random.Run(model, zeros(2, 5), seed: 1));   // 8 inputs are needed
        Toys.Bits(torch.random.get_rng_state()).ShouldBe(stream);
        LayerRandom.Current.ShouldBeNull();
        long[] shape = [];
        var other = new Thread(() =>
        {
            using IDisposable scope = NewDisposeScope();
            shape = random.Run(model, zeros(2, 8), seed: 1).shape;
        });
        other.Start();
        other.Join(TimeSpan.FromMinutes(1)).ShouldBeTrue("another thread must get the lock");
        shape.ShouldBe([2, 3]);
    }

    [Fact]
    public void Only_layers_known_not_to_draw_from_the_process_spare_the_lock()
    {
        using nn.Module<Tensor, Tensor> plain = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm1d(2), new SeededDropout(0.5));
        using nn.Module<Tensor, Tensor> dropout = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(0.1)));
        using nn.Module<Tensor, Tensor> own = new OneWeight(1);
        ProcessWideDraws.Possible(plain).ShouldBeFalse();
        ProcessWideDraws.Possible(dropout).ShouldBeTrue();
        ProcessWideDraws.Possible(own).ShouldBeTrue();
    }

    // A layer that draws says so by a parameter of its factory: a probability (p, dropout) or the bounds of a slope.
    [Fact]
    public void Every_layer_of_TorchSharp_whose_factory_takes_a_probability_is_known_to_draw()
    {
        string[] drawing = ["p", "dropout", "dropout_p", "probability"];
        Type[] layers =
        [
            .. typeof(nn).GetMethods(BindingFlags.Public | BindingFlags.Static)
                .Where(m => m.GetParameters().Any(p => drawing.Contains(p.Name) && p.ParameterType == typeof(double)))
                .Where(m => m.ReturnType.Namespace == typeof(Dropout).Namespace)
                .Select(m => m.ReturnType).Distinct(),
        ];
        layers.ShouldContain(typeof(Dropout));
        layers.ShouldContain(typeof(LSTM));
        // Distances and norms have a p that is an exponent.
        foreach (Type layer in layers.Where(l => l != typeof(PairwiseDistance) && l != typeof(TripletMarginLoss)))
        {
            ProcessWideDraws.MayDraw(layer).ShouldBeTrue(layer.Name);
        }
    }

    [Fact]
    public void Every_network_of_the_library_draws_by_its_own_layers_alone()
    {
        using var check = new NoTensorLeaks();
        nn.Module<Tensor, Tensor>[] models =
        [
            new Mlp(8, [4], 3, seed: 1, dropout: 0.5), new SmallCnn([3, 32, 32], 10, seed: 1, dropout: 0.1),
            ResNet.ResNet18(3, 10, seed: 1),
            new Albert(new AlbertOptions { Layers = 1, HiddenSize = 8, Heads = 2, Dropout = 0.1 }, 2, seed: 1),
        ];
        foreach (nn.Module<Tensor, Tensor> model in models)
        {
            ProcessWideDraws.Possible(model).ShouldBeFalse(model.GetName());
            model.Dispose();
        }
    }
}
