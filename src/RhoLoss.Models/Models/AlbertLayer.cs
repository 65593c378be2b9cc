using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// A transformer layer with normalisation after each part: self-attention, then two linear maps with GELU (tanh form) between them.
/// </summary>
internal sealed class AlbertLayer : nn.Module<Tensor, Tensor?, Tensor>
{
    [ComponentName(Name = "full_layer_layer_norm")] private readonly LayerNorm _norm;
    [ComponentName(Name = "attention")] private readonly AlbertAttention _attention;
    [ComponentName(Name = "ffn")] private readonly Linear _ffn;
    [ComponentName(Name = "ffn_output")] private readonly Linear _ffnOutput;
    [ComponentName(Name = "dropout")] private readonly SeededDropout _dropout;

    public AlbertLayer(AlbertOptions options) : base(nameof(AlbertLayer))
    {
        _norm = nn.LayerNorm(options.HiddenSize, AlbertOptions.Epsilon);
        _attention = new AlbertAttention(options);
        _ffn = nn.Linear(options.HiddenSize, options.IntermediateSize);
        _ffnOutput = nn.Linear(options.IntermediateSize, options.HiddenSize);
        _dropout = new SeededDropout(options.Dropout);
        register_module("full_layer_layer_norm", _norm);
        register_module("attention", _attention);
        register_module("ffn", _ffn);
        register_module("ffn_output", _ffnOutput);
        register_module("dropout", _dropout);
    }

    public override Tensor forward(Tensor input, Tensor? attended)
    {
        Tensor x = _attention.forward(input, attended);
        Tensor y = _ffnOutput.forward(_ffn.forward(x).gelu(GELU.Approximate.tanh));
        return _norm.forward(Scalars.Sum(_dropout.forward(y), x));
    }
}

/// <summary>Multi-head self-attention, its linear map, and the normalised sum with the input [n, length, hidden].</summary>
internal sealed class AlbertAttention : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly int _heads;
    [ComponentName(Name = "query")] private readonly Linear _query;
    [ComponentName(Name = "key")] private readonly Linear _key;
    [ComponentName(Name = "value")] private readonly Linear _value;
    [ComponentName(Name = "dense")] private readonly Linear _dense;
    [ComponentName(Name = "LayerNorm")] private readonly LayerNorm _norm;
    [ComponentName(Name = "attention_dropout")] private readonly SeededDropout _attentionDropout;
    [ComponentName(Name = "output_dropout")] private readonly SeededDropout _dropout;

    public AlbertAttention(AlbertOptions options) : base(nameof(AlbertAttention))
    {
        _heads = options.Heads;
        _query = nn.Linear(options.HiddenSize, options.HiddenSize);
        _key = nn.Linear(options.HiddenSize, options.HiddenSize);
        _value = nn.Linear(options.HiddenSize, options.HiddenSize);
        _dense = nn.Linear(options.HiddenSize, options.HiddenSize);
        _norm = nn.LayerNorm(options.HiddenSize, AlbertOptions.Epsilon);
        _attentionDropout = new SeededDropout(options.Dropout);
        _dropout = new SeededDropout(options.Dropout);
        register_module("query", _query);
        register_module("key", _key);
        register_module("value", _value);
        register_module("dense", _dense);
        register_module("LayerNorm", _norm);
        register_module("attention_dropout", _attentionDropout);
        register_module("output_dropout", _dropout);
    }

    public override Tensor forward(Tensor input, Tensor? attended)
    {
        long n = input.shape[0], length = input.shape[1];
        Tensor context = Attend(Heads(_query), Heads(_key), Heads(_value), attended);
        Tensor merged = context.transpose(1, 2).reshape(n, length, -1);
        return _norm.forward(Scalars.Sum(_dropout.forward(_dense.forward(merged)), input));

        // [n, heads, length, hidden / heads]
        Tensor Heads(Linear map) => map.forward(input).reshape(n, length, _heads, -1).transpose(1, 2);
    }

    /// <summary>
    /// Scaled dot-product attention; written out where probabilities are dropped, since LibTorch's draws from the process.
    /// </summary>
    private Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? attended)
    {
        if (!training || _attentionDropout.Rate == 0)
        {
            return nn.functional.scaled_dot_product_attention(query, key, value, attended, 0, false);
        }
        Tensor scores = query.matmul(key.transpose(-2, -1)).div(Scalars.Of(Math.Sqrt(query.shape[^1])));
        if (attended is not null) { scores = scores.masked_fill(attended.logical_not(), Scalars.Of(double.NegativeInfinity)); }
        return _attentionDropout.forward(scores.softmax(-1)).matmul(value);
    }
}
