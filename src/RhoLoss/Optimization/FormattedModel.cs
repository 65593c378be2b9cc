using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// A model that computes in a <see cref="ComputeFormat"/> but takes inputs and gives logits in float32. It owns nothing: parameters,
/// buffers, mode and their names are the inner model's, whose weights <see cref="FlatParameters"/> puts into the format.
/// </summary>
internal sealed class FormattedModel : nn.Module<Tensor, Tensor>
{
    private readonly ComputeFormat _format;
    private bool _closed;

    /// <summary>Wraps a model that is not owned.</summary>
    public FormattedModel(nn.Module<Tensor, Tensor> inner, ComputeFormat format)
        : base((inner ?? throw new ArgumentNullException(nameof(inner))).GetName())
    {
        ArgumentNullException.ThrowIfNull(format);
        Inner = inner;
        _format = format;
    }

    /// <summary>The model that computes.</summary>
    public nn.Module<Tensor, Tensor> Inner { get; }

    /// <summary>
    /// Inputs [n, …], of floating-point or whole numbers, to float32 logits [n, C]. Whole numbers, such as token ids, stay as they are.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model's forward pass brings numbers of two types together.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Tensor x = _format.Precision == Precision.BFloat16 && input.is_floating_point() ? input.to(bfloat16) : input;
        // TorchSharp has no memory_format, but LibTorch goes by the strides, and layers hand them on.
        if (_format.ChannelsLast && x.dim() == 4) { x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2); }
        return Computed(x).to(float32);
    }

    private Tensor Computed(Tensor x)
    {
        if (_format.Precision == Precision.Float32) { return Inner.forward(x); }
        try
        {
            return Inner.forward(x);
        }
        catch (ExternalException e)   // LibTorch's
        {
            throw new InvalidOperationException(
                $"{Inner.GetName()} failed while it computed in BFloat16: {e.Message.Split('\n')[0]}. If it computes in Float32, its "
                + "forward pass brings numbers of two types together: convert them there to the type of the layer or input that they "
                + "meet.", e);
        }
    }

    // Not registered as a submodule, which would prefix all names and dispose the inner model with this one.
    /// <inheritdoc/>
    public override bool training => Inner.training;

    /// <inheritdoc/>
    public override void train(bool train = true) => Inner.train(train);

    /// <inheritdoc/>
    public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
        _closed ? [] : Inner.named_parameters(recurse);

    /// <inheritdoc/>
    public override IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true) =>
        _closed ? [] : Inner.named_buffers(recurse, include_nonpersistent);

    /// <inheritdoc/>
    public override IEnumerable<(string name, nn.Module module)> named_children() => _closed ? [] : Inner.named_children();

    /// <summary>The inner model under the empty name, then its submodules.</summary>
    public override IEnumerable<(string name, nn.Module module)> named_modules() =>
        _closed ? [] : Inner.named_modules().Prepend(("", Inner));

    /// <inheritdoc/>
    public override Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null) =>
        Inner.state_dict(destination, prefix);

    /// <summary>Frees the wrapper only.</summary>
    protected override void Dispose(bool disposing)
    {
        _closed = true;   // the base class disposes the parameters, buffers and modules that it is shown
        base.Dispose(disposing);
    }
}
