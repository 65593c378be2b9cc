using System.Text;

namespace RhoLoss.Datasets.Text;

/// <summary>A text that was made of another one, whose characters know where in that they come from.</summary>
/// <param name="text">The text.</param>
/// <param name="sources">For each character the position of what it was made of; null: its own.</param>
internal sealed class AlignedText(string text, int[]? sources = null)
{
    /// <summary>The text.</summary>
    public string Text => text;

    /// <summary>Position in the other text of what the character at this position was made of.</summary>
    public int SourceOf(int at) => sources is null ? at : sources[at];

    /// <summary>In lower case, which changes no length.</summary>
    public AlignedText ToLower() => new(text.ToLowerInvariant(), sources);

    /// <summary>The text with some of its characters replaced, one after another.</summary>
    /// <param name="replacement">What a rune becomes; null: itself.</param>
    public AlignedText Replace(Func<Rune, string?> replacement)
    {
        var builder = new Builder(text.Length);
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            builder.Append(replacement(rune) ?? rune.ToString(), SourceOf(at));
            at += rune.Utf16SequenceLength;
        }
        return builder.ToText();
    }

    /// <summary>Puts such a text together.</summary>
    public sealed class Builder(int capacity)
    {
        private readonly StringBuilder _text = new(capacity);
        private readonly List<int> _sources = new(capacity);

        /// <summary>Appends what was made of the character at this position.</summary>
        public void Append(ReadOnlySpan<char> made, int source)
        {
            _text.Append(made);
            for (int i = 0; i < made.Length; i++) { _sources.Add(source); }
        }

        /// <summary>The text.</summary>
        public AlignedText ToText() => new(_text.ToString(), [.. _sources]);
    }
}
