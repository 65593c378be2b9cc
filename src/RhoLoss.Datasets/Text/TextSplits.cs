using RhoLoss.Data;
using RhoLoss.Datasets.Splits;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Text;

/// <summary>Makes data sets of token ids out of texts: one tokenizer and one length for all parts.</summary>
/// <param name="Tokenizer">Encodes the texts.</param>
/// <param name="Length">Tokens of every stored sequence, the padding included.</param>
internal sealed record TextSplits(TextTokenizer Tokenizer, int Length)
{
    /// <summary>Opens the vocabulary that the options ask for.</summary>
    public static TextSplits Open(TextOptions options, LabeledTexts training)
    {
        options.Validate();
        return new TextSplits(Vocabularies.Open(options, training.Texts), options.MaxLength);
    }

    /// <summary>Token ids int32 [N, length], labels and ids in file order. The caller's dispose scope owns them.</summary>
    public Examples Encode(LabeledTexts texts)
    {
        if ((long)texts.Texts.Count * Length > Array.MaxLength)
        {
            throw new InvalidInputException(
                $"Texts may have {Array.MaxLength} tokens in all, but {texts.Texts.Count} texts of {Length} tokens have more. "
                + "Set a smaller data.max-length, or take fewer examples.");
        }
        int[] tokens = new int[texts.Texts.Count * Length];
        for (int i = 0; i < texts.Texts.Count; i++) { Tokenizer.EncodeTo(texts.Texts[i], tokens.AsSpan(i * Length, Length)); }
        return Examples.InFileOrder(tensor(tokens, [texts.Texts.Count, Length]), tensor([.. texts.Labels]));
    }

    /// <summary>
    /// What to say of texts that no word of is known: they are alike to every model. Null while they are fewer than half.
    /// </summary>
    public string? UnknownNotice(Examples examples, string path)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor known = ones_like(examples.Inputs, dtype: @bool);
        foreach (int id in new[] { Tokenizer.PaddingId, Tokenizer.UnknownId, Tokenizer.StartId, Tokenizer.EndId })
        {
            known.logical_and_(examples.Inputs.ne(Scalars.Of(id)));
        }
        long texts = examples.Inputs.shape[0], unknown = known.any(1).logical_not().sum().item<long>();
        return 2 * unknown < texts ? null : string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{path}: {unknown} of {Counted.Of(texts, "text")} have no word that the vocabulary knows ({Tokenizer.Name}), "
            + $"so a model cannot tell them apart. {Tokenizer.UnknownAdvice}");
    }

    /// <summary>Takes the examples out of the caller's dispose scope.</summary>
    /// <param name="name">Name of the set.</param>
    /// <param name="source">Where it came from, in words.</param>
    /// <param name="classNames">Names of the classes.</param>
    /// <param name="training">D.</param>
    /// <param name="holdout">D_ho; null for none.</param>
    /// <param name="test">The test set.</param>
    /// <param name="texts">The texts that ids of training set and holdout count, and those that ids of the test set do.</param>
    public DatasetSplits Assemble(
        string name, string source, IReadOnlyList<string> classNames, Examples training, Examples? holdout, Examples test,
        (LabeledTexts OfTraining, LabeledTexts OfTest) texts)
    {
        return new DatasetSplits(
            name, $"{source}; {Tokenizer.Name}, at most {Length} tokens",
            Make(training), holdout is null ? null : Make(holdout), Make(test))
        {
            ClassNames = classNames,
            Places = new ExamplePlaces(texts.OfTraining.PlaceOf, texts.OfTest.PlaceOf),
            Texts = (id => texts.OfTraining.Texts[(int)id], id => texts.OfTest.Texts[(int)id]),
        };

        LabeledDataset Make(Examples examples) =>
            new(examples.Inputs, examples.Labels, classNames.Count, examples.Ids, tokens: Tokenizer.Vocabulary);
    }
}
