using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.NGrams;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Says how relevant sequences are, by two n-gram models: one of a sample of what is wanted, one of the pool (<see cref="MooreLewis"/>). It
/// has no losses: it is asked by <see cref="SelectionFunctions.Relevance"/>, and by the first of two stages
/// (<see cref="Scoring.TwoStageScorer"/>).
/// </summary>
/// <example>
/// <code>
/// using var wanted = MooreLewisReference.Of(sample: holdout, pool: data);
/// using var onTask = new Trainer(
///     model, data, SelectionFunctions.Relevance, wanted, new TrainerOptions { Objective = new TokenCrossEntropy() });
/// </code>
/// </example>
public sealed class MooreLewisReference : Reference
{
    private readonly MooreLewis _models;
    private readonly TokenVocabulary? _counted;

    /// <summary>Creates it from models that are there.</summary>
    public MooreLewisReference(MooreLewis models) : this(models, counted: null) { }

    private MooreLewisReference(MooreLewis models, TokenVocabulary? counted)
    {
        ArgumentNullException.ThrowIfNull(models);
        (_models, _counted) = (models, counted);
    }

    /// <summary>
    /// Counts the n-grams of both sets: of the tokens that are to be predicted. Of a large pool some are enough: of 40 MB with a tenth like
    /// a sample of 40 KB, trigrams found as much with a tenth counted as with all, and more than longer n-grams
    /// (docs/results/messy-text.md).
    /// </summary>
    /// <param name="sample">D_ho: what is wanted. Not owned.</param>
    /// <param name="pool">D: what there is. Not owned.</param>
    /// <param name="order">The longest n-gram, 1 to 6.</param>
    /// <param name="poolTokens">
    /// Most tokens of the pool that are counted, of rows spread evenly over it; 0: every one. The sample is counted whole.
    /// </param>
    /// <exception cref="InvalidInputException">The sets have no labels of tokens, or different vocabularies.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="poolTokens"/> is below 0.</exception>
    public static MooreLewisReference Of(LabeledDataset sample, LabeledDataset pool, int order = 3, long poolTokens = 4_000_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(poolTokens);
        NGramOptions options = OptionsFor(sample, pool, order);
        long step = poolTokens == 0 ? 1 : SequenceRows.StepFor(pool, poolTokens);
        return new MooreLewisReference(MooreLewis.Of(SequenceRows.Of(sample), SequenceRows.Of(pool, step), options), pool.Tokens);
    }

    /// <summary>
    /// Estimates which share of the pool is like the sample, from how parts of the sample score that were not counted. Where most of it is,
    /// choosing by relevance cannot gain much.
    /// </summary>
    /// <param name="sample">D_ho: what is wanted, at least eight sequences. Not owned.</param>
    /// <param name="pool">D: what there is; about a million tokens of it are counted. Not owned.</param>
    /// <param name="order">The longest n-gram, 1 to 6.</param>
    /// <returns>A number in 0..1. A rough one: see docs/results/messy-text.md.</returns>
    /// <exception cref="InvalidInputException">
    /// The sets have no labels of tokens, or different vocabularies, or the sample has too few sequences.
    /// </exception>
    public static double ShareLikeSample(LabeledDataset sample, LabeledDataset pool, int order = 3) =>
        RelevantShare.Estimate(sample, pool, OptionsFor(sample, pool, order));

    private static NGramOptions OptionsFor(LabeledDataset sample, LabeledDataset pool, int order)
    {
        TokenVocabulary tokens = SequenceRows.VocabularyOf(pool), ofSample = SequenceRows.VocabularyOf(sample);
        if (ofSample != tokens)
        {
            throw new InvalidInputException(
                $"Sample and pool must have one vocabulary, but have {ofSample.Size} and {tokens.Size} tokens"
                + $"{(ofSample.Size == tokens.Size ? " of different ones" : "")}. Read both with the same tokenizer.");
        }
        return new NGramOptions { Order = order, VocabularySize = tokens.Size };
    }

    /// <summary>Wall-clock seconds of counting.</summary>
    public double Seconds => _models.Seconds;

    /// <inheritdoc/>
    public override Tensor Loss(Candidates candidates) => throw new InvalidInputException(
        "This selection function needs irreducible losses, but the reference only tells how relevant a sequence is. Use "
        + "SelectionFunctions.Relevance, or a reference that has losses.");

    /// <inheritdoc/>
    public override void RequireSameData(LabeledDataset data) =>
        SequenceRows.RequireVocabulary(_models.Options.VocabularySize, _counted, SequenceRows.VocabularyOf(data));

    /// <inheritdoc/>
    public override Tensor Relevance(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(Transfer.To(Of(candidates.Labels), candidates.Labels.device));
    }

    /// <summary>Relevance of every example in row order, float32, shape [N]. The caller's dispose scope owns it.</summary>
    public Tensor Of(LabeledDataset data)
    {
        RequireSameData(data);
        using DisposeScope scope = NewDisposeScope();
        var parts = new List<Tensor>();
        for (long start = 0; start < data.Count; start += SequenceRows.ReadAtOnce)
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor ids = data.Ids.slice(0, start, Math.Min(start + SequenceRows.ReadAtOnce, data.Count), 1);
            parts.Add(inner.MoveToOuter(Of(data.LabelsOf(ids))));
        }
        return scope.MoveToOuter(cat(parts));
    }

    private Tensor Of(Tensor labels)
    {
        int length = (int)labels.shape[1];
        using Tensor onHost = labels.cpu().contiguous();
        ReadOnlySpan<long> tokens = onHost.data<long>().ToArray();
        float[] scores = new float[labels.shape[0]];
        for (int i = 0; i < scores.Length; i++)
        {
            ReadOnlySpan<long> row = SequenceRows.WithoutPadding(tokens.Slice(i * length, length));
            scores[i] = row.IsEmpty ? 0 : (float)_models.Score(row);
        }
        return tensor(scores);
    }
}
