using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// Goes on with a sequence of tokens by a language model, one token after another, each drawn from what the model foretells. What is
/// drawn is a function of the seed alone.
/// </summary>
/// <example>
/// <code>
/// using var network = new CausalTransformer(CausalTransformerOptions.Nano, seed: 1);
/// long[] prompt = [.. "SELECT "u8.ToArray().Select(b => (long)b)];
/// var sampler = new TextSampler { Context = network.Options.Context, Temperature = 0.8, TopK = 40 };
/// long[] more = sampler.Continue(network, prompt, 200, seed: 1);
/// </code>
/// </example>
public sealed record TextSampler
{
    /// <summary>Tokens that the model can read at once; of a longer sequence it reads the last ones.</summary>
    public required int Context { get; init; }

    /// <summary>Logits are divided by it: below 1 likely tokens become likelier; 0: always the likeliest.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Draw from that many likeliest tokens; 0: from all.</summary>
    public int TopK { get; init; }

    /// <summary>The tokens that follow a prompt, without it. The model computes in eval mode, and keeps its mode.</summary>
    /// <param name="model">Token ids [n, T] to logits [n, T, V], as <see cref="CausalTransformer"/> does.</param>
    /// <param name="prompt">At least one token.</param>
    /// <param name="count">Tokens to draw.</param>
    /// <param name="seed">Of the draws.</param>
    /// <exception cref="ArgumentException">
    /// The prompt is empty or no ids of the model's vocabulary, or a number is out of range.
    /// </exception>
    public long[] Continue(nn.Module<Tensor, Tensor> model, IReadOnlyList<long> prompt, int count, long seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        Validate(prompt, count);
        bool training = model.training;
        using Generator random = Seeding.Create(seed, Purpose.Generation);
        using IDisposable noGradient = no_grad();
        model.eval();
        try
        {
            List<long> tokens = [.. prompt];
            for (int i = 0; i < count; i++) { tokens.Add(Next(model, tokens, random)); }
            return [.. tokens.Skip(prompt.Count)];
        }
        finally
        {
            model.train(training);
        }
    }

    private long Next(nn.Module<Tensor, Tensor> model, List<long> tokens, Generator random)
    {
        using IDisposable scope = NewDisposeScope();
        long[] window = [.. tokens.TakeLast(Context)];
        Tensor ids = tensor(window, [1, window.Length]).to(model.parameters().FirstOrDefault()?.device ?? CPU);
        Tensor logits = model.forward(ids)[0, window.Length - 1].to(float64).cpu();
        if (Temperature == 0) { return logits.argmax().item<long>(); }
        (Tensor likeliest, Tensor which) = logits.topk(TopK == 0 ? (int)logits.shape[0] : (int)Math.Min(TopK, logits.shape[0]));
        // The first place at which the sum of probabilities passes a uniform number.
        Tensor passed = likeliest.div(Scalars.Of(Temperature)).softmax(0).cumsum(0);
        double drawn = rand(1, dtype: float64, generator: random).item<double>();
        long place = Math.Min(passed.le(Scalars.Of(drawn)).sum().item<long>(), which.shape[0] - 1);
        return which[place].item<long>();
    }

    private void Validate(IReadOnlyList<long> prompt, int count)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.Count == 0 || prompt.Any(token => token < 0))
        {
            throw new ArgumentException("A prompt must have at least one token, and no id below 0.", nameof(prompt));
        }
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (Context < 1) { throw new ArgumentException($"TextSampler.Context must be at least 1, but was {Context}."); }
        if (TopK < 0) { throw new ArgumentException($"TextSampler.TopK must be at least 0, but was {TopK}."); }
        if (!(Temperature >= 0 && double.IsFinite(Temperature)))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"TextSampler.Temperature must be a number of at least 0, but was {Temperature}."));
        }
    }
}
