using System.Globalization;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// Named tensors and values from which a run continues. On disk: one safetensors file with a checksum, written atomically.
/// </summary>
/// <example>
/// <code>
/// trainer.Capture().Save("here.safetensors");
/// trainer.Restore(Checkpoint.Load("here.safetensors"));   // goes on to the bit
/// </code>
/// </example>
public sealed class Checkpoint
{
    private const string FormatKey = "format";
    private const string Format = "rholoss-checkpoint/1";
    private readonly string _name;

    /// <summary>An empty checkpoint.</summary>
    public Checkpoint() => _name = "The checkpoint";

    private Checkpoint(string path, Dictionary<string, Tensor> tensors, Dictionary<string, string> values)
    {
        _name = path;
        Tensors = tensors;
        Values = values;
    }

    /// <summary>Tensors by name.</summary>
    public Dictionary<string, Tensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>Values by name, as invariant text.</summary>
    public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Writes the file.</summary>
    public void Save(string path)
    {
        Values[FormatKey] = Format;
        SafetensorsFile.Write(path, Tensors, Values);
    }

    /// <summary>Reads and verifies a file that <see cref="Save"/> wrote. The caller's dispose scope owns the tensors.</summary>
    /// <exception cref="InvalidInputException">The file is missing, damaged, or no checkpoint.</exception>
    public static Checkpoint Load(string path)
    {
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> values) = SafetensorsFile.Read(path, requireChecksum: true);
        if (values.GetValueOrDefault(FormatKey) != Format)
        {
            throw new InvalidInputException(
                $"{path} is not a checkpoint: its format is '{values.GetValueOrDefault(FormatKey)}', but '{Format}' is needed.");
        }
        return new Checkpoint(path, tensors, values);
    }

    /// <summary>Puts the parameters and buffers of the model that was trained into a model of the same architecture.</summary>
    /// <exception cref="InvalidInputException">Names or shapes differ; the message says which.</exception>
    public void RestoreModel(nn.Module<Tensor, Tensor> model) => ModelState.Restore(model, Tensors, ModelPrefix);

    /// <summary>
    /// Refuses tensors that whoever reads them could not take over, before anything is: each must have the type and shape of the
    /// one that the reader would write. Sizes of a sampler's tensors change, and shapes of the model's and the optimizer's are
    /// compared where they are restored.
    /// </summary>
    internal void RequireLike(Checkpoint own)
    {
        foreach ((string name, Tensor wanted) in own.Tensors)
        {
            bool comparedLater = name.StartsWith(ModelPrefix, StringComparison.Ordinal)
                || (name.StartsWith(OptimizerPrefix, StringComparison.Ordinal) && wanted.dim() > 0);   // not its number of steps
            if (comparedLater && !Tensors.ContainsKey(name)) { continue; }
            Likeness likeness = comparedLater ? Likeness.Type
                : name.StartsWith(SamplerPart + ".", StringComparison.Ordinal) ? Likeness.Axes : Likeness.Shape;
            SavedTensor.RequireLike(_name, name, Tensor(name), wanted, likeness);
        }
    }

    /// <summary>Names of model tensors start with this.</summary>
    internal const string ModelPrefix = "model.";

    /// <summary>Names of the optimizer's tensors start with this.</summary>
    internal const string OptimizerPrefix = "optimizer.";

    /// <summary>Names of the selector's tensors stand below this.</summary>
    internal const string SelectorPart = "selector";

    /// <summary>Names of the sampler's tensors stand below this.</summary>
    internal const string SamplerPart = "sampler";

    /// <summary>Stores an integer.</summary>
    public void Set(string name, long value) => Values[name] = value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Stores a number exactly.</summary>
    public void Set(string name, double value) => Values[name] = value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Reads an integer.</summary>
    /// <exception cref="InvalidInputException">There is no such value, or it is no integer.</exception>
    public long GetLong(string name) =>
        long.TryParse(Get(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value
        : throw NotANumber(name, "a whole number of 64 bits");

    /// <summary>Reads a number.</summary>
    /// <exception cref="InvalidInputException">There is no such value, or it is no number.</exception>
    public double GetDouble(string name) =>
        double.TryParse(Get(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
        : throw NotANumber(name, "a number");

    /// <summary>Refuses a checkpoint whose value is another than that of whoever continues from it.</summary>
    internal void RequireSame(string name, string own)
    {
        string written = Get(name);
        if (written == own) { return; }
        throw new InvalidInputException(
            $"{_name} was written with {name} = {written}, but this trainer has {own}. Build the trainer as it was built then.");
    }

    private InvalidInputException NotANumber(string name, string what) =>
        new(
            $"{_name} has the value '{name}' = '{Get(name)}', but it must be {what}. "
            + "The file is damaged, or another tool wrote it; use another checkpoint.");

    /// <summary>Reads a text.</summary>
    /// <exception cref="InvalidInputException">There is no such value.</exception>
    public string Get(string name) => Values.GetValueOrDefault(name)
        ?? throw new InvalidInputException(
            $"{_name} has no value '{name}'; it was written by another version or for another kind of run.");

    /// <summary>A tensor by name.</summary>
    public Tensor Tensor(string name) => Tensors.GetValueOrDefault(name)
        ?? throw new InvalidInputException(
            $"{_name} has no tensor '{name}'; it was written by another version or for another kind of run.");
}
