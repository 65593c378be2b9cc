using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>GPT-2 without its head: ids [n, T] to normalised hidden states [n, T, width].</summary>
internal sealed class TransformerBody : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "wte")] private readonly Embedding _tokens;
    [ComponentName(Name = "wpe")] private readonly Embedding _positions;
    [ComponentName(Name = "drop")] private readonly SeededDropout _dropout;
    [ComponentName(Name = "h")] private readonly ModuleList<TransformerBlock> _blocks;
    [ComponentName(Name = "ln_f")] private readonly LayerNorm _norm;

    public TransformerBody(CausalTransformerOptions options) : base(nameof(TransformerBody))
    {
        _tokens = nn.Embedding(options.Vocabulary, options.Width);
        _positions = nn.Embedding(options.Context, options.Width);
        _dropout = new SeededDropout(options.Dropout);
        _blocks = nn.ModuleList(Enumerable.Range(0, options.Layers).Select(_ => new TransformerBlock(options)).ToArray());
        _norm = nn.LayerNorm(options.Width, CausalTransformerOptions.Epsilon);
        register_module("wte", _tokens);
        register_module("wpe", _positions);
        register_module("drop", _dropout);
        register_module("h", _blocks);
        register_module("ln_f", _norm);
    }

    /// <summary>The token embedding [V, width], which is the head, too.</summary>
    public Parameter TokenEmbedding => _tokens.weight!;

    public override Tensor forward(Tensor ids)
    {
        using DisposeScope scope = NewDisposeScope();
        // The first T rows: a view, where looking positions up would be a copy and, backward, a sum by index.
        Tensor x = Scalars.Sum(_tokens.forward(ids), _positions.weight!.narrow(0, 0, ids.shape[1]));
        ScalarType precision = _blocks[0].Precision;
        if (x.dtype != precision) { x = x.to(precision); }
        if (_dropout.Rate > 0) { x = _dropout.forward(x); }
        foreach (TransformerBlock block in _blocks) { x = block.forward(x); }
        return scope.MoveToOuter(_norm.forward(x));
    }
}

/// <summary>x + attention(norm(x)), then x + feed-forward(norm(x)), on [n, T, width].</summary>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "ln_1")] private readonly LayerNorm _beforeAttention;
    [ComponentName(Name = "attn")] private readonly CausalAttention _attention;
    [ComponentName(Name = "ln_2")] private readonly LayerNorm _beforeFeedForward;
    [ComponentName(Name = "mlp")] private readonly FeedForward _feedForward;

    public TransformerBlock(CausalTransformerOptions options) : base(nameof(TransformerBlock))
    {
        _beforeAttention = nn.LayerNorm(options.Width, CausalTransformerOptions.Epsilon);
        _attention = new CausalAttention(options);
        _beforeFeedForward = nn.LayerNorm(options.Width, CausalTransformerOptions.Epsilon);
        _feedForward = new FeedForward(options);
        register_module("ln_1", _beforeAttention);
        register_module("attn", _attention);
        register_module("ln_2", _beforeFeedForward);
        register_module("mlp", _feedForward);
    }

    /// <summary>What its linear layers compute in.</summary>
    public ScalarType Precision => _attention.Precision;

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();   // without a gradient, a block's tensors go with it
        Tensor x = Scalars.Sum(input, _attention.forward(_beforeAttention.forward(input)));
        return scope.MoveToOuter(Scalars.Sum(x, _feedForward.forward(_beforeFeedForward.forward(x))));
    }
}

/// <summary>Multi-head attention of each position to itself and those before it, [n, T, width]; one map gives all three parts.</summary>
internal sealed class CausalAttention : nn.Module<Tensor, Tensor>
{
    private readonly long _heads, _width;
    [ComponentName(Name = "c_attn")] private readonly Linear _queryKeyValue;
    [ComponentName(Name = "c_proj")] private readonly Linear _projection;
    [ComponentName(Name = "attn_dropout")] private readonly SeededDropout _attentionDropout;
    [ComponentName(Name = "resid_dropout")] private readonly SeededDropout _dropout;

    public CausalAttention(CausalTransformerOptions options) : base(nameof(CausalAttention))
    {
        (_heads, _width) = (options.Heads, options.Width);
        _queryKeyValue = nn.Linear(_width, 3 * _width);
        _projection = nn.Linear(_width, _width);
        _attentionDropout = new SeededDropout(options.Dropout);
        _dropout = new SeededDropout(options.Dropout);
        register_module("c_attn", _queryKeyValue);
        register_module("c_proj", _projection);
        register_module("attn_dropout", _attentionDropout);
        register_module("resid_dropout", _dropout);
    }

    public ScalarType Precision => _queryKeyValue.weight!.dtype;

    public override Tensor forward(Tensor input)
    {
        long n = input.shape[0], length = input.shape[1];
        // Backward, unbind along this axis is one copy into the gradient of the map's output.
        Tensor[] parts = _queryKeyValue.forward(input).view(n, length, 3, _heads, _width / _heads).unbind(2);
        Tensor context = Attend(parts[0].transpose(1, 2), parts[1].transpose(1, 2), parts[2].transpose(1, 2));
        Tensor output = _projection.forward(context.transpose(1, 2).reshape(n, length, _width));
        return _dropout.Rate > 0 ? _dropout.forward(output) : output;
    }

    /// <summary>Of [n, heads, T, d]; written out where probabilities are dropped, since LibTorch's draws from the process.</summary>
    private Tensor Attend(Tensor query, Tensor key, Tensor value)
    {
        if (!_attentionDropout.training || _attentionDropout.Rate == 0)
        {
            return nn.functional.scaled_dot_product_attention(query, key, value, null, 0, true);
        }
        long length = query.shape[2];
        Tensor scores = query.matmul(key.transpose(-2, -1)).div(Scalars.Of(Math.Sqrt(query.shape[3])));
        Tensor later = ones([length, length], dtype: ScalarType.Bool, device: query.device).triu(1);
        return _attentionDropout.forward(scores.masked_fill(later, Scalars.Of(double.NegativeInfinity)).softmax(-1)).matmul(value);
    }
}

/// <summary>Two linear maps with GELU (tanh form) between them, [n, T, width] by way of 4 · width.</summary>
internal sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "c_fc")] private readonly Linear _expansion;
    [ComponentName(Name = "c_proj")] private readonly Linear _projection;
    [ComponentName(Name = "dropout")] private readonly SeededDropout _dropout;

    public FeedForward(CausalTransformerOptions options) : base(nameof(FeedForward))
    {
        _expansion = nn.Linear(options.Width, 4 * options.Width);
        _projection = nn.Linear(4 * options.Width, options.Width);
        _dropout = new SeededDropout(options.Dropout);
        register_module("c_fc", _expansion);
        register_module("c_proj", _projection);
        register_module("dropout", _dropout);
    }

    public override Tensor forward(Tensor input)
    {
        Tensor output = _projection.forward(_expansion.forward(input).gelu(GELU.Approximate.tanh));
        return _dropout.Rate > 0 ? _dropout.forward(output) : output;
    }
}
