using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RhoLoss.Accelerators;
using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// Sequences that are read when they are needed. What it gathers are the tokens to be predicted, int64 [n, T], with
/// <see cref="TokenCrossEntropy.Ignored"/> behind the last; <see cref="Before"/> makes of them what a model sees.
/// </summary>
internal sealed class SequenceInputs : IInputSource
{
    private readonly ITokenSequences _sequences;
    private readonly long[]? _rows;   // null: all of them, in their order
    private readonly Device _device;
    private long? _textBytes;

    /// <summary>All rows of some sequences.</summary>
    public SequenceInputs(ITokenSequences sequences)
        : this(sequences, rows: null, CPU) { }

    private SequenceInputs(ITokenSequences sequences, long[]? rows, Device device)
    {
        _sequences = sequences;
        _rows = rows;
        _device = device;
    }

    public long Count => _rows?.Length ?? _sequences.Count;

    public IReadOnlyList<long> Shape => [_sequences.Length];

    public ScalarType Type => ScalarType.Int64;

    public Tensor? Stored => null;

    public SequenceInputs? Sequences => this;

    public long? TextBytes => _textBytes ??= CountBytes();

    public double WaitSeconds => 0;

    public string Storage => $"sequences after {_sequences.StartToken},";

    /// <summary>Number of tokens of each sequence, int64 [N].</summary>
    public static Tensor LengthsOf(ITokenSequences sequences)
    {
        long[] lengths = new long[sequences.Count];
        for (long row = 0; row < lengths.Length; row++)
        {
            int length = sequences.LengthOf(row);
            if (length < 1 || length > sequences.Length)
            {
                throw new InvalidInputException(
                    $"{sequences.NameOf(row)}: a sequence must have 1 to {sequences.Length} tokens, but has {length}.");
            }
            lengths[row] = length;
        }
        return tensor(lengths);
    }

    /// <summary>What a model sees where it has to predict these tokens: each replaced by the one before it, int64 [n, T].</summary>
    public Tensor Before(Tensor tokens)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = full([tokens.shape[0], 1], Scalars.Of(_sequences.StartToken), dtype: int64, device: tokens.device);
        Tensor seen = cat([start, tokens.slice(1, 0, tokens.shape[1] - 1, 1)], 1);
        Tensor nothing = seen.eq(Scalars.Of(TokenCrossEntropy.Ignored));
        return scope.MoveToOuter(seen.masked_fill_(nothing, Scalars.Of(_sequences.Vocabulary.PaddingId)));
    }

    public Tensor Gather(Tensor rows)
    {
        long[] wanted = Map(rows);
        int length = _sequences.Length;
        long[] tokens = new long[wanted.LongLength * length];
        int[] buffer = new int[length];
        for (int i = 0; i < wanted.Length; i++)
        {
            ReadOnlySpan<int> read = Read(wanted[i], buffer);
            Span<long> row = tokens.AsSpan(i * length, length);
            for (int t = 0; t < read.Length; t++) { row[t] = read[t]; }
            row[read.Length..].Fill(TokenCrossEntropy.Ignored);
        }
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(Transfer.To(tensor(tokens, [wanted.Length, length]), _device));
    }

    private ReadOnlySpan<int> Read(long row, int[] buffer)
    {
        Span<int> read = buffer.AsSpan(0, _sequences.LengthOf(row));
        _sequences.Read(row, read);
        foreach (int token in read)
        {
            if ((uint)token >= (uint)_sequences.Vocabulary.Size)
            {
                throw new InvalidInputException(
                    $"{_sequences.NameOf(row)}: tokens must lie in 0..{_sequences.Vocabulary.Size - 1}, but one is {token}.");
            }
        }
        return read;
    }

    private long? CountBytes()
    {
        long all = 0;
        for (long i = 0; i < Count; i++)
        {
            if (_sequences.BytesOf(_rows?[i] ?? i) is not { } bytes) { return null; }
            all += bytes;
        }
        return all;
    }

    public void Prefetch(Tensor rows) { }

    public IInputSource Subset(Tensor rows) => new SequenceInputs(_sequences, Map(rows), _device);

    public IInputSource Share() => new SequenceInputs(_sequences, _rows, _device);

    public IInputSource To(Device device) => new SequenceInputs(_sequences, _rows, device);

    public long[] Hash(Tensor order)
    {
        long[] hashes = Map(order);
        int[] buffer = new int[_sequences.Length];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        for (int i = 0; i < hashes.Length; i++)
        {
            SHA256.HashData(MemoryMarshal.AsBytes(Read(hashes[i], buffer)), digest);
            hashes[i] = BitConverter.ToInt64(digest);
        }
        return hashes;
    }

    private long[] Map(Tensor rows)
    {
        using Tensor onHost = rows.cpu();
        long[] asked = onHost.data<long>().ToArray();
        if (_rows is null) { return asked; }
        for (int i = 0; i < asked.Length; i++) { asked[i] = _rows[asked[i]]; }
        return asked;
    }

    public void Detach() { }

    public void Dispose() { }
}
