using RhoLoss.Data;

namespace RhoLoss.Datasets;

/// <summary>Where a known data set is read from and how its training examples are shared out.</summary>
/// <param name="Directory">
/// Folder with the set's files, plain or gzipped. Null: the user's cache, then the places where the system installs the set.
/// </param>
/// <param name="HoldoutFraction">
/// Share of the training examples that goes to the holdout D_ho, at least 0 and below 1, the same in every class. With 0 there is no
/// holdout and D is the whole training file. Sets that come with a fixed split (see <see cref="DatasetDescription.FixedSplit"/>) accept
/// only the default, 0.5, and 0.
/// </param>
/// <param name="SplitSeed">Which examples go to the holdout; without effect on a fixed split.</param>
public sealed record DatasetOptions(
    string? Directory = null, double HoldoutFraction = DatasetOptions.DefaultHoldoutFraction, long SplitSeed = 0)
{
    /// <summary>The paper trains the IL model on a holdout as large as the training set (App. B).</summary>
    public const double DefaultHoldoutFraction = 0.5;

    /// <summary>How texts become token ids; only read for text.</summary>
    public TextOptions Text { get; init; } = new();

    /// <summary>Which files a user's own texts are; only read for them.</summary>
    public OwnTextFiles OwnTexts { get; init; } = new();

    /// <summary>Which files a corpus is and how they become sequences; only read for it.</summary>
    public CorpusOptions Corpus { get; init; } = new();

    /// <summary>Side in pixels at which a model reads images that come as files; 0: the set's own (32 for CINIC-10, else 224).</summary>
    public int ImageSize { get; init; }

    /// <summary>
    /// Leaves out image files that cannot be read, after decoding each once; otherwise the first one that is needed is an error.
    /// </summary>
    public bool SkipBad { get; init; }

    /// <summary>Threads and memory for decoding image files.</summary>
    public StreamOptions Stream { get; init; } = new();

    /// <summary>The same without a vocabulary, to look at counts and labels.</summary>
    internal DatasetOptions ToCheck() => this with { Text = new TextOptions(TextOptions.Words) };

    internal void Validate(DatasetDescription description)
    {
        if (!(HoldoutFraction >= 0 && HoldoutFraction < 1))
        {
            throw new InvalidInputException(
                FormattableString.Invariant(
                    $"{description.Name}: the holdout fraction must be at least 0 and below 1, but was {HoldoutFraction}. ")
                + "Set data.holdout-fraction.");
        }
        if (description.FixedSplit is not null && HoldoutFraction is not (DefaultHoldoutFraction or 0))
        {
            throw new InvalidInputException(
                $"{description.Name} comes with a fixed split ({description.FixedSplit}), "
                + FormattableString.Invariant(
                    $"so the holdout fraction must be {DefaultHoldoutFraction}, or 0 for no holdout, but was {HoldoutFraction}. ")
                + "Remove data.holdout-fraction, or choose a set without a fixed split.");
        }
    }
}
