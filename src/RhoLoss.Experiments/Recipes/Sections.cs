using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;

namespace RhoLoss.Experiments.Recipes;

/// <summary>
/// Section <c>data</c>: the dataset, how it is split into a training set and a holdout, how both are made
/// harder, and how texts and image files are read.
/// </summary>
public sealed record DataSection(
    string Set, string Directory, double HoldoutFraction, long SplitSeed,
    double LongTail, int RelevanceClasses, double RelevanceShare, int Duplicate, AugmentChoice Augment, string Labels,
    string Pool, string Holdout, string Test, TokenChoice Tokens, int SequenceLength, string TextField, string OnTask,
    string Vocabulary, int MaxLength, string TrainingFile, string TestFile, double TestFraction, string TextColumn, string LabelColumn,
    int ImageSize, bool SkipBad, int LoaderThreads, int CacheMegabytes);

/// <summary>Section <c>noise</c>: label noise put into the data before anything is trained.</summary>
public sealed record NoiseSection(NoiseKind Kind, double Fraction, bool Holdout, long Seed);

/// <summary>
/// Section <c>model</c>: the target network. <c>Hidden</c> holds the widths of an MLP's hidden layers, first layer
/// first; <c>Weights</c> the file to start from.
/// </summary>
public sealed record ModelSection(string Name, ValueList<int> Hidden, double Dropout, string Weights);

/// <summary>
/// Section <c>irreducible-loss</c>: the network trained on the holdout, or trained by an earlier run, and where its losses are kept.
/// </summary>
public sealed record IrreducibleLossSection(
    string Model, ValueList<int> Hidden, int Epochs, int EpochExamples, int ValidationExamples, int Patience,
    int BatchSize, double LearningRate, double WeightDecay, bool CrossFit, long Seed,
    double LogitAdjustment, double Temperature, PrecisionChoice Precision, bool Charge, string Weights, string File)
{
    /// <summary>Where the losses come from.</summary>
    public ReferenceKind Reference => ReferenceTable.Of(CrossFit, readsWeights: Weights.Length > 0);
}

/// <summary>
/// Section <c>training</c>: methods, length, batch sizes (n_b of n_B, in how many parts), seeds, and what the network computes in.
/// </summary>
public sealed record TrainingSection(
    ValueList<string> Methods, string Method, int Epochs, int Steps, double Seconds, int Evaluations, int EarlyStop,
    int BatchSize, int LargeBatchSize, int Accumulate, ValueList<long> Seeds, Precision Precision, bool ChannelsLast)
{
    /// <summary>
    /// How long a run trains. With steps and seconds both, the seconds decide and the steps are for plans; a key that is 0 is not there.
    /// </summary>
    public Length Length => Seconds > 0 ? new Length.OfSeconds(Seconds)
        : Steps > 0 ? new Length.OfSteps(Steps)
        : new Length.OfEpochs(Epochs);

    /// <summary>Whether the length is in epochs, and not in steps or seconds.</summary>
    public bool CountsEpochs => Length is Length.OfEpochs;

    /// <summary>How often an arm with the whole budget is evaluated, at most.</summary>
    public int MostEvaluations => CountsEpochs ? Epochs : Evaluations;
}

/// <summary>
/// Section <c>optimizer</c>: every hyperparameter of AdamW and SGD, none left to a library's default, and how long a gradient may be.
/// </summary>
public sealed record OptimizerSection(
    OptimizerChoice Name, double LearningRate, ScheduleChoice Schedule, double Warmup,
    double Momentum, double Beta1, double Beta2, double Epsilon, double WeightDecay, double ClipNorm);

/// <summary>Section <c>checkpoints</c>: when one is written and how many stay.</summary>
public sealed record CheckpointSection(int EveryEpochs, int EverySteps, int KeepLast, int KeepBest);

/// <summary>Section <c>report</c>: by what and against what arms are compared, and how often a line is logged.</summary>
public sealed record ReportSection(string Baseline, string Metric, double TargetAccuracy, double TargetMetric, int LogEverySteps);

/// <summary>Section <c>headline</c>: the claim that a comparison makes, if any: an arm reaches sooner what a baseline reaches.</summary>
public sealed record HeadlineSection(string Arm, string Baseline);

/// <summary>Section <c>machine</c>: device and threads.</summary>
public sealed record MachineSection(string Device, int Threads);
