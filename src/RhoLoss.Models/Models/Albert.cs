using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// ALBERT with a classifier (Lan et al., 2019): factorised embeddings, one transformer layer applied again and again, and a tanh over the
/// first token. Parameters have the names of HuggingFace's <c>AlbertForSequenceClassification</c>, so that published weights fit by name.
/// </summary>
/// <remarks>
/// A batch is cut to its longest sequence before anything is computed: positions that are padding in every row cost nothing. Padding gets
/// no attention, so the logits do not depend on it, nor on what else is in the batch.
/// </remarks>
public sealed class Albert : nn.Module<Tensor, Tensor>
{
    private readonly AlbertOptions _options;
    [ComponentName(Name = "albert")] private readonly AlbertBackbone _albert;
    [ComponentName(Name = "dropout")] private readonly SeededDropout _dropout;
    [ComponentName(Name = "classifier")] private readonly Linear _classifier;

    /// <summary>Creates the network; <paramref name="seed"/> determines its parameters.</summary>
    /// <param name="options">Sizes.</param>
    /// <param name="classes">C.</param>
    /// <param name="seed">
    /// Seed of the initialisation: weights normal with standard deviation 0.02, biases 0, normalisation 1 and 0, as published.
    /// </param>
    public Albert(AlbertOptions options, int classes, long seed) : base(nameof(Albert))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _albert = new AlbertBackbone(options);
        _dropout = new SeededDropout(options.ClassifierDropout);
        _classifier = nn.Linear(options.HiddenSize, classes);
        register_module("albert", _albert);
        register_module("dropout", _dropout);
        register_module("classifier", _classifier);
        Initialize(seed);
    }

    /// <summary>Token ids, int64 [n, length] with padding at the end, to logits [n, C].</summary>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dtype is not (ScalarType.Int64 or ScalarType.Int32) || input.dim() != 2)
        {
            throw new ArgumentException(
                $"Albert reads token ids, int64 of shape [n, length], but got {input.dtype} of shape "
                + $"[{string.Join(", ", input.shape)}].", nameof(input));
        }
        (Tensor ids, Tensor? attended) = CutToLongest(input);
        if (ids.shape[1] > _options.MaxPositions)
        {
            throw new ArgumentException(
                $"Albert has {_options.MaxPositions} positions, but a sequence has {ids.shape[1]} tokens. "
                + "Cut the texts, or raise AlbertOptions.MaxPositions.", nameof(input));
        }
        return _classifier.forward(_dropout.forward(_albert.forward(ids, attended)));
    }

    /// <summary>
    /// The ids up to the last column that is not padding everywhere, and which of them are no
    /// padding, bool [n, 1, 1, length]; null when all are.
    /// </summary>
    private (Tensor Ids, Tensor? Attended) CutToLongest(Tensor input)
    {
        Tensor present = input.ne(Scalars.Of(_options.PaddingId));
        // The first token is always attended to: it is [CLS] in a text, and a row of nothing but padding would divide 0 by 0.
        present.select(1, 0).fill_(Scalars.Of(true));
        Tensor places = Scalars.Range(1, input.shape[1] + 1).to(input.device);
        Tensor lengths = stack([(present.any(0) * places).max(), present.sum(ScalarType.Int64)]).cpu();   // one look at the device
        long longest = lengths[0].item<long>();
        present = present.slice(1, 0, longest, 1);
        bool whole = lengths[1].item<long>() == input.shape[0] * longest;   // attention without a mask is faster
        return (input.slice(1, 0, longest, 1), whole ? null : present.unsqueeze(1).unsqueeze(1));
    }

    private void Initialize(long seed)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using Generator generator = Seeding.Create(seed, Purpose.Initialization);
        foreach ((string name, Parameter parameter) in named_parameters())
        {
            if (parameter.dim() > 1) { parameter.copy_(randn(parameter.shape, generator: generator).mul_(Scalars.Of(0.02))); }
            else
            {
                // The only weights with one axis are those of normalisation.
                parameter.fill_(name.EndsWith(".weight", StringComparison.Ordinal) ? Scalars.One : Scalars.Zero);
            }
        }
    }
}
