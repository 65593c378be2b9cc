using System.Globalization;
using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.NGrams;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// A reference that costs seconds and no gradient: an n-gram model of a small clean sample. The loss of a candidate is the mean of −ln p
/// over the tokens that are predicted in it, those that the objective counts, each after the inputs up to it. Labels are the inputs' next
/// tokens: label t is input t + 1, and what stands at the end of the last may be anything.
/// </summary>
/// <remarks>
/// Losses of one model rank sequences by how like the sample they are and by how predictable any text is; <see cref="MooreLewis"/>
/// subtracts the latter.
/// </remarks>
/// <example>
/// <code>
/// using RhoLoss.NGrams;
///
/// NGramModel sample = NGramModel.Count&lt;byte&gt;([File.ReadAllBytes("sample.txt")]);
/// using var reference = new NGramReference(sample);
/// using var onlyLikeIt = new Trainer(
///     model, data, SelectionFunctions.ReducibleHoldoutLoss, reference, new TrainerOptions { Objective = new TokenCrossEntropy() });
/// </code>
/// </example>
public sealed class NGramReference : Reference
{
    private readonly NGramModel _model;
    private readonly TokenVocabulary? _counted;

    /// <summary>Creates it from a model of the sample.</summary>
    public NGramReference(NGramModel model) : this(model, counted: null) { }

    private NGramReference(NGramModel model, TokenVocabulary? counted)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_model, _counted) = (model, counted);
    }

    /// <summary>Counts the n-grams of a sample: of the tokens that are to be predicted.</summary>
    /// <param name="sample">D_ho: what is wanted. Not owned.</param>
    /// <param name="order">The longest n-gram, 1 to 6.</param>
    /// <exception cref="InvalidInputException">The sample has no labels of tokens.</exception>
    public static NGramReference Of(LabeledDataset sample, int order = 3)
    {
        var options = new NGramOptions { Order = order, VocabularySize = SequenceRows.VocabularyOf(sample).Size };
        return new NGramReference(NGramModel.Count(SequenceRows.Of(sample), options), sample.Tokens);
    }

    /// <summary>
    /// What it is and what it cost: the seconds of counting; loss and accuracy on the data are not known. Its settings say the tokens of
    /// the sample, the distinct n-grams of the highest order and the bytes that are held.
    /// </summary>
    public IrreducibleLossFacts Facts => new(
        string.Create(CultureInfo.InvariantCulture, $"ngram-{_model.Options.Order}"), "n-gram", Seed: 0, Epoch: 0, Loss: double.NaN,
        Accuracy: double.NaN, _model.Seconds, Settings: string.Create(
            CultureInfo.InvariantCulture, $"{_model.Tokens} tokens, {_model.NGrams[^1]} n-grams, {_model.Bytes} bytes"));

    /// <inheritdoc/>
    /// <remarks>The data must have tokens of the same vocabulary, in sequences that are no longer than the sample.</remarks>
    public override void RequireSameData(LabeledDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Tokens is not { } tokens)
        {
            throw new InvalidInputException("An n-gram reference needs sequences of tokens, but the inputs of the data set are numbers.");
        }
        SequenceRows.RequireVocabulary(_model.Options.VocabularySize, _counted, tokens);
        if (_model.Tokens < data.InputShape[0])
        {
            throw new InvalidInputException(
                $"The sample of the n-gram reference has {_model.Tokens} tokens, fewer than one sequence of the data, which has "
                + $"{data.InputShape[0]}. Give it more text.");
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">
    /// Inputs or labels are no tokens of shape [n, T], the labels are not the next tokens, or one is not in the vocabulary.
    /// </exception>
    public override Tensor Loss(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = (candidates.Inputs, candidates.Labels);
        if (inputs.dtype != ScalarType.Int64 || labels.dtype != ScalarType.Int64 || inputs.dim() != 2
            || !inputs.shape.SequenceEqual(labels.shape))
        {
            throw new InvalidInputException(
                "An n-gram reference needs int64 token ids and a next token for each, both of shape [n, T], but the inputs are "
                + $"{inputs.dtype} of shape [{string.Join(", ", inputs.shape)}] and the labels {labels.dtype} of shape "
                + $"[{string.Join(", ", labels.shape)}].");
        }
        int length = (int)inputs.shape[1];
        long[] tokens = inputs.cpu().data<long>().ToArray(), next = labels.cpu().data<long>().ToArray();
        float[]? counted = candidates.Objective.Counted(labels) is { } counts ? counts.cpu().data<float>().ToArray() : null;
        float[] losses = new float[inputs.shape[0]];
        var row = new Row(_model, length);
        for (int i = 0; i < losses.Length; i++)
        {
            try
            {
                losses[i] = row.Loss(
                    tokens.AsSpan(i * length, length), next.AsSpan(i * length, length),
                    counted is null ? [] : counted.AsSpan(i * length, length));
            }
            catch (ArgumentException e)
            {
                long id = candidates.Indices.cpu().data<long>()[i];
                throw new InvalidInputException($"Example {id} does not suit the n-gram reference: {e.Message}", e);
            }
        }
        return scope.MoveToOuter(Transfer.To(tensor(losses), inputs.device));
    }

    /// <summary>
    /// The loss of every example of a set of sequences (<see cref="LabeledDataset.OfSequences"/>) in row order, float32, shape [N]: how
    /// well the model itself foretells them. The caller's dispose scope owns it.
    /// </summary>
    /// <exception cref="InvalidInputException">The data have no labels of tokens, or another vocabulary.</exception>
    public Tensor LossesOf(LabeledDataset data)
    {
        SequenceRows.RequireVocabulary(_model.Options.VocabularySize, _counted, SequenceRows.VocabularyOf(data));
        float[] nats = new float[data.InputShape[0]];
        float[] losses = [.. SequenceRows.All(data).Select(row =>
        {
            Span<float> each = nats.AsSpan(0, row.Length);
            _model.Losses(row.Span, each);
            double sum = 0;
            foreach (float loss in each) { sum += loss; }
            return row.IsEmpty ? 0 : (float)(sum / row.Length);
        })];
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(Transfer.To(tensor(losses), data.Ids.device));
    }

    /// <summary>Room for one sequence, used again and again.</summary>
    private sealed class Row(NGramModel model, int length)
    {
        private readonly long[] _sequence = new long[length + 1];
        private readonly float[] _losses = new float[length + 1];

        /// <summary>Mean loss over the labels that count; 0 where none does, as of an objective.</summary>
        public float Loss(ReadOnlySpan<long> inputs, ReadOnlySpan<long> labels, ReadOnlySpan<float> counted)
        {
            int end = counted.IsEmpty ? length : counted.LastIndexOfAnyExcept(0f) + 1;
            if (end == 0) { return 0; }
            _sequence[0] = inputs[0];
            for (int t = 0; t < end; t++)
            {
                bool counts = counted.IsEmpty || counted[t] != 0;
                if (counts && t + 1 < end && labels[t] != inputs[t + 1])
                {
                    throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                        $"its label {t} must be its input {t + 1}, the next token, which is {inputs[t + 1]}, but is {labels[t]}."));
                }
                _sequence[t + 1] = counts ? labels[t] : inputs[t + 1];
            }
            model.Losses<long>(_sequence.AsSpan(0, end + 1), _losses.AsSpan(0, end + 1));
            (double sum, int tokens) = (0, 0);
            for (int t = 0; t < end; t++)
            {
                if (!counted.IsEmpty && counted[t] == 0) { continue; }
                sum += _losses[t + 1];
                tokens++;
            }
            return (float)(sum / tokens);
        }
    }
}
