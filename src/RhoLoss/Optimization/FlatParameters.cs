using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// Makes all parameters of a module, and their gradients, views of a few long tensors, so that an optimizer step, zeroing the gradients
/// and refreshing a replica are each one pass over memory instead of one call a parameter.
/// </summary>
/// <remarks>
/// Names and shapes stay. Gradients must be zeroed in place (<see cref="ZeroGradients"/>): TorchSharp's <c>zero_grad()</c> detaches them.
/// Do not move or convert the module afterwards. A trained parameter that a forward pass does not use has gradient 0, not none.
/// Two objects on one float32 model take turns: zeroing the gradients of one makes the parameters,
/// with their present values, its views again.
/// </remarks>
/// <example>
/// <code>
/// // AdamW in one pass over all parameters, in a loop of your own.
/// using var parameters = new FlatParameters(model);
/// using Optimizer adamW = new AdamWOptions { LearningRate = 1e-3 }.CreateFor(parameters);
/// parameters.ZeroGradients();
/// nn.functional.cross_entropy(model.forward(batch.Inputs), batch.Labels).backward();
/// adamW.Step();
/// </code>
/// </example>
public sealed class FlatParameters : IDisposable
{
    private readonly nn.Module _model;
    private readonly Tensor? _values;
    private readonly List<FlatRange> _ranges = [];
    private readonly FlatBuffers _buffers;
    private readonly SmallMaps? _smallMaps;

    // One of each range stands for all: zero_grad() detaches every gradient. The last does not begin where memory does.
    private readonly List<(Parameter Parameter, FlatEntry Entry, FlatRange Range)> _lastOfTrained = [];

    private readonly GradientProbe _probe = new();
    private bool _disposed;

