using RhoLoss.Optimization;
using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// A causal language model with GPT-2's architecture (Radford et al., 2019): token and learned position embeddings, blocks that normalise
/// before each part, and logits by the token embedding itself (tied). Trained with <see cref="Objectives.TokenCrossEntropy"/> on
/// labels [n, T], the next token of each.
/// </summary>
/// <remarks>
/// Parameters have the names of Hugging Face's <c>GPT2LMHeadModel</c> without <c>lm_head.weight</c>, which is the token embedding. Weights
/// of linear maps are [out, in] as in every other network here; Hugging Face's <c>Conv1D</c> stores them [in, out], and
/// <c>WeightFile</c> turns published files over.
/// </remarks>
/// <example>
/// <code>
/// // Lines of bytes, int64 [N, 257]: each byte is to foretell the next one.
/// static double BitsPerByte(Tensor lines)
/// {
///     using LabeledDataset texts = LabeledDataset.WithTargets(
///         lines[.., ..256].clone(), lines[.., 1..].clone(), tokens: new TokenVocabulary(256));
///     using var network = new CausalTransformer(CausalTransformerOptions.Nano, seed: 1);
///     var options = new TrainerOptions { BatchSize = 16, LargeBatchSize = 16, Objective = new TokenCrossEntropy() };
///     using var language = new Trainer(network, texts, options);
///     while (language.StepsTaken &lt; 300) { language.Step(); }
///     long[] more = new TextSampler { Context = 256, TopK = 40 }.Continue(network, [(byte)'T', (byte)'h'], 100, seed: 1);
///     Console.WriteLine(string.Concat(more.Select(b => (char)b)));
///     return Evaluator.Evaluate(network, texts, options.Objective).Loss / Math.Log(2);
/// }
/// </code>
/// </example>
[MixedPrecision]
public sealed class CausalTransformer : nn.Module<Tensor, Tensor>
{
    private const double Deviation = 0.02;
    [ComponentName(Name = "transformer")] private readonly TransformerBody _body;

    /// <summary>Creates the network; <paramref name="seed"/> determines its parameters.</summary>
    /// <param name="options">Sizes.</param>
    /// <param name="seed">
    /// Seed of the initialisation, as GPT-2's: weights and embeddings normal with standard deviation 0.02, those of the projections that
    /// are added to the residual stream by 1/√(2 · layers) less, biases 0, normalisation 1 and 0.
    /// </param>
    /// <exception cref="ArgumentException">A size is impossible; the message says which.</exception>
    public CausalTransformer(CausalTransformerOptions options, long seed) : base(nameof(CausalTransformer))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        _body = new TransformerBody(options);
        register_module("transformer", _body);
        Initialize(seed);
    }

    /// <summary>Its sizes.</summary>
    public CausalTransformerOptions Options { get; }

    /// <summary>
    /// Token ids, int64 [n, T] with T at most the context, to logits [n, T, V]: those at position t see tokens 0..t and foretell token
    /// t + 1.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The input is no token ids, is longer than the context, or has ids outside the vocabulary.
    /// </exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dtype is not (ScalarType.Int64 or ScalarType.Int32) || input.dim() != 2)
        {
            throw new ArgumentException(
                $"A causal transformer reads token ids, int64 of shape [n, T], but got {input.dtype} of shape "
                + $"[{string.Join(", ", input.shape)}].", nameof(input));
        }
        if (input.shape[1] > Options.Context)
        {
            throw new ArgumentException(
                $"The causal transformer has a context of {Options.Context} tokens, but a sequence has {input.shape[1]}. "
                + "Cut the sequences, or raise CausalTransformerOptions.Context.", nameof(input));
        }
        using DisposeScope scope = NewDisposeScope();
        RequireIds(input);
        Tensor hidden = _body.forward(input);
        // The embedding stays in float32 where linear layers compute in bfloat16.
        Tensor tokens = _body.TokenEmbedding;
        return scope.MoveToOuter(nn.functional.linear(hidden, tokens.dtype == hidden.dtype ? tokens : tokens.to(hidden.dtype)));
    }

    /// <summary>Looks at the ids where that does not wait for a device; LibTorch's own error names neither id nor rule.</summary>
    private void RequireIds(Tensor ids)
    {
        if (ids.device_type != DeviceType.CPU || ids.numel() == 0) { return; }
        long lowest = ids.min().to(int64).item<long>(), highest = ids.max().to(int64).item<long>();
        if (lowest >= 0 && highest < Options.Vocabulary) { return; }
        throw new ArgumentException(
            $"Token ids must lie in 0..{Options.Vocabulary - 1}, but range over {lowest}..{highest}. Read them with the tokenizer that the "
            + "model was made for, or set CausalTransformerOptions.Vocabulary.", nameof(ids));
    }

    private void Initialize(long seed)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using Generator generator = Seeding.Create(seed, Purpose.Initialization);
        double ofResiduals = Deviation / Math.Sqrt(2.0 * Options.Layers);
        foreach ((string name, Parameter parameter) in named_parameters())
        {
            if (parameter.dim() > 1)
            {
                bool residual = name.EndsWith(".c_proj.weight", StringComparison.Ordinal);
                parameter.copy_(randn(parameter.shape, generator: generator).mul_(Scalars.Of(residual ? ofResiduals : Deviation)));
            }
            else
            {
                // The only weights with one axis are those of normalisation.
                parameter.fill_(name.EndsWith(".weight", StringComparison.Ordinal) ? Scalars.One : Scalars.Zero);
            }
        }
    }
}
