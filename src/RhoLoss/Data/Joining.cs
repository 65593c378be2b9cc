using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Two data sets as one.</summary>
internal static class Joining
{
    /// <summary>See <see cref="LabeledDataset.Concat"/>.</summary>
    public static LabeledDataset Concat(LabeledDataset first, LabeledDataset second)
    {
        ArgumentNullException.ThrowIfNull(second);
        foreach ((string what, string one, string other) in Kinds(first, second))
        {
            if (one == other) { continue; }
            throw new ArgumentException($"Only data sets of one kind can be one, but their {what} are {one} and {other}.", nameof(second));
        }
        using IDisposable scope = NewDisposeScope();
        LabeledDataset joined = first.Derive(
            JoinedInputs.Of(first.Source, second.Source), cat([first.Labels, second.Labels]), cat([first.Ids, second.Ids]),
            column => cat([column, Unmarked(second)]), cat([first.Origins, second.Origins]));
        foreach (string name in second.FlagNames)
        {
            joined.SetFlag(name, cat([first.Flag(name) ?? Unmarked(first), second.Flag(name)!]));
        }
        return joined;
    }

    private static Tensor Unmarked(LabeledDataset data) => zeros(data.Count, dtype: @bool, device: data.Ids.device);

    private static IEnumerable<(string What, string One, string Other)> Kinds(LabeledDataset first, LabeledDataset second)
    {
        (string What, Func<LabeledDataset, string> Of)[] kinds =
        [
            ("classes", data => $"{data.Classes}"),
            ("inputs", data => $"{data.Source.Storage} of shape [{string.Join(", ", data.InputShape)}]"),
            ("labels", data => $"{data.Labels.dtype} of shape [N{string.Concat(data.Labels.shape.Skip(1).Select(n => $", {n}"))}]"),
            ("normalizations", data => data.Normalization is not { } n ? "none"
                : FormattableString.Invariant($"mean {string.Join(' ', n.Mean.Select(Text))} std {string.Join(' ', n.Std.Select(Text))}")),
            ("vocabularies", data => data.Tokens?.ToString() ?? "none"),
            ("crops", data => $"{data.CropSize}"),
            ("devices", data => $"{data.Ids.device}"),
        ];
        return kinds.Select(kind => (kind.What, kind.Of(first), kind.Of(second)));
    }

    private static string Text(float value) => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
}
