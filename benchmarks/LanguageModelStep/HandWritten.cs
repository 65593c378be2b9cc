using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LanguageModelStep;

/// <summary>
/// The language model as somebody would write it against LibTorch alone: parameters by name, the calls of a forward pass one after
/// another, cross-entropy over all tokens, TorchSharp's AdamW. No module, no checks.
/// </summary>
internal sealed class HandWritten : IDisposable
{
    private const double Epsilon = 1e-5;
    private readonly Dictionary<string, Parameter> _p;
    private readonly Embedding _tokens;
    private readonly optim.Optimizer _optimizer;
    private readonly long _layers, _heads, _width;

    /// <param name="parameters">Copies of the model's, under their names. Owned.</param>
    /// <param name="layers">Blocks.</param>
    /// <param name="heads">Attention heads.</param>
    public HandWritten(Dictionary<string, Parameter> parameters, long layers, long heads)
    {
        (_p, _layers, _heads) = (parameters, layers, heads);
        Parameter tokens = parameters["transformer.wte.weight"];
        _width = tokens.shape[1];
        _tokens = nn.Embedding(tokens.shape[0], _width);   // TorchSharp has no function that looks ids up
        using (no_grad()) { _tokens.weight!.copy_(tokens); }
        tokens.Dispose();
        parameters["transformer.wte.weight"] = _tokens.weight!;
        _optimizer = optim.AdamW(parameters.Values, 1e-3, 0.9, 0.999, 1e-8, 0.01);
    }

    /// <summary>One step on a batch; with <paramref name="update"/> false forward and backward pass alone.</summary>
    public float Step(Tensor ids, Tensor labels, bool update)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (Parameter parameter in _p.Values) { parameter.grad?.zero_(); }
        Tensor logits = Forward(ids);
        Tensor loss = nn.functional.cross_entropy(logits.view(-1, logits.shape[2]), labels.view(-1), ignore_index: -100);
        loss.backward();
        if (update) { _optimizer.step(); }
        return loss.item<float>();
    }

    private Tensor Forward(Tensor ids)
    {
        long n = ids.shape[0], length = ids.shape[1], width = _width;
        Tensor x = _tokens.forward(ids).add(_p["transformer.wpe.weight"].narrow(0, 0, length));
        for (int layer = 0; layer < _layers; layer++)
        {
            string h = $"transformer.h.{layer}.";
            Tensor[] parts = Linear(Norm(x, h + "ln_1"), h + "attn.c_attn").view(n, length, 3, _heads, width / _heads).unbind(2);
            Tensor context = nn.functional.scaled_dot_product_attention(
                parts[0].transpose(1, 2), parts[1].transpose(1, 2), parts[2].transpose(1, 2), null, 0, true);
            x = x.add(Linear(context.transpose(1, 2).reshape(n, length, width), h + "attn.c_proj"));
            x = x.add(Linear(Linear(Norm(x, h + "ln_2"), h + "mlp.c_fc").gelu(GELU.Approximate.tanh), h + "mlp.c_proj"));
        }
        return nn.functional.linear(Norm(x, "transformer.ln_f"), _tokens.weight!);
    }

    private Tensor Norm(Tensor x, string name) =>
        nn.functional.layer_norm(x, [_width], _p[name + ".weight"], _p[name + ".bias"], Epsilon);

    private Tensor Linear(Tensor x, string name) => nn.functional.linear(x, _p[name + ".weight"], _p[name + ".bias"]);

    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (Parameter parameter in _p.Values)
        {
            parameter.grad?.Dispose();
            parameter.Dispose();
        }
    }
}