    /// <summary>Lays out the parameters. The model is not owned; disposing this object makes it an ordinary float32 model again.</summary>
    /// <param name="model">
    /// On its device; parameters in float32. For bfloat16 made of convolutions, linear layers, BatchNorm, InstanceNorm, LayerNorm,
    /// GroupNorm and layers without parameters, or marked with <see cref="MixedPrecisionAttribute"/>.
    /// </param>
    /// <param name="format">
    /// What it will compute in; null for <see cref="ComputeFormat.Default"/>. Inputs are converted by <see cref="ComputeFormat.Wrap"/>.
    /// </param>
    /// <param name="training">
    /// False for a replica that only runs forward: no gradients, and no masters where the weights are bfloat16.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There are no parameters, one is not float32, or a layer cannot compute in the format; the message names it. The model is unchanged.
    /// </exception>
    public FlatParameters(nn.Module model, ComputeFormat? format = null, bool training = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        Format = format ?? ComputeFormat.Default;
        ModelRequirements.Check(model, Format, training);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        bool half = Format.Precision == Precision.BFloat16;
        List<(bool Convertible, bool Trained, IReadOnlyList<FlatEntry> Entries)> groups = FlatLayout.Of(model, Format.ChannelsLast);
        Tensor values = FlatLayout.Gather(model, groups.SelectMany(g => g.Entries));
        _buffers = new FlatBuffers(model);
        foreach ((bool convertible, bool trained, IReadOnlyList<FlatEntry> entries) in groups)
        {
            Tensor masters = values.narrow(0, entries[0].Start, entries[^1].End - entries[0].Start);
            Tensor weights = half && convertible ? masters.to(bfloat16) : masters;
            bool kept = training || !half || !convertible;
            Tensor? gradients = training && trained ? zeros_like(weights).DetachFromDisposeScope() : null;
            _ranges.Add(
                new FlatRange(entries, kept ? masters.DetachFromDisposeScope() : null, weights.DetachFromDisposeScope(), gradients));
        }
        _values = training || !half ? values.DetachFromDisposeScope() : null;
        try
        {
            if (half) { MixedPrecision.Convert(model, bfloat16); }
            if (half && training) { _smallMaps = new SmallMaps(model); }
            Point();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What the model computes in.</summary>
    public ComputeFormat Format { get; }

    /// <summary>
    /// float32 parameters, shape [n]; the master weights where the layers compute in bfloat16. Layers that can be converted come first;
    /// each parameter starts at a multiple of 32, with zeros between.
    /// </summary>
    public Tensor Values => _values
        ?? throw new InvalidOperationException(
            "A bfloat16 replica that only runs forward has no float32 values: read those of its source.");

    /// <summary>
    /// Gradients of all that is trained, one tensor a number format, in the order of <see cref="Values"/> and in the precision that the
    /// layers compute in. Owned by this object.
    /// </summary>
    public IReadOnlyList<Tensor> Gradients => [.. Trained.Select(range => range.Gradients!)];

    /// <summary>The stretches of one format each, in the order of <see cref="Values"/>.</summary>
    internal IReadOnlyList<FlatRange> Ranges => _ranges;

    /// <summary>The module's own parameters that are trained.</summary>
    internal IEnumerable<Parameter> TrainedParameters => _model.parameters().Where(p => p.requires_grad);

    internal IEnumerable<FlatRange> Trained => _ranges.Where(r => r.Gradients is not null);

    private IEnumerable<FlatEntry> Entries => _ranges.SelectMany(r => r.Entries);

    /// <summary>Sets all gradients to 0 in place, and takes the parameters back if something else has pointed them elsewhere.</summary>
    /// <exception cref="InvalidOperationException">They were converted meanwhile.</exception>
    public void ZeroGradients()
    {
        using IDisposable scope = NewDisposeScope();
        bool attached = _lastOfTrained.All(f =>
            f.Entry.Holds(f.Parameter, f.Range.Weights, f.Range.Start)
            && f.Entry.Holds(f.Parameter.grad, f.Range.Gradients!, f.Range.Start));
        if (!attached) { TakeBack(); }
        foreach (FlatRange range in Trained) { range.Gradients!.zero_(); }
    }

    /// <summary>
    /// Scales all gradients together so that their 2-norm is at most <paramref name="highest"/>, as PyTorch's <c>clip_grad_norm_</c> does:
    /// by highest / (norm + 1e-6) where that is below 1. Between the backward pass and the optimizer's step. In float32 whatever the layers
    /// compute in, and without waiting for the device.
    /// </summary>
    /// <param name="highest">Above 0.</param>
    /// <returns>
    /// The norm before, one float32 number, owned by the caller's dispose scope. Where it is not finite, gradients become 0 or NaN, as they
    /// do in PyTorch.
    /// </returns>
    public Tensor ClipGradientNorm(double highest)
    {
        if (!(highest > 0)) { throw new ArgumentOutOfRangeException(nameof(highest), highest, "The highest norm must be above 0."); }
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (Tensor Own, Tensor Exact)[] gradients = [.. Trained.Select(range => (range.Gradients!, range.Gradients!.to(float32)))];
        Tensor norm = stack([.. gradients.Select(g => g.Exact.norm())]).norm();
        Tensor factor = norm.add(Scalars.Of(1e-6), Scalars.One).reciprocal().mul(Scalars.Of(highest)).clamp(max: Scalars.One);
        foreach ((Tensor own, Tensor exact) in gradients)
        {
            exact.mul_(factor);
            if (own.dtype != float32) { own.copy_(exact); }
        }
        return scope.MoveToOuter(norm);
    }

    /// <summary>Refuses to go on when TorchSharp's zero_grad() replaced the gradients: they would silently no longer arrive here.</summary>
    internal void RequireAttachedGradients()
    {
        using IDisposable scope = NewDisposeScope();
        FlatEntry? detached = _lastOfTrained.Find(f => !f.Entry.Holds(f.Parameter.grad, f.Range.Gradients!, f.Range.Start)).Entry;
        if (detached is null && ProbesGradients && _probe.IsDue)
        {
            detached = GradientProbe.Detached([.. _lastOfTrained.Select(f => (f.Range, f.Entry, f.Parameter.grad!))]);
        }
        if (detached is null) { return; }
        throw new InvalidOperationException(
            $"The gradient of {detached.Name} is no longer a view of the flat gradients: zero_grad() of a module or optimizer "
            + "detaches it. Call ZeroGradients of these FlatParameters before each backward pass instead.");
    }

    /// <summary>Whether addresses do not tell if gradients are views: on another device than the CPU.</summary>
    private bool ProbesGradients => _ranges[0].Weights.device_type != DeviceType.CPU;

    /// <summary>
    /// Parameters in float32 and buffers under the names and shapes of the model's state_dict, whatever it computes in. Views, not copies:
    /// after writing to them call <see cref="RoundMasters"/>. The caller's dispose scope owns the views.
    /// </summary>
    public Dictionary<string, Tensor> StateDict()
    {
        var places = Entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
        return _model.state_dict().ToDictionary(
            s => s.Key, s => places.TryGetValue(s.Key, out FlatEntry? entry) ? entry.ViewOf(Values) : s.Value, StringComparer.Ordinal);
    }

    /// <summary>Gives the layers the masters, rounded to nearest even. Nothing to do in float32.</summary>
    public void RoundMasters()
    {
        using IDisposable noGradient = no_grad();
        foreach (FlatRange range in _ranges.Where(r => r.IsRounded && r.Masters is not null)) { range.Weights.copy_(range.Masters!); }
    }

    /// <summary>
    /// Takes over the parameters and buffers of a model of the same architecture: one flat copy a range, rounded where this one computes
    /// in bfloat16. Where only one of the two is channels-last, parameter by parameter, which is slower.
    /// </summary>
    /// <exception cref="ArgumentException">Names or shapes differ; the message says which.</exception>
    public void CopyFrom(FlatParameters source)
    {
        ArgumentNullException.ThrowIfNull(source);
        RequireSameArchitecture(source);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        bool sameOrder = Entries.Zip(source.Entries, (own, other) => own.CoincidesWith(other)).All(same => same);
        var places = source.Entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
        foreach (FlatRange range in _ranges)
        {
            Tensor[] copies = range.IsRounded && range.Masters is not null ? [range.Masters, range.Weights] : [range.Weights];
            foreach (Tensor own in copies)
            {
                if (sameOrder)
                {
                    own.copy_(source.Values.narrow(0, range.Start, range.Count));
                    continue;
                }
                foreach (FlatEntry e in range.Entries) { e.ViewOf(own, range.Start).copy_(places[e.Name].ViewOf(source.Values)); }
            }
        }
        _buffers.CopyFrom(source._buffers);
    }

    /// <summary>Whether <see cref="CopyFrom"/> would change no parameter.</summary>
    internal bool HaveValuesOf(FlatParameters source)
    {
        using IDisposable scope = NewDisposeScope();
        var places = source.Entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
        return _ranges.All(range => range.Entries.All(entry => entry.ViewOf(range.Weights, range.Start)
            .eq(places[entry.Name].ViewOf(source.Values).to(range.Weights.dtype)).all().item<bool>()));
    }

    /// <summary>
    /// Frees the flat tensors. A model that was put into another format is an ordinary float32 one again: contiguous, without gradients,
    /// with the masters for weights, or, of a replica that has none, with the bfloat16 numbers. One in the default format keeps what it
    /// views.
    /// </summary>
    public void Dispose()
    {
        if (_disposed) { return; }
        _disposed = true;
        _smallMaps?.Dispose();
        if (Format != ComputeFormat.Default) { FlatLayout.GiveBack(_model, _ranges, Format.Precision == Precision.BFloat16); }
        foreach (FlatRange range in _ranges)
        {
            range.Gradients?.Dispose();
            range.Weights.Dispose();
            range.Masters?.Dispose();
        }
        _values?.Dispose();
        _buffers.Dispose();
    }

    /// <summary>Makes every parameter and its gradient a view.</summary>
    private void Point()
    {
        var parameters = _model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        foreach (FlatRange range in _ranges)
        {
            foreach (FlatEntry entry in range.Entries)
            {
                Parameter parameter = parameters[entry.Name];
                parameter.grad = null;
                parameter.set_(entry.ViewOf(range.Weights, range.Start));
                if (range.Gradients is null) { continue; }
                parameter.grad = entry.ViewOf(range.Gradients, range.Start);
                if (ReferenceEquals(entry, range.Entries[^1])) { _lastOfTrained.Add((parameter, entry, range)); }
            }
        }
    }

    private void TakeBack()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        var parameters = _model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        foreach (FlatRange range in _ranges)
        {
            foreach (FlatEntry entry in range.Entries)
            {
                Parameter parameter = parameters[entry.Name];
                if (parameter.dtype != range.Weights.dtype)
                {
                    throw new InvalidOperationException(
                        $"{entry.Name} of {_model.GetName()} has become {parameter.dtype}, "
                        + $"but was laid out as {range.Weights.dtype}. Lay the parameters out again after converting a model.");
                }
                // Masters hold more than bfloat16 weights do, so they are overwritten only by weights that are no longer their own.
                if (!entry.Holds(parameter, range.Weights, range.Start)) { entry.ViewOf(range.Masters!, range.Start).copy_(parameter); }
            }
        }
        RoundMasters();
        _lastOfTrained.Clear();
        Point();
    }

    private void RequireSameArchitecture(FlatParameters source)
    {
        string[] differing = [.. FlatLayout.Differences(Entries, source.Entries), .. _buffers.DifferencesFrom(source._buffers)];
        if (differing.Length > 0)
        {
            throw new ArgumentException(
                $"A replica must have the architecture of its source, but {_model.GetName()} and {source._model.GetName()} differ: "
                + $"{string.Join("; ", differing.Take(3))}{(differing.Length > 3 ? "; …" : "")}.", nameof(source));
        }
    }
}
