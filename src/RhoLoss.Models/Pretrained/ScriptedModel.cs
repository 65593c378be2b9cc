using System.Runtime.InteropServices;
using RhoLoss.Native;
using RhoLoss.Optimization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Pretrained;

/// <summary>
/// A network in a TorchScript file, as a model to train, to score by and to evaluate: what <c>torch.jit.script(model).save(path)</c> wrote
/// in PyTorch. Parameters and buffers have their names there, so that checkpoints fit the PyTorch model.
/// </summary>
/// <remarks>
/// In float32. Its layers are no objects of C#: which of them are BatchNorm is told by the names of their buffers, and bfloat16 and
/// Monte-Carlo dropout, which need to know the others, are refused. What its layers draw is a function of the seed of the pass, as for
/// other models; see <c>SeededDropout</c> for the lock that this takes. It runs one operation after another, without fusion.
/// </remarks>
/// <example>
/// <code>
/// using ScriptedModel model = ScriptedModel.Load("model.pt");
/// using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, losses, new TrainerOptions());
/// </code>
/// </example>
public sealed class ScriptedModel : nn.Module<Tensor, Tensor>
{
    private readonly jit.ScriptModule _script;
    private readonly (string Name, nn.Module Module)[] _modules;
    private readonly (string Name, Parameter Parameter)[] _named;
    private readonly (string Name, Tensor Buffer)[] _buffers;
    private bool _disposed;

    private ScriptedModel(string name, jit.ScriptModule script) : base(name)
    {
        // TorchSharp makes new objects for layers at each call, and those for parameters belong to the scope that they are made in.
        _script = script;
        _modules = [("", script), .. script.named_modules()];
        _named = [.. script.named_parameters()];
        _buffers = [.. script.named_buffers()];
        foreach (nn.Module module in _modules.Select(m => m.Module))
        {
            foreach (Tensor tensor in module.parameters().Concat(module.buffers())) { tensor.DetachFromDisposeScope(); }
        }
    }

