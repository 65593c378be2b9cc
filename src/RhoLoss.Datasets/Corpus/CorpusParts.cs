using RhoLoss.Data;
using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Corpus;

/// <summary>The parts of a corpus, read and cut into sequences, from which its data sets are made.</summary>
/// <param name="Name">Name of the set.</param>
/// <param name="Source">Where it was read from, in words.</param>
/// <param name="Pool">What training selects from.</param>
/// <param name="Sample">The holdout; null for none.</param>
/// <param name="Test">What is tested on.</param>
internal sealed record CorpusParts(string Name, string Source, CorpusPart Pool, CorpusPart? Sample, CorpusPart Test)
{
    /// <summary>The data sets. Ids are positions among the sequences of the pool, and behind them those of the holdout.</summary>
    /// <param name="offTask">
    /// Which sequences of the pool are known not to be on task, bool, shape [N]; null where that is not known.
    /// </param>
    /// <exception cref="InvalidInputException">A document is in two parts.</exception>
    public DatasetSplits ToSplits(Func<Tensor?> offTask)
    {
        if (Sample is not null) { SharedDocuments.Refuse((Sample, "holdout"), (Pool, "pool")); }
        SharedDocuments.Refuse((Test, "test"), (Pool, "pool"));
        if (Sample is not null) { SharedDocuments.Refuse((Test, "test"), (Sample, "holdout")); }
        using IDisposable scope = NewDisposeScope();
        Tensor? flags = offTask();
        LabeledDataset training = LabeledDataset.OfSequences(Pool);
        LabeledDataset? holdout = Sample is null ? null
            : LabeledDataset.OfSequences(Sample, tensor([.. Enumerable.Range(0, (int)Sample.Count).Select(i => Pool.Count + i)]));
        if (flags is not null) { training.SetFlag(ExampleFlags.LowRelevance, flags); }
        return new DatasetSplits(Name, Source + Pool.Tokens.InWords, training, holdout, LabeledDataset.OfSequences(Test))
        {
            Objective = new TokenCrossEntropy { TokensAreBytes = Pool.Tokens.Tokenizer is null },
            TextOfTokens = Pool.Tokens.TextOf,
            Notices = [.. Pool.Notices("pool"), .. Sample?.Notices("holdout") ?? [], .. Test.Notices("test")],
            Places = new ExamplePlaces(
                id => id < Pool.Count ? Pool.PlaceOf(id) : Sample!.PlaceOf(id - Pool.Count), Test.PlaceOf),
            Texts = (id => id < Pool.Count ? Pool.TextOf(id) : Sample!.TextOf(id - Pool.Count), Test.TextOf),
        };
    }

    /// <summary>What is in a corpus that was read: its sequences are counted.</summary>
    public static DatasetCheck Check(DatasetSplits splits) => new(
        splits.Name, splits.Source, [splits.Training.Count], [splits.Holdout?.Count ?? 0], [splits.Test.Count], [], [])
    {
        Notices = splits.Notices,
    };
}
