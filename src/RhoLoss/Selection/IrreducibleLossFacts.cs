using System.Globalization;

namespace RhoLoss.Selection;

/// <summary>How irreducible losses were made.</summary>
/// <param name="Architecture">The IL model, in words: <c>mlp-256-256-256</c>.</param>
/// <param name="Source">
/// <c>holdout</c>; <c>cross-fit</c> when two models on halves of D scored each other's half; <c>elsewhere</c> for losses that came as ids
/// and numbers.
/// </param>
/// <param name="Seed">Seed of the IL training.</param>
/// <param name="Epoch">Epoch (1-based) of the kept checkpoint: the one of lowest mean loss; of the first model for a cross-fit.</param>
/// <param name="Loss">
/// Mean loss in nats on D, with the labels that will be trained on, at temperature 1: the quality of the model, and the
/// mean of the table if that has this temperature.
/// </param>
/// <param name="Accuracy">
/// Accuracy on D with the labels that will be trained on, 0 to 1; not a number where nothing is right or wrong, or nothing is known.
/// </param>
/// <param name="Seconds">Wall-clock seconds of IL training and scoring.</param>
/// <param name="Precision">
/// Number format the IL model was trained in: <c>float32</c> or <c>bfloat16</c>; the losses themselves are computed in float32.
/// </param>
/// <param name="Temperature">T of the losses CE(z / T, y) in the table; 1 is the paper's.</param>
/// <param name="Holdout">Fingerprint of D_ho (<see cref="Data.DatasetFingerprint.Value"/>); null where there is none, as for a
/// cross-fit, or where it is not known.</param>
/// <param name="Settings">
/// Whatever else decided the losses, in the words of who had them made (<see cref="Training.HoldoutTrainingOptions.Settings"/>), to be held
/// against what is wanted; null where nobody said.
/// </param>
public sealed record IrreducibleLossFacts(
    string Architecture, string Source, long Seed, int Epoch, double Loss, double Accuracy, double Seconds,
    string Precision = "float32", double Temperature = 1,
    string? Holdout = null, string? Settings = null)
{
    /// <summary><see cref="Source"/> of losses that somebody else computed.</summary>
    internal const string FromElsewhere = "elsewhere";

    /// <summary><see cref="Accuracy"/>; null where nothing is right or wrong, or nothing is known.</summary>
    public double? KnownAccuracy => double.IsFinite(Accuracy) ? Accuracy : null;

    /// <summary>Facts of losses about which nothing is known but their mean.</summary>
    internal static IrreducibleLossFacts Unknown(double meanLoss) =>
        new("unknown model", FromElsewhere, Seed: 0, Epoch: 0, meanLoss, Accuracy: double.NaN, Seconds: 0);

    internal Dictionary<string, string> ToMetadata()
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["architecture"] = Architecture,
            ["source"] = Source,
            ["seed"] = Seed.ToString(CultureInfo.InvariantCulture),
            ["epoch"] = Epoch.ToString(CultureInfo.InvariantCulture),
            ["loss"] = Loss.ToString("R", CultureInfo.InvariantCulture),
            ["accuracy"] = Accuracy.ToString("R", CultureInfo.InvariantCulture),
            ["seconds"] = Seconds.ToString("R", CultureInfo.InvariantCulture),
            ["precision"] = Precision,
            ["temperature"] = Temperature.ToString("R", CultureInfo.InvariantCulture),
        };
        if (Holdout is not null) { metadata["holdout"] = Holdout; }
        if (Settings is not null) { metadata["settings"] = Settings; }
        return metadata;
    }

    internal static IrreducibleLossFacts Parse(IReadOnlyDictionary<string, string> metadata) => new(
        metadata["architecture"], metadata["source"],
        long.Parse(metadata["seed"], CultureInfo.InvariantCulture),
        int.Parse(metadata["epoch"], CultureInfo.InvariantCulture),
        double.Parse(metadata["loss"], CultureInfo.InvariantCulture),
        double.Parse(metadata["accuracy"], CultureInfo.InvariantCulture),
        double.Parse(metadata["seconds"], CultureInfo.InvariantCulture),
        metadata["precision"],
        double.Parse(
            metadata.GetValueOrDefault("temperature", "1"), CultureInfo.InvariantCulture),   // files of before there were temperatures
        metadata.GetValueOrDefault("holdout"),
        metadata.GetValueOrDefault("settings"));
}
