using System.Globalization;
using System.Text;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Vocabularies of ALBERT's and BERT's kinds; what is accepted encodes some texts.</summary>
internal sealed class VocabularyReader : FuzzReader
{
    private static readonly string[] Texts = ["", "the cat sat, in 2011, on the unaffable mat", "Ünïcödé 猫 \uD83D\uDE00 ½",
        new string('a', 150)];

    public override string Name => "vocabulary";

    public override IReadOnlyList<string> Sources { get; } =
        ["RhoLoss.Datasets/Text/Vocabularies.cs", "RhoLoss.Datasets/Text/AlbertTokenizer.cs", "RhoLoss.Datasets/Text/BertTokenizer.cs",
            "RhoLoss.Datasets/Text/TextTokenizer.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        new FuzzInput("30k-clean.vocab", Lines(new[] { "<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", ",", "▁", "▁the", "▁cat", "▁2011",
            "2011", "▁2011,", "2011,", "s", "at", "a", "▁on", "un", "aff", "able", "▁mat" }
            .Select((piece, i) => string.Create(CultureInfo.InvariantCulture, $"{piece}\t{-0.5 * i}")))),
        new FuzzInput("vocab.txt", Lines(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", ",", "un", "##aff", "##able",
            "mat", "a", "##a", "u", "##nicode", "猫"])),
        new FuzzInput("vocab.txt.gz", Gzip.Compress(Lines(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the"]))),
    ];

    protected override IReadOnlyList<string> Words { get; } = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "\t-1.5",
        "\tnan", "\t1e30", "\t-1e38", "##", "▁", ","];

    public override void Read(string path)
    {
        TextTokenizer tokenizer = Vocabularies.Read(path);
        int[] sequence = new int[8];
        foreach (string text in Texts) { tokenizer.EncodeTo(text, sequence); }
        _ = tokenizer.Vocabulary;
    }

    private static byte[] Lines(IEnumerable<string> lines) => Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
}
