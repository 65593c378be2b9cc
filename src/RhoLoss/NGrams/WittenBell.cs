using System.Numerics;

namespace RhoLoss.NGrams;

/// <summary>
/// Interpolated Witten-Bell probabilities of every n-gram that was seen, computed once and put into a flat table:
/// p(w | h) = (c(h w) + N(h) p(w | h′)) / (c(h) + N(h)), where c counts, N(h) is the number of different tokens seen after h, and h′ is h
/// without its first token; below single tokens stands 1 / V. A context that was not seen says nothing: p(w | h) = p(w | h′). (Witten and
/// Bell, "The zero-frequency problem", IEEE Transactions on Information Theory 37(4), 1991, method C; as interpolated by Chen and Goodman,
/// "An empirical study of smoothing techniques for language modeling", TR-10-98, 1998.)
/// </summary>
/// <remarks>
/// What was not seen after h has (N(h) / (c(h) + N(h))) p(w | h′): so the table has that weight of each context too. Of two corpora it has
/// the differences, first minus second, of both logarithms.
/// </remarks>
internal sealed class WittenBell<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IUnsignedNumber<TKey>
{
    /// <summary>How many n-grams ahead their places are fetched.</summary>
    private const int Ahead = 12;

    private readonly NGramKeys<TKey> _form;
    private readonly double _floor;
    private readonly NGramTable _table;
    private readonly ulong _seed;
    private readonly int _corpora;
    private double[][] _shorter = [];
    private double[][] _probabilities = [];

    private WittenBell(NGramKeys<TKey> form, int vocabularySize, int corpora, NGramTable table, ulong seed)
    {
        _form = form;
        _floor = 1.0 / vocabularySize;
        _corpora = corpora;
        _table = table;
        _seed = seed;
    }

    /// <summary>The table of levels 1, 2, … of one corpus or two.</summary>
    public static BackOffTable<TKey> Tabulate(NGramKeys<TKey> form, int vocabularySize, NGramLevel<TKey>[] levels)
    {
        int corpora = levels[0].Counts.Length;
        long entries = levels.Sum(level => (long)level.Keys.Length + level.Contexts) - levels[0].Contexts;
        for (ulong seed = 0; ; seed++)   // another one where two n-grams could not be told apart: next to never
        {
            var table = new NGramTable(entries);
            var model = new WittenBell<TKey>(form, vocabularySize, corpora, table, seed);
            if (levels.All(model.Add))
            {
                double unseen = model.EmptyContext + (corpora == 1 ? Math.Log(model._floor) : 0);
                return new BackOffTable<TKey>(form, vocabularySize, table, seed, (float)unseen);
            }
        }
    }

    /// <summary>Logarithm of the weight of the empty context.</summary>
    private double EmptyContext { get; set; }

    /// <summary>The next longer level; false where the table cannot hold it.</summary>
    private bool Add(NGramLevel<TKey> level)
    {
        _shorter = _probabilities;
        _probabilities = [.. level.Counts.Select(counts => new double[counts.Length])];
        TKey[] keys = level.Keys;
        for (int start = 0, end; start < keys.Length; start = end)
        {
            TKey context = keys[start] >>> _form.Bits;
            end = start + 1;
            while (end < keys.Length && keys[end] >>> _form.Bits == context) { end++; }
            double weight = Interpolate(level, start, end);
            if (context == TKey.Zero)
            {
                EmptyContext = weight;
            }
            else if (!_table.Add(NGramKeys<TKey>.ContextHash(context, _seed), (float)weight))
            {
                return false;
            }
            if (!Put(keys, start, end)) { return false; }
        }
        return true;
    }

    /// <summary>Probabilities of the tokens seen after one context; returns the logarithm of its weight.</summary>
    private double Interpolate(NGramLevel<TKey> level, int start, int end)
    {
        double weight = 0;
        for (int m = 0; m < _corpora; m++)
        {
            uint[] counts = level.Counts[m];
            (ulong total, int types) = (0, 0);
            for (int i = start; i < end; i++)
            {
                total += counts[i];
                types += counts[i] > 0 ? 1 : 0;
            }
            double[] probabilities = _probabilities[m];
            double scale = total == 0 ? 0 : 1.0 / (total + (ulong)types);
            double passedOn = total == 0 ? 1 : types * scale;
            for (int i = start; i < end; i++)
            {
                double shorter = _shorter.Length == 0 ? _floor : _shorter[m][level.Shorter[i]];
                probabilities[i] = counts[i] * scale + passedOn * shorter;
            }
            weight += m == 0 ? Math.Log(passedOn) : -Math.Log(passedOn);
        }
        return weight;
    }

    private bool Put(TKey[] keys, int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            if (i < keys.Length - Ahead)
            {
                _table.Prefetch(NGramKeys<TKey>.Hash(keys[i + Ahead], _seed));
                _table.Prefetch(NGramKeys<TKey>.ContextHash(keys[i + Ahead] >>> _form.Bits, _seed));
            }
            double probability = _probabilities[0][i];
            double value = Math.Log(_corpora == 1 ? probability : probability / _probabilities[1][i]);
            if (!_table.Add(NGramKeys<TKey>.Hash(keys[i], _seed), (float)value)) { return false; }
        }
        return true;
    }
}
