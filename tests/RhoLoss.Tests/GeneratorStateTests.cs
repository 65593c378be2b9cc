using System.Buffers.Binary;
using CsCheck;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests;

/// <summary>States of random generators that are none. LibTorch ends the process on them: a test that fails here may take the run with it.</summary>
public sealed class GeneratorStateTests
{
    // Offsets in at::CPUGeneratorImplState of LibTorch 2.10 (aten/src/ATen/CPUGeneratorImpl.cpp); N words of mt19937 (MT19937RNGEngine.h).
    private const int Left = 8, Seeded = 12, Next = 16, FirstWord = 24, N = 624;
    private const int Normal = 5024, HasNormal = 5040, FloatNormal = 5048, HasFloatNormal = 5052, Length = 5056;

    private static readonly TrainerOptions FourOfTwenty = new() { BatchSize = 4, LargeBatchSize = 20 };

    [Fact]
    public void A_fresh_state_is_laid_out_as_LibTorch_says()
    {
        using var check = new NoTensorLeaks();
        using var generator = new Generator(7, CPU);

        byte[] fresh = Toys.Bits(GeneratorState.Of(generator));
        rand(1, generator: generator);
        byte[] drawn = Toys.Bits(GeneratorState.Of(generator));

        fresh.Length.ShouldBe(Length);
        BinaryPrimitives.ReadUInt64LittleEndian(fresh).ShouldBe(7u);
        (Int(fresh, Left), Int(fresh, Seeded), Int(fresh, Next)).ShouldBe((1, 1, 0));
        Int(fresh, FirstWord).ShouldBe(7, "the first word is the seed");
        (Int(drawn, Left), Int(drawn, Seeded), Int(drawn, Next)).ShouldBe((N, 1, 1));   // a new table, of which one word is drawn
    }

    [Fact]
    public void Every_state_that_a_generator_reaches_is_accepted_and_continues()
    {
        using var check = new NoTensorLeaks();
        using var one = new Generator(3, CPU);
        using var other = new Generator(4, CPU);
        for (int draw = 0; draw < 2 * N + 3; draw++)   // over two ends of the table, with a normal number kept now and then
        {
            using IDisposable scope = NewDisposeScope();
            if (draw % 50 == 0) { randn(1, generator: one, dtype: draw % 100 == 0 ? float32 : float64); }
            rand(1, generator: one);
            GeneratorState.Restore(other, GeneratorState.Of(one), "entry");
            Toys.Bits(GeneratorState.Of(other)).ShouldBe(Toys.Bits(GeneratorState.Of(one)));
        }
        Toys.Bits(randn(5, generator: other)).ShouldBe(Toys.Bits(randn(5, generator: one)));
    }

    public static TheoryData<string> Faults => [.. Mutations.Keys];

