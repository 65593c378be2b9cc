using RhoLoss.Data;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

/// <summary>Returns its inputs as logits and counts how many rows it saw.</summary>
internal sealed class LogitsModel() : nn.Module<Tensor, Tensor>(nameof(LogitsModel))
{
    public List<long> Forwards { get; } = [];

    public override Tensor forward(Tensor input)
    {
        Forwards.Add(input.shape[0]);
        return input * 1;
    }
}

/// <summary>
/// Adds a number of its own to every input and counts how many rows it was given: a gather of k rows is an augmentation of k rows.
/// </summary>
internal sealed class CountingAugmentation(long seed) : Augmentation(seed)
{
    public List<long> Rows { get; } = [];

    protected override Tensor Apply(Tensor inputs, Span<ExampleRandom> random)
    {
        Rows.Add(inputs.shape[0]);
        float[] noise = new float[random.Length];
        for (int i = 0; i < noise.Length; i++) { noise[i] = (float)random[i].Uniform(); }
        return inputs + tensor(noise).reshape([noise.Length, .. Enumerable.Repeat(1L, (int)inputs.dim() - 1)]);
    }
}

/// <summary>A forward pass that fails.</summary>
internal sealed class BrokenModel : nn.Module<Tensor, Tensor>
{
    private readonly TorchSharp.Modules.BatchNorm1d _norm = nn.BatchNorm1d(3);

    public BrokenModel() : base(nameof(BrokenModel)) => register_module("norm", _norm);

    public override Tensor forward(Tensor input)
    {
        using IDisposable scope = NewDisposeScope();
        _norm.forward(input);
        throw new NotSupportedException("broken on purpose");
    }
}
