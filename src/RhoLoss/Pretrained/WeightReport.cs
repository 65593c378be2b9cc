namespace RhoLoss.Pretrained;

/// <summary>What is done with the tensors of the classifier, a network's last linear layer.</summary>
public enum ClassifierWeights
{
    /// <summary>They are loaded like any others.</summary>
    Load,

    /// <summary>They are loaded if the file has them for as many classes, and else left as they are: for fine-tuning on other classes.</summary>
    LoadIfClassesAgree,
}

/// <summary>How the tensors of a file and of a model correspond, by name and shape.</summary>
/// <param name="Path">The file.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Loaded">Names in both, of one shape.</param>
/// <param name="LeftOut">Tensors of the classifier that stay as they are, each with its shape in the model and in the file.</param>
/// <param name="Missing">Names the model has and the file has not.</param>
/// <param name="Extra">Names the file has and the model has not, of layers as far as one can tell.</param>
/// <param name="MisShaped">Names in both, of different shapes or of whole numbers where the model has real ones; each says which.</param>
public sealed record WeightReport(
    string Path,
    string Model,
    IReadOnlyList<string> Loaded,
    IReadOnlyList<string> LeftOut,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Extra,
    IReadOnlyList<string> MisShaped)
{
    private const int Shown = 3;

    /// <summary>What every name in the file begins with before the model's name, such as <c>module.</c>; empty for nothing.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// Names the model needs and the file has in a type that cannot be read, such as 8-bit floating-point numbers; each says which.
    /// </summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];

    /// <summary>
    /// Tensors of the file that no layer needs and that therefore do no harm: counters, empty ones, scales in types of 8 bits; each says
    /// which.
    /// </summary>
    public IReadOnlyList<string> Unused { get; init; } = [];

    /// <summary>Whether something is loaded and nothing is missing, extra, of another shape or of a type that cannot be read.</summary>
    public bool Fits => Loaded.Count > 0 && Missing.Count + Extra.Count + MisShaped.Count + Unreadable.Count == 0;

    /// <summary>What to do where it does not fit.</summary>
    internal string Advice => IsOfThisModel
        ? "Convert those tensors in Python with .to(torch.float32), undoing their scale if they have one, and save the file again."
        : "Choose the model that the file was saved from, or another file.";

    /// <summary>All names and shapes fit; only types cannot be read.</summary>
    private bool IsOfThisModel => Unreadable.Count > 0 && Missing.Count + Extra.Count + MisShaped.Count == 0;

    /// <summary>A few sentences: counts and the first few names of each kind, never all of them.</summary>
    public override string ToString()
    {
        string? unreadable = Describe("in a type that cannot be read", Unreadable);
        if (IsOfThisModel) { return $"{Path} has {unreadable}, which {Model} needs."; }
        string[] wrong =
        [
            .. new[]
            {
                Describe("missing in it", Missing), Describe("not in the model", Extra),
                Describe("of another shape", MisShaped), unreadable,
            }.OfType<string>(),
        ];
        if (!Fits)
        {
            string agree = Loaded.Count == 1 ? "1 tensor agrees" : $"{Loaded.Count} tensors agree";
            return $"{Path} has the weights of another architecture than {Model}: {agree}"
                + $"{string.Concat(wrong.Select((what, i) => (i == 0 ? ", " : "; ") + what))}.";
        }
        string prefix = Prefix.Length == 0 ? "" : $" '{Prefix}' before every name was taken off.";
        string unused = Unused.Count == 0 ? "" : $" {Describe("not loaded, because no layer needs them", Unused)}.";
        string leftOut = LeftOut.Count == 0 ? "" : $" The classifier stays as it is: {string.Join(", ", LeftOut)}.";
        return $"{Path} fits {Model}: {Loaded.Count} {(Loaded.Count == 1 ? "tensor" : "tensors")}.{prefix}{unused}{leftOut}";
    }

    private static string? Describe(string what, IReadOnlyList<string> names) =>
        names.Count == 0 ? null : $"{names.Count} {what} ({string.Join(", ", names.Take(Shown))}{(names.Count > Shown ? ", …" : "")})";
}