    private static readonly Dictionary<string, (Func<Tensor, Tensor> Mutate, string Says)> Mutations = new(StringComparer.Ordinal)
    {
        ["another type"] = (s => s.to(float32), "its type is Float32, but uint8 is needed"),
        ["bytes of another type"] = (s => s.to(int8), "its type is Int8"),
        ["empty"] = (s => s.slice(0, 0, 0, 1), "its shape is [0] on CPU, but 5056 contiguous bytes [5056] on CPU are needed"),
        ["a single number"] = (s => s[0], "its shape is []"),
        ["one number"] = (s => s.slice(0, 0, 1, 1), "its shape is [1]"),
        ["a state of CUDA"] = (_ => zeros(16, dtype: uint8), "its shape is [16]"),
        ["a state of before PyTorch 1.3"] = (s => s.slice(0, 0, 5048, 1), "its shape is [5048]"),
        ["a byte too few"] = (s => s.slice(0, 0, Length - 1, 1), "its shape is [5055]"),
        ["a byte too many"] = (s => cat([s, zeros(1, dtype: uint8)]), "its shape is [5057]"),
        ["two axes"] = (s => s.reshape(1, Length), "its shape is [1, 5056]"),
        ["two other axes"] = (s => s.reshape(Length, 1), "its shape is [5056, 1]"),
        ["every second byte"] = (s => cat([s, s]).slice(0, 0, 2 * Length, 2), "contiguous"),
        ["sparse"] = (s => s.to_sparse(), "contiguous"),
        ["without numbers"] = (s => s.to(META), "on META"),
        ["freed"] = (Freed, "its tensor is freed"),
        ["all zero"] = (s => zeros_like(s), "its engine is at word 0 of 624 with 0 left and seeded 0"),
        ["all ones"] = (s => full_like(s, 255), "with -1 left"),
        ["not seeded"] = (s => With(s, Seeded, 0), "seeded 0"),
        ["seeded otherwise"] = (s => With(s, Seeded, 2), "seeded 2"),
        ["nothing left"] = (s => With(s, Left, 0), "with 0 left"),
        ["less than nothing left"] = (s => With(s, Left, -5), "with -5 left"),
        ["more left than there is"] = (s => With(s, Left, N + 1), "with 625 left"),
        ["a place behind the table"] = (s => With(s, Next, N + 1), "at word 625 of 624"),
        // Of this LibTorch reads the lower half, a place within the table.
        ["a place far behind the table"] = (s => With(s, Next + 4, 1), "at word 4294967297 of 624"),
        // This LibTorch accepts, and reads 623 words from the third on.
        ["more left than comes"] = (s => With(With(s, Left, N), Next, 2), "at word 2 of 624 with 624 left"),
        ["a word of 33 bits"] = (s => With(s, FirstWord + 8 * 9 + 4, 1), "word 9 of its engine has more than 32 bits"),
        ["a flag that is none"] = (s => With(s, HasNormal, 7), "the normal number"),
        ["another flag that is none"] = (s => With(s, HasFloatNormal, 2), "the normal number"),
        ["a NaN for a normal number"] = (s => With(s, Normal + 4, 0x7FF80000), "the normal number"),   // its upper half
        ["an infinite float normal number"] = (s => With(s, FloatNormal, 0x7F800000), "the normal number"),
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_is_no_state_is_refused_by_name_and_the_generator_stays_as_it_was(string fault)
    {
        using var check = new NoTensorLeaks();
        using var generator = new Generator(5, CPU);
        rand(1, generator: generator);
        byte[] before = Toys.Bits(GeneratorState.Of(generator)), processWide = Toys.Bits(random.get_rng_state());
        (Func<Tensor, Tensor> mutate, string says) = Mutations[fault];
        Tensor state = mutate(GeneratorState.Of(generator));

        string message = Should.Throw<InvalidInputException>(() => GeneratorState.Restore(generator, state, "gate.windows")).Message;
        Should.Throw<InvalidInputException>(() => GeneratorState.RestoreProcessWide(state, "gate.windows")).Message.ShouldBe(message);

        message.ShouldStartWith("The entry 'gate.windows' is not the state of a random generator: ");
        message.ShouldContain(says);
        Toys.Bits(GeneratorState.Of(generator)).ShouldBe(before);
        Toys.Bits(random.get_rng_state()).ShouldBe(processWide);
    }

    [Fact]
    public void Bytes_changed_at_random_are_refused_or_draw_on()
    {
        using var check = new NoTensorLeaks();
        using var generator = new Generator(5, CPU);
        Tensor state = GeneratorState.Of(generator);
        int refused = 0, accepted = 0;
        // Half of the places lie in the first 24 bytes, where the engine's counters are.
        Gen.Select(Gen.OneOf(Gen.Int[0, FirstWord - 1], Gen.Int[0, Length - 1]), Gen.Byte).Array[1, 3].Sample(changes =>
        {
            using IDisposable scope = NewDisposeScope();
            byte[] bytes = Toys.Bits(state);
            foreach ((int at, byte value) in changes) { bytes[at] = value; }
            try
            {
                GeneratorState.Restore(generator, tensor(bytes), "entry");
            }
            catch (InvalidInputException)
            {
                Interlocked.Increment(ref refused);
                return;
            }
            rand(2 * N, generator: generator).isfinite().all().item<bool>().ShouldBeTrue();
            Interlocked.Increment(ref accepted);
        }, iter: 2000, threads: 1);
        refused.ShouldBeGreaterThan(100);
        accepted.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void A_freed_generator_is_an_error_and_not_the_end()
    {
        using var check = new NoTensorLeaks();
        var generator = new Generator(5, CPU);
        Tensor state = GeneratorState.Of(generator);
        generator.Dispose();

        Should.Throw<ObjectDisposedException>(() => GeneratorState.Of(generator));
        Should.Throw<ObjectDisposedException>(() => GeneratorState.Restore(generator, state, "entry"));
    }

    [Theory]
    [InlineData("target", 2)]                     // the selector's and the layers'
    [InlineData("replica", 3)]
    [InlineData("proxy", 3)]
    [InlineData("cascade", 2)]
    [InlineData("live irreducible losses", 3)]
    [InlineData("auto", 6)]                       // the windows', three selectors', a proxy's and the layers'
    public void Every_random_state_of_a_checkpoint_is_looked_at(string scorer, int states)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using nn.Module<Tensor, Tensor> model = new Mlp(8, [6], 3, seed: 5);
        using Trainer trainer = ScorerTrainers.Create(scorer, model, new Mlp(8, [6], 3, seed: 6), data, irreducible, FourOfTwenty);
        string[] entries = [.. trainer.Capture().Tensors.Where(t => t.Value.dtype == uint8).Select(t => t.Key)];

        entries.Length.ShouldBe(states);
        foreach (string entry in entries)
        {
            Checkpoint checkpoint = trainer.Capture();
            checkpoint.Tensors[entry] = zeros(Length, dtype: uint8);
            bool ofGate = entry.StartsWith("gate.", StringComparison.Ordinal) && entry != "gate.windows";
            string named = ofGate ? entry["gate.0.".Length..] : entry;   // as its selector calls it
            string message = Should.Throw<InvalidInputException>(() => trainer.Restore(checkpoint)).Message;
            message.ShouldContain($"'{named}' is not the state of a random generator");
        }
        trainer.Step().Step.ShouldBe(1);
    }

    [Fact]
    public void The_state_of_an_augmentation_is_looked_at()
    {
        using var check = new NoTensorLeaks();
        using var augmentation = new CropAndFlip(2, seed: 1);
        Tensor images = ones(4, 1, 8, 8), state = augmentation.GetState();
        byte[] expected = Toys.Bits(augmentation.Apply(images));

        Should.Throw<InvalidInputException>(() => augmentation.SetState(zeros(16))).Message.ShouldContain("'generator.augmentation'");
        augmentation.SetState(state);

        Toys.Bits(augmentation.Apply(images)).ShouldBe(expected);
    }

    // What is captured is the live state; its holder may write into it.
    [Fact]
    public void A_captured_state_that_was_overwritten_is_refused_at_the_next_step()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, FourOfTwenty);
        trainer.Capture().Tensors["generator.layers"].zero_();
        byte[] processWide = Toys.Bits(random.get_rng_state());

        Should.Throw<InvalidInputException>(() => trainer.Step()).Message.ShouldContain("stream of a model's layers");

        Toys.Bits(random.get_rng_state()).ShouldBe(processWide);
    }

    private static Tensor With(Tensor state, int at, int value)
    {
        byte[] bytes = Toys.Bits(state);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
        return tensor(bytes);
    }

    private static Tensor Freed(Tensor state)
    {
        state.Dispose();
        return state;
    }

    private static int Int(byte[] bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
}
