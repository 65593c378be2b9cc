using System.Buffers.Binary;
using System.Globalization;
using static TorchSharp.torch;

namespace RhoLoss;

/// <summary>
/// Saved states of processor generators, and the one place that puts them back. TorchSharp hands a state to LibTorch unguarded:
/// what LibTorch refuses ends the process, and of what it accepts some lets the engine read beyond its table. So every state is
/// looked at here first.
/// </summary>
internal static class GeneratorState
{
    // at::CPUGeneratorImplState of LibTorch 2.10: seed (8 bytes), left, seeded (4 each), next (8), 624 words of the mt19937
    // engine in 8 bytes each, three float64 of which the second is a normal number kept for the next draw, its flag (4, padded to
    // 8), a float32 one and its flag (1, padded to 4).
    private const int Words = 624, Left = 8, Seeded = 12, Next = 16, FirstWord = 24;
    private const int Normal = FirstWord + 8 * Words + 8, HasNormal = Normal + 16;
    private const int FloatNormal = HasNormal + 8, HasFloatNormal = FloatNormal + 4;
    private const int Length = HasFloatNormal + 4;

    /// <summary>The state of a generator: uint8, shape [5056]. The caller's dispose scope owns it.</summary>
    /// <exception cref="ObjectDisposedException">The generator is freed.</exception>
    public static Tensor Of(Generator generator) => Living(generator).get_state();

    /// <summary>Puts a generator into a saved state.</summary>
    /// <param name="generator">One of the processor.</param>
    /// <param name="state">What <see cref="Of"/> returned.</param>
    /// <param name="entry">Name of the state in its checkpoint, for the error.</param>
    /// <exception cref="InvalidInputException">It is no state of such a generator, which stays as it was.</exception>
    /// <exception cref="ObjectDisposedException">The generator is freed.</exception>
    public static void Restore(Generator generator, Tensor state, string entry)
    {
        Require(state, entry);
        Living(generator).set_state(state);
    }

    /// <summary>Puts the process-wide generator into a saved state.</summary>
    /// <inheritdoc cref="Restore"/>
    public static void RestoreProcessWide(Tensor state, string entry)
    {
        Require(state, entry);
        random.set_rng_state(state);
    }

    /// <summary>Refuses what is not the state of a processor generator.</summary>
    /// <exception cref="InvalidInputException">The message names the entry and what is wrong.</exception>
    public static void Require(Tensor state, string entry)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Fault(state) is not { } fault) { return; }
        throw new InvalidInputException(
            $"The entry '{entry}' is not the state of a random generator: {fault}. " +
            $"It must be what a checkpoint of this version holds there; continue from another checkpoint.");
    }

    private static string? Fault(Tensor state)
    {
        if (state.IsInvalid) { return "its tensor is freed"; }
        if (state.dtype != uint8) { return $"its type is {state.dtype}, but uint8 is needed"; }
        bool plain = !state.is_sparse && state.device_type == DeviceType.CPU && state.is_contiguous();
        if (!plain || state.dim() != 1 || state.shape[0] != Length)
        {
            string shape = string.Join(", ", state.shape);
            return string.Create(CultureInfo.InvariantCulture,
                $"its shape is [{shape}] on {state.device_type}, but {Length} contiguous bytes [{Length}] on CPU are needed");
        }
        ReadOnlySpan<byte> bytes = state.bytes;
        int left = BinaryPrimitives.ReadInt32LittleEndian(bytes[Left..]), seeded = BinaryPrimitives.ReadInt32LittleEndian(bytes[Seeded..]);
        ulong next = BinaryPrimitives.ReadUInt64LittleEndian(bytes[Next..]);
        // A draw takes word `next`, and new words are made when `left` has counted down to 0: until then `left - 1` words must be there.
        if (seeded != 1 || left is < 1 or > Words || next > (ulong)(Words + 1 - left))
        {
            return string.Create(CultureInfo.InvariantCulture,
                $"its engine is at word {next} of {Words} with {left} left and seeded {seeded}, which no generator ever is");
        }
        for (int word = 0; word < Words; word++)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[(FirstWord + 8 * word)..]) <= uint.MaxValue) { continue; }
            return string.Create(CultureInfo.InvariantCulture, $"word {word} of its engine has more than 32 bits");
        }
        int hasNormal = BinaryPrimitives.ReadInt32LittleEndian(bytes[HasNormal..]), hasFloatNormal = bytes[HasFloatNormal];
        double normal = BinaryPrimitives.ReadDoubleLittleEndian(bytes[Normal..]);
        float floatNormal = BinaryPrimitives.ReadSingleLittleEndian(bytes[FloatNormal..]);
        return hasNormal is 0 or 1 && hasFloatNormal is 0 or 1 && double.IsFinite(normal) && float.IsFinite(floatNormal) ? null
            : "the normal number that it keeps for the next draw is none";
    }

    private static Generator Living(Generator generator)
    {
        ObjectDisposedException.ThrowIf(generator.Handle == 0, generator);
        return generator;
    }
}
