using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RhoLoss.NGrams;

/// <summary>
/// Counts of the n-grams of the highest order in a corpus, each of which ends at one of its tokens; at the first tokens of a sequence they
/// are shorter. Those of all lower orders follow from them. Open addressing over exact keys.
/// </summary>
internal sealed class NGramCounts<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IUnsignedNumber<TKey>
{
    private const int AtOnce = NGramOptions.CountedAtOnce;
    private const double Load = 0.7;
    private readonly NGramKeys<TKey> _form;
    private readonly int _vocabularySize, _room;
    private TKey[] _keys = new TKey[1 << 8];
    private uint[] _counts = new uint[1 << 8];
    private int _longest;   // no n-gram in the table is longer
    private uint _rare = 1;

    public NGramCounts(NGramKeys<TKey> form, int vocabularySize, int room)
    {
        _form = form;
        _vocabularySize = vocabularySize;
        _room = room;
        _longest = form.Order;
    }

    /// <summary>Tokens counted.</summary>
    public long Tokens { get; private set; }

    /// <summary>Tokens of the longest sequence.</summary>
    public int LongestSequence { get; private set; }

    /// <summary>Distinct n-grams.</summary>
    public int Distinct { get; private set; }

    /// <summary>Counts that went to shorter n-grams for want of memory.</summary>
    public long Shortened { get; private set; }

    /// <summary>Counts a sequence.</summary>
    /// <exception cref="ArgumentException">A token is not in the vocabulary, or there are more than 2³² − 1.</exception>
    public void Add<TToken>(ReadOnlySpan<TToken> sequence) where TToken : unmanaged, IBinaryInteger<TToken>
    {
        Tokens += sequence.Length;
        LongestSequence = Math.Max(LongestSequence, sequence.Length);
        if (Tokens > uint.MaxValue)
        {
            throw new ArgumentException($"At most {uint.MaxValue} tokens can be counted, but there are more.", nameof(sequence));
        }
        TKey key = TKey.Zero;
        for (int start = 0; start < sequence.Length; start += AtOnce)
        {
            key = Count(key, sequence[start..Math.Min(start + AtOnce, sequence.Length)]);
        }
    }

    /// <summary>Writes what was counted, in no particular order, from position <paramref name="at"/> on.</summary>
    public void CopyTo(TKey[] keys, uint[] counts, int at)
    {
        for (int i = 0; i < _keys.Length; i++)
        {
            if (_counts[i] == 0) { continue; }
            keys[at] = _keys[i];
            counts[at++] = _counts[i];
        }
    }

    /// <summary>
    /// Counts some tokens after those that <paramref name="key"/> ends with. Their places are all begun to be fetched before the first is
    /// used.
    /// </summary>
    [SkipLocalsInit]
    private unsafe TKey Count<TToken>(TKey key, ReadOnlySpan<TToken> tokens) where TToken : unmanaged, IBinaryInteger<TToken>
    {
        MakeRoom(tokens.Length);
        (TKey mask, TKey counted) = (_form.Mask(_form.Order), _form.Mask(_longest));
        if (_longest < _form.Order) { Shortened += tokens.Length; }
        Span<TKey> keys = stackalloc TKey[AtOnce];
        Span<int> places = stackalloc int[AtOnce];
        for (int i = 0; i < tokens.Length; i++)
        {
            key = _form.Append(key, NGramTokens.Read(tokens[i], _vocabularySize), mask);
            keys[i] = key & counted;
            int place = Place(keys[i]);
            places[i] = place;
            if (Sse.IsSupported)
            {
                // Only addresses: nothing is read where the collector has moved the arrays meanwhile.
                Sse.Prefetch0(Unsafe.AsPointer(ref _keys[place]));
                Sse.Prefetch0(Unsafe.AsPointer(ref _counts[place]));
            }
        }
        for (int i = 0; i < tokens.Length; i++) { Add(keys[i], places[i], 1); }
        return key;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Place(TKey key) => (int)NGramKeys<TKey>.Hash(key) & (_keys.Length - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(TKey key, int place, uint count)
    {
        while (_keys[place] != key)
        {
            if (_counts[place] == 0)
            {
                _keys[place] = key;
                Distinct++;
                break;
            }
            place = (place + 1) & (_keys.Length - 1);
        }
        _counts[place] += count;
    }

    private void MakeRoom(int more)
    {
        if (Distinct + more > _room) { Shorten(); }
        if (Distinct + more > Load * _keys.Length) { Rebuild(2 * _keys.Length, shorten: false); }
    }

    /// <summary>
    /// Turns the rare ones among the longest n-grams into those that they end in, rarer ones first and longer ones first, until a quarter
    /// of the room is free; where no n-gram of the longest length is left, none is counted any more. Ends at single tokens at the latest,
    /// which <see cref="NGramOptions.Validate"/> made sure that there is room for.
    /// </summary>
    private void Shorten()
    {
        while (true)
        {
            bool left = Rebuild(_keys.Length, shorten: true);
            if (Distinct <= _room / 4 * 3) { return; }
            if (left)
            {
                _rare = _rare > uint.MaxValue / 2 ? uint.MaxValue : 2 * _rare;
                continue;
            }
            _longest--;
            _rare = 1;
        }
    }

    /// <summary>Moves everything; says whether n-grams of the longest kind are left.</summary>
    private bool Rebuild(int places, bool shorten)
    {
        (TKey[] keys, uint[] counts) = (_keys, _counts);
        (_keys, _counts, Distinct) = (new TKey[places], new uint[places], 0);
        bool left = false;
        for (int i = 0; i < keys.Length; i++)
        {
            if (counts[i] == 0) { continue; }
            TKey key = keys[i];
            if (shorten && _form.Length(key) == _longest)
            {
                if (counts[i] <= _rare)
                {
                    key &= _form.Mask(_longest - 1);
                    Shortened += counts[i];
                }
                else
                {
                    left = true;
                }
            }
            Add(key, Place(key), counts[i]);
        }
        return left;
    }
}
