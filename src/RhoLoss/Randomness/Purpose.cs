namespace RhoLoss.Randomness;

/// <summary>
/// What numbers are drawn for. Each purpose has a stream of its own, so that equal seeds of two parts never share one: with one stream for
/// all, label noise and sampler of equal seeds would share a permutation, and every corrupted example would come first in its epoch.
/// Streams of numbers that count from 0 (epochs, classes, members) are mixed in after the purpose.
/// </summary>
public enum Purpose : long
{
    /// <summary>Order of examples in an epoch.</summary>
    Order = 0,

    /// <summary>The seed that a trainer gives to its selector.</summary>
    Selector = 1,

    /// <summary>What layers such as dropout draw in a training pass.</summary>
    Layers = 2,

    /// <summary>Which half of the training set an example is in when a cross-fit divides it.</summary>
    Halves = 3,

    /// <summary>The seed of training on the first half.</summary>
    FirstHalf = 4,

    /// <summary>The seed of training on the second half.</summary>
    SecondHalf = 5,

    /// <summary>Which fold of the training set an example is in when labels are judged.</summary>
    Folds = 6,

    /// <summary>The seed of training the model that judges a fold.</summary>
    FoldTraining = 7,

    /// <summary>Uniform label noise.</summary>
    Noise = -1,

    /// <summary>Random changes of inputs.</summary>
    Augmentation = -2,

    /// <summary>Random draws of a selection.</summary>
    Selection = -3,

    /// <summary>Initial parameters.</summary>
    Initialization = -4,

    /// <summary>What layers such as dropout draw while candidates are scored.</summary>
    Scoring = -5,

    /// <summary>The sample of the training set that judges a holdout model.</summary>
    Validation = -6,

    /// <summary>Monte-Carlo dropout passes.</summary>
    DropoutPasses = -7,

    /// <summary>The windows that a gate looks at.</summary>
    Windows = -8,

    /// <summary>Members of a long tail.</summary>
    LongTail = -11,

    /// <summary>Structured label noise.</summary>
    StructuredNoise = -12,

    /// <summary>Examples that InfoBatch leaves out, and their order.</summary>
    Pruning = -13,

    /// <summary>Classes of low relevance and their members.</summary>
    Relevance = -21,

    /// <summary>Tokens of generated text.</summary>
    Generation = -22,
}
