using RhoLoss.Serialization;

namespace RhoLoss.Pretrained;

/// <summary>What is done with the tensors of the classifier, a network's last linear layer.</summary>
public enum ClassifierWeights
{
    /// <summary>They are loaded like any others.</summary>
    Load,

    /// <summary>
    /// They are loaded if the file has them for as many classes, and else left as they are: for fine-tuning on other classes.
    /// </summary>
    LoadIfClassesAgree,
}

/// <summary>How the tensors of a file and of a model correspond, by name, shape and kind of numbers.</summary>
/// <param name="Path">The file.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Loaded">Names in both, of one shape and kind of numbers.</param>
/// <param name="LeftOut">Tensors of the classifier that stay as they are, each with its shape in the file and in the model.</param>
/// <param name="Missing">Names the model has and the file has not.</param>
/// <param name="Extra">
/// Names of the file that show that it is of another network: those of layers that the model lacks, and where something is missing or
/// differs, all that the model has not.
/// </param>
/// <param name="MisShaped">Names in both, of different shapes; each says which.</param>
public sealed record WeightReport(
    string Path,
    string Model,
    IReadOnlyList<string> Loaded,
    IReadOnlyList<string> LeftOut,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Extra,
    IReadOnlyList<string> MisShaped)
{
    private const int Shown = 5;

    /// <summary>What the model's names have before them in the file, such as <c>module.</c>; empty for nothing.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// Further prefixes below which the file has all that the model needs. If all begin with <see cref="Prefix"/>, the sets are copies
    /// inside the network that was saved, such as an average of its weights, and are not loaded; otherwise nothing says which is meant.
    /// </summary>
    public IReadOnlyList<string> OtherPrefixes { get; init; } = [];

    /// <summary>Names in both, of whole numbers where the model has real ones or vice versa; each says which.</summary>
    public IReadOnlyList<string> MisTyped { get; init; } = [];

    /// <summary>
    /// Names the model needs and the file has in a type that cannot be read, such as 8-bit floating-point numbers; each says which.
    /// </summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];

    /// <summary>
    /// Tensors of the file that no layer needs and that are not loaded: those that stand beside the network (statistics of the inputs, a
    /// loss, an optimizer's state, an average of the weights), and after them counters, empty ones and scales in types of 8 bits, each
    /// of which says so.
    /// </summary>
    public IReadOnlyList<string> Unused { get; init; } = [];

    /// <summary>
    /// Tensors of the file with the name of one that the model has, below another prefix or none, that are not loaded: copies of the
    /// network, whole or in part. They are none of <see cref="Unused"/>. Empty where the file does not fit.
    /// </summary>
    public IReadOnlyList<string> Copies { get; init; } = [];

    /// <summary>
    /// Whether each matrix and kernel that is loaded holds one number only, such as 0: the file was saved before it was filled, or lost its
    /// numbers on the way, and no network was trained to that. Single layers of one number are usual, in low-rank additions for example.
    /// </summary>
    public bool HoldsOneNumberEach { get; init; }

    /// <summary>
    /// Whether something is loaded and nothing is missing, of another shape or type, of another network, or there more than once side by
    /// side.
    /// </summary>
    public bool Fits => Loaded.Count > 0 && Different + Extra.Count == 0 && !IsAmbiguous;

    /// <summary>What to do where it does not fit.</summary>
    internal string Advice => this switch
    {
        { IsAmbiguous: true } =>
            $"Keep one: save only the tensors whose names begin with '{TensorText.Name(Prefix)}', or those of another.",
        { Different: 0, Extra.Count: > 0 } =>
            "Choose the model that the file was saved from. If those tensors are not part of the network, "
            + "save the file again without them.",
        { Missing.Count: 0, MisShaped.Count: 0, Extra.Count: 0, Different: > 0 } =>
            "Convert those tensors in Python with .to(torch.float32), undoing their scale if they have one, and save the file again.",
        { MisShaped.Count: 0, MisTyped.Count: 0, Unreadable.Count: 0, Missing.Count: > 0, MissingIsElsewhere: true } =>
            "Save the file again with one prefix before the names of all tensors, or none.",
        { Loaded.Count: > 0, MisShaped.Count: 0, MisTyped.Count: 0, Extra.Count: 0 } =>
            "Choose the model that the file was saved from, or save the file again with all its tensors.",
        _ => "Choose the model that the file was saved from, or another file.",
    };

    /// <summary>Whether the file has all that is missing, below another prefix.</summary>
    private bool MissingIsElsewhere => Missing.All(
        name => Extra.Any(other => other == name || other.EndsWith("." + name, StringComparison.Ordinal)));

    private int Different => Missing.Count + MisShaped.Count + MisTyped.Count + Unreadable.Count;

    private bool IsAmbiguous => OtherPrefixes.Any(other => !other.StartsWith(Prefix, StringComparison.Ordinal));

    /// <summary>A few sentences: counts and the first few names of each kind, never all of them.</summary>
    public override string ToString()
    {
        if (IsAmbiguous)
        {
            return $"{Path} has all that {Model} needs more than once, under {Prefixes([Prefix, .. OtherPrefixes])}, "
                + "and nothing says which is meant.";
        }
        return Fits ? Loading() : Different == 0 && Extra.Count > 0 ? OtherNetwork() : Mismatch();
    }

    private string Loading()
    {
        string prefix = Prefix.Length == 0 ? "" : $" '{TensorText.Name(Prefix)}' before their names was taken off.";
        string chosen = Prefix.Length == 0 ? "that without a prefix" : $"that under '{TensorText.Name(Prefix)}' alone";
        string copies = OtherPrefixes.Count == 0 ? ""
            : $" The file has the same tensors again under {Prefixes(OtherPrefixes)}; the set that was loaded is {chosen}.";
        string[] parts = [.. Copies.Where(name => !OtherPrefixes.Any(other => name.StartsWith(other, StringComparison.Ordinal)))];
        string others = parts.Length == 0 ? ""
            : $" {Counted.Of(parts.Length, "other")} with {Counted.Word(parts.Length, "a name", "names")} of the model elsewhere "
                + $"in the file {Counted.Word(parts.Length, "was", "were")} not loaded: {First(parts, ", ")}.";
        string empty = !HoldsOneNumberEach ? ""
            : " Each matrix and kernel in it holds one number only, such as 0, so these are no trained weights.";
        string unused = Unused.Count == 0 ? ""
            : $" {Counted.Of(Unused.Count, "other")} in the file {Counted.Word(Unused.Count, "was", "were")} not loaded, "
                + $"because no layer needs {Counted.Word(Unused.Count, "it", "them")}: {First(Unused, ", ")}.";
        string leftOut = LeftOut.Count == 0 ? "" : $" The classifier stays as it is ({First(LeftOut, "; ")}).";
        return $"{Path} fits {Model}: {Counted.Of(Loaded.Count, "tensor")}.{prefix}{copies}{others}{unused}{leftOut}{empty}";
    }

    private string OtherNetwork() =>
        $"{Path} has all that {Model} needs, but it was saved from another network: it holds {Counted.Of(Extra.Count, "tensor")} "
        + $"of layers, or parts of layers, that {Model} lacks ({First(Extra, ", ")}).";

    private string Mismatch()
    {
        string[] wrong =
        [
            .. new[]
            {
                Describe(Missing, "is missing from the file", "are missing from the file", ", "),
                Describe(MisShaped, "has another shape", "have another shape", "; "),
                Describe(MisTyped, "has another element type", "have another element type", "; "),
                Describe(Unreadable, "has an element type that cannot be read", "have an element type that cannot be read", ", "),
                Describe(Extra, "in the file is not in the model", "in the file are not in the model", ", "),
            }.OfType<string>(),
        ];
        int agree = Loaded.Count(name => !WeightMatch.IsCounter(name)), needed = agree + Different;
        string besides = LeftOut.Count == 0 ? "" : " besides its classifier";
        string prefix = Prefix.Length == 0 ? "" : $", with '{TensorText.Name(Prefix)}' taken off their names";
        return $"{Path} does not fit {Model}: of the {Counted.Of(needed, "tensor")} that it needs{besides}, "
            + $"{agree} {Counted.Word(agree, "agrees", "agree")}{prefix}{string.Concat(wrong.Select(what => $"; {what}"))}.";
    }

    private static string? Describe(IReadOnlyList<string> names, string one, string many, string between) =>
        names.Count == 0 ? null : $"{names.Count} {Counted.Word(names.Count, one, many)} ({First(names, between)})";

    private static string First(IReadOnlyList<string> names, string between) =>
        string.Join(between, names.Take(Shown)) + (names.Count > Shown ? between + "…" : "");

    private static string Prefixes(IReadOnlyList<string> prefixes) =>
        string.Join(" and ", prefixes.Take(Shown).Select(prefix => $"'{TensorText.Name(prefix)}'"))
        + (prefixes.Count > Shown ? $" and {prefixes.Count - Shown} more" : "");
}
