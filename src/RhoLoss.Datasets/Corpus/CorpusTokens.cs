using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RhoLoss.Data;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets.Corpus;

/// <summary>What documents are cut into: their bytes, or the pieces of a vocabulary. All parts of a corpus have the same.</summary>
internal sealed class CorpusTokens
{
    private const int BytesStart = 256;

    private CorpusTokens(TextTokenizer? tokenizer, TokenVocabulary vocabulary, int start)
    {
        Tokenizer = tokenizer;
        Vocabulary = vocabulary;
        Start = start;
    }

    /// <summary>The 256 bytes, and what stands before a sequence.</summary>
    public static CorpusTokens Bytes { get; } = new(null, new TokenVocabulary(BytesStart + 1, PaddingId: BytesStart), BytesStart);

    /// <summary>Makes pieces of a document; null where its bytes are the tokens.</summary>
    public TextTokenizer? Tokenizer { get; }

    /// <summary>What the tokens mean.</summary>
    public TokenVocabulary Vocabulary { get; }

    /// <summary>What stands before a sequence.</summary>
    public int Start { get; }

    /// <summary>Number of tokens that a document may have: what stands before a sequence of bytes is none of them.</summary>
    public int Stored => Tokenizer is null ? BytesStart : Vocabulary.Size;

    /// <summary>What a token is called.</summary>
    public string Word => Tokenizer is null ? "byte" : "token";

    /// <summary>What they are, for the source of the data; empty for bytes.</summary>
    public string InWords => Tokenizer is null ? "" : string.Create(CultureInfo.InvariantCulture,
        $"; read as {Vocabulary.Size} tokens of the {Tokenizer.Name}");

    /// <summary>What the options ask for.</summary>
    /// <param name="options">How documents become sequences.</param>
    /// <param name="pool">The documents that words are counted in; read only for that.</param>
    /// <exception cref="InvalidInputException">The vocabulary is not there or cannot be read, or the pool cannot.</exception>
    public static CorpusTokens For(CorpusOptions options, IEnumerable<Document> pool)
    {
        string vocabulary = options.Vocabulary;
        if (vocabulary.Length == 0) { return Bytes; }
        if (vocabulary == TextOptions.Words)
        {
            var words = WordTokenizer.Of(pool.SelectMany(LinesOf), "pool");
            return Of(words, words.Tokens);
        }
        return Of(Vocabularies.Open(new TextOptions(vocabulary), []), File.ReadLines(vocabulary));   // whatever ends its lines
    }

    /// <summary>Tokens as text: bytes that are no UTF-8 are U+FFFD; ends where a sequence would begin anew.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="first">Whether they begin the text.</param>
    public string TextOf(IEnumerable<long> tokens, bool first)
    {
        IEnumerable<int> text = tokens.Select(token => (int)token).TakeWhile(token => token != Start && token != Vocabulary.PaddingId);
        return Tokenizer is { } tokenizer ? tokenizer.Decode(text.TakeWhile(token => token != tokenizer.EndId), first)
            : Encoding.UTF8.GetString([.. text.Select(token => (byte)token)]);
    }

    private static CorpusTokens Of(TextTokenizer tokenizer, IEnumerable<string> tokens)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', tokens)));
        return new(tokenizer, tokenizer.Vocabulary with { Sha256 = Convert.ToHexStringLower(hash) }, tokenizer.StartId);
    }

    /// <summary>Word by word would do too; a whole document is a text of up to 256 MB.</summary>
    private static IEnumerable<string> LinesOf(Document document)
    {
        for (ReadOnlyMemory<byte> left = document.Text; left.Length > 0;)
        {
            int end = left.Span.IndexOf((byte)'\n') + 1;
            if (end == 0) { end = left.Length; }
            yield return Encoding.UTF8.GetString(left.Span[..end]);
            left = left[end..];
        }
    }
}