    /// <summary>Loads a model; it is in the mode in which it was saved.</summary>
    /// <param name="path">The file. Its last part becomes the model's name.</param>
    /// <param name="device">Where to; null for the processor.</param>
    /// <exception cref="InvalidInputException">
    /// The file is damaged or no TorchScript, or what it holds cannot be trained rightly: it has no parameters (frozen, quantised or
    /// optimised for inference), a mode that <c>torch.jit.trace</c> recorded, parameters that share memory, or attributes that a pass
    /// replaces; the message says what to save instead.
    /// </exception>
    public static ScriptedModel Load(string path, Device? device = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ScriptArchive archive = ScriptArchive.Read(path);
        using DisposeScope scope = NewDisposeScope();
        var model = new ScriptedModel(Path.GetFileName(path), Script(path, archive, CPU));
        try
        {
            model.RequireParameters(path);
            ScriptCode.Require(path, archive.Code);
            StridedPointwise.Require(path, ScriptCode.MayStride(archive.Code), model._named.Select(p => p.Parameter.shape));
            if (device is null || device.type == DeviceType.CPU) { return model; }
            model.Dispose();   // its memory could be compared on the processor alone
            return new ScriptedModel(Path.GetFileName(path), Script(path, archive, device));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static jit.ScriptModule Script(string path, ScriptArchive archive, Device device)
    {
        try
        {
            return jit.load(archive.Bytes, device);
        }
        catch (ExternalException e)
        {
            throw new InvalidInputException(
                $"LibTorch {__version__} cannot load {path}: {Reason(e)} Save it with a PyTorch that is not newer, and without operations "
                + "of other packages.", e);
        }
    }

    private void RequireParameters(string path)
    {
        if (_named.Length == 0)
        {
            throw new InvalidInputException(
                $"{path} has no parameters, so there is nothing to train: torch.jit.freeze, torch.jit.optimize_for_inference or "
                + "quantisation made constants of them. Save the model as it was before: torch.jit.script(model).save(path).");
        }
        foreach ((string name, Parameter parameter) in _named.Where(p => p.Parameter.dtype != float32))
        {
            throw new InvalidInputException(
                $"Parameters must be Float32, but {name} of {path} is {parameter.dtype}. "
                + "Save the model after model.float().");
        }
        (string Name, nint Start, nint End)[] places =
        [
            .. _named.Select(p => (p.Name, Tensor: (Tensor)p.Parameter)).Concat(_buffers.Select(b => (b.Name, Tensor: b.Buffer)))
                .Where(t => t.Tensor.numel() > 0)
                .Select(t => (t.Name, Start: TensorMemory.AddressOf(t.Tensor), Bytes: (nint)(t.Tensor.numel() * t.Tensor.element_size())))
                .Select(t => (t.Name, t.Start, t.Start + t.Bytes)).OrderBy(t => t.Start),
        ];
        foreach ((var first, var second) in places.Zip(places.Skip(1)).Where(pair => pair.Second.Start < pair.First.End))
        {
            throw new InvalidInputException(
                $"{first.Name} and {second.Name} of {path} are the same numbers under two names, and would be trained apart. "
                + "Let the PyTorch model keep them once and use them in both places in its forward pass, and save it again.");
        }
    }

    /// <summary>
    /// Inputs to outputs, as the script has it: one tensor in, one tensor out.
    /// </summary>
    /// <exception cref="InvalidInputException">The script fails on the inputs, or gives something else than one tensor.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using DisposeScope scope = NewDisposeScope();
        object output;
        try
        {
            using OneByOne oneByOne = OneByOne.Enter();
            output = _script.forward(input);
        }
        catch (ExternalException e)
        {
            throw new InvalidInputException(
                $"{name} fails on inputs of shape [{string.Join(", ", input.shape)}], {input.dtype}: {Reason(e)}", e);
        }
        catch (NotImplementedException)   // TorchSharp's, of a dictionary for example
        {
            throw NotOneTensor("something that TorchSharp cannot pass on");
        }
        return output is Tensor tensor ? scope.MoveToOuter(tensor) : throw NotOneTensor(Kind(output));
    }

    private InvalidInputException NotOneTensor(string what) => new(
        $"{name} gives {what}, but must give one tensor, the outputs of the batch. "
        + "Let the PyTorch model return only that, and save it again.");

    private static string Kind(object? output) => output switch
    {
        null => "nothing",
        Scalar => "a number",
        Array => "a list",
        System.Runtime.CompilerServices.ITuple tuple => FormattableString.Invariant($"a tuple of {tuple.Length}"),
        _ => output.GetType().Name,
    };

    /// <summary>LibTorch's message without the traceback of the script.</summary>
    private static string Reason(ExternalException e)
    {
        string[] lines = [.. e.Message.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
        string? error = Array.FindLast(lines, line => line.Contains("Error: ", StringComparison.Ordinal));
        string reason = error?[(error.IndexOf("Error: ", StringComparison.Ordinal) + "Error: ".Length)..] ?? lines.FirstOrDefault() ?? "";
        return reason.EndsWith('.') ? reason : reason + ".";
    }

    /// <inheritdoc/>
    public override bool training => _script.training;

    /// <inheritdoc/>
    public override void train(bool train = true) => _script.train(train);

    /// <inheritdoc/>
    public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) => _disposed ? [] : _named;

    /// <inheritdoc/>
    public override IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true) =>
        _disposed ? [] : _buffers;

    /// <summary>The script itself under the empty name, then its layers.</summary>
    public override IEnumerable<(string name, nn.Module module)> named_modules() => _disposed ? [] : _modules;

    // TorchSharp would put other tensors in the place of those that the script computes with.
    /// <inheritdoc/>
    protected override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => RequireThere(device.type, dtype);

    /// <inheritdoc/>
    protected override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => RequireThere(deviceType, float32);

    /// <inheritdoc/>
    protected override nn.Module _to(ScalarType dtype, bool non_blocking) => RequireThere(_named[0].Parameter.device_type, dtype);

    private ScriptedModel RequireThere(DeviceType device, ScalarType type)
    {
        DeviceType own = _named[0].Parameter.device_type;
        if (device == own && type == float32) { return this; }
        throw new NotSupportedException(
            $"{name} is on {own} in Float32 and stays so. Load it where it is to compute: ScriptedModel.Load(path, device). "
            + "It computes in Float32 alone.");
    }

    /// <summary>Frees the script with its parameters and buffers.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;   // the base class disposes the parameters, buffers and modules that it is shown
            using IDisposable scope = NewDisposeScope();   // for the objects that TorchSharp makes of them to dispose them
            foreach ((_, nn.Module module) in _modules.Reverse()) { module.Dispose(); }
        }
        base.Dispose(disposing);
    }
}
