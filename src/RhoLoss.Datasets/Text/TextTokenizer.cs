using RhoLoss.Data;

namespace RhoLoss.Datasets.Text;

/// <summary>Turns a text into ids of a vocabulary.</summary>
public abstract class TextTokenizer
{
    /// <summary>Creates a tokenizer that goes by this name in sources of data.</summary>
    private protected TextTokenizer(string name, IReadOnlyList<string> tokens, int paddingId, int unknownId, int startId, int endId)
    {
        Name = name;
        Tokens = tokens;
        PaddingId = paddingId;
        UnknownId = unknownId;
        StartId = startId;
        EndId = endId;
    }

    /// <summary>What it is, in words.</summary>
    public string Name { get; }

    /// <summary>The tokens in id order.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>Id that fills sequences up.</summary>
    public int PaddingId { get; }

    /// <summary>Id of what is not in the vocabulary.</summary>
    public int UnknownId { get; }

    /// <summary>Id of [CLS].</summary>
    public int StartId { get; }

    /// <summary>Id of [SEP].</summary>
    public int EndId { get; }

    /// <summary>Size and padding, as data sets and models need them.</summary>
    public TokenVocabulary Vocabulary => new(Tokens.Count, PaddingId);

    /// <summary>What to do where texts have no word that it knows, a sentence.</summary>
    internal virtual string UnknownAdvice => "Check that the texts are of the vocabulary's language, or choose another vocabulary.";

    /// <summary>The ids of a text, without [CLS], [SEP] and padding.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        var ids = new List<int>();
        Encode(text, ids, starts: null);
        return ids;
    }

    /// <summary>Appends the ids of a text and, where that is asked for, the position in it at which each begins, ascending.</summary>
    internal abstract void Encode(string text, List<int> ids, List<int>? starts);

    /// <summary>The text of tokens: what was lost when they were made of one stays lost.</summary>
    /// <param name="ids">Ids of the vocabulary.</param>
    /// <param name="first">Whether they begin the text; otherwise the space before a first word stays.</param>
    internal string Decode(IEnumerable<int> ids, bool first = true)
    {
        var text = new System.Text.StringBuilder();
        foreach (int id in ids)
        {
            text.Append(Joined(id, first));
            first = false;
        }
        return text.ToString();
    }

    /// <summary>What a token adds to the text of those before it.</summary>
    internal abstract string Joined(int id, bool first);

    /// <summary>
    /// [CLS], the ids of a text, [SEP], and padding, as many as <paramref name="sequence"/> takes (at least 3);
    /// what does not fit is cut off before [SEP].
    /// </summary>
    public void EncodeTo(string text, Span<int> sequence)
    {
        IReadOnlyList<int> ids = Encode(text);
        int kept = Math.Min(ids.Count, sequence.Length - 2);
        sequence[0] = StartId;
        for (int i = 0; i < kept; i++) { sequence[i + 1] = ids[i]; }
        sequence[kept + 1] = EndId;
        sequence[(kept + 2)..].Fill(PaddingId);
    }
}
