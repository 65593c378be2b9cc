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
/// <param name="Extra">Names the file has and the model has not.</param>
/// <param name="MisShaped">Names in both, of different shapes or of whole numbers where the model has real ones; each says which.</param>
public sealed record WeightReport(
    string Path, string Model, IReadOnlyList<string> Loaded, IReadOnlyList<string> LeftOut, IReadOnlyList<string> Missing, IReadOnlyList<string> Extra, IReadOnlyList<string> MisShaped)
{
    private const int Shown = 3;

    /// <summary>Whether nothing is missing, extra or of another shape.</summary>
    public bool Fits => Missing.Count + Extra.Count + MisShaped.Count == 0;

    /// <summary>One or two sentences: counts and the first few names of each kind, never all of them.</summary>
    public override string ToString()
    {
        string[] wrong = [.. new[] { Describe("missing in it", Missing), Describe("not in the model", Extra), Describe("of another shape", MisShaped) }.OfType<string>()];
        string leftOut = LeftOut.Count == 0 ? "" : $" The classifier stays as it is: {string.Join(", ", LeftOut)}.";
        return wrong.Length == 0
            ? $"{Path} fits {Model}: {Loaded.Count} tensors.{leftOut}"
            : $"{Path} has the weights of another architecture than {Model}: {Loaded.Count} tensors agree, {string.Join("; ", wrong)}.";
    }

    private static string? Describe(string what, IReadOnlyList<string> names) =>
        names.Count == 0 ? null : $"{names.Count} {what} ({string.Join(", ", names.Take(Shown))}{(names.Count > Shown ? ", …" : "")})";
}
