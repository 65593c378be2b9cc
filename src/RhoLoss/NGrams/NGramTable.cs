using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RhoLoss.NGrams;

/// <summary>
/// Numbers by 64-bit hash: lines of 64 bytes, each with eight fingerprints of 32 bits and their eight float32, so that finding one costs
/// one access to memory. What does not fit into its line is in the next. What was added is never confused
/// (<see cref="Add"/> says so where two would be); a hash that was not added is taken for one that was with a probability of about
/// 2⁻²⁹: of 2³² fingerprints it is compared with eight, or sixteen where the line is full.
/// </summary>
internal sealed unsafe class NGramTable
{
    /// <summary>8 bytes, at 7 of 10 places, rounded up.</summary>
    public const int BytesPerEntry = 12;

    private const int Places = 8, Words = 2 * Places, LineBytes = Words * sizeof(uint);
    private readonly uint[] _words;   // pinned
    private readonly uint* _lines;
    private readonly uint _lineCount;

    /// <summary>Makes a table for that many entries.</summary>
    public NGramTable(long entries)
    {
        _lineCount = checked((uint)(entries * 10 / (7 * Places) + 1));
        _words = GC.AllocateArray<uint>(checked((int)((_lineCount + 1) * Words)), pinned: true);
        nuint start = (nuint)Unsafe.AsPointer(ref _words[0]);
        _lines = (uint*)((start + LineBytes - 1) / LineBytes * LineBytes);
    }

    /// <summary>Bytes that it holds.</summary>
    public long Bytes => (long)_words.Length * sizeof(uint);

    /// <summary>Adds a number; false, and nothing added, where it could not be told from one that is there already.</summary>
    public bool Add(ulong hash, float value)
    {
        uint fingerprint = Fingerprint(hash);
        for (uint line = Line(hash); ; line = line + 1 == _lineCount ? 0 : line + 1)
        {
            uint* words = _lines + (nuint)line * Words;
            for (int i = 0; i < Places; i++)
            {
                if (words[i] == fingerprint) { return false; }
                if (words[i] == 0)
                {
                    words[i] = fingerprint;
                    words[Places + i] = BitConverter.SingleToUInt32Bits(value);
                    return true;
                }
            }
        }
    }

    /// <summary>Begins to bring its line into the cache, where the processor can.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash)
    {
        if (Sse.IsSupported) { Sse.Prefetch0(_lines + (nuint)Line(hash) * Words); }
    }

    /// <summary>The number of that hash; false where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(ulong hash, out float value)
    {
        Vector256<uint> wanted = Vector256.Create(Fingerprint(hash));
        for (uint line = Line(hash); ; line = line + 1 == _lineCount ? 0 : line + 1)
        {
            uint* words = _lines + (nuint)line * Words;
            Vector256<uint> fingerprints = Vector256.Load(words);
            uint found = Vector256.Equals(fingerprints, wanted).ExtractMostSignificantBits();
            if (found != 0)
            {
                value = BitConverter.UInt32BitsToSingle(words[Places + BitOperations.TrailingZeroCount(found)]);
                return true;
            }
            if (words[Places - 1] == 0)   // filled from the left: a line with room ends the search
            {
                value = 0;
                return false;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Line(ulong hash) => (uint)(((hash >> 32) * _lineCount) >> 32);

    /// <summary>The low bits, which the line is not made of; 0 stands for an empty place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Fingerprint(ulong hash) => Math.Max((uint)hash, 1);
}
