using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// Where the stored inputs of a <see cref="LabeledDataset"/> are: in memory (<see cref="TensorInputs"/>) or
/// decoded on the way (<see cref="StreamedInputs"/>).
/// </summary>
internal interface IInputSource : IDisposable
{
    /// <summary>Number of examples N.</summary>
    long Count { get; }

    /// <summary>Shape of one stored input, without the example axis.</summary>
    IReadOnlyList<long> Shape { get; }

    /// <summary>Type of a stored input: float32 or uint8; int32 or int64 for token ids.</summary>
    ScalarType Type { get; }

    /// <summary>All stored inputs, shape [N, …]; null where they are streamed.</summary>
    Tensor? Stored { get; }

    /// <summary>Sequences, which are their own labels, to ask what stands before a token; null for any other inputs.</summary>
    SequenceInputs? Sequences => null;

    /// <summary>Bytes of the text that its sequences stand for; null where that is not known, and for any other inputs.</summary>
    long? TextBytes => null;

    /// <summary>Seconds that <see cref="Gather"/> of this view has waited for inputs to be decoded.</summary>
    double WaitSeconds { get; }

    /// <summary>
    /// Stored inputs of these rows (int64, shape [n]), in that order: shape [n, …]. The caller's dispose scope owns them.
    /// </summary>
    Tensor Gather(Tensor rows);

    /// <summary>Says which rows will be gathered next, in place of what was said before; inputs in memory need no notice.</summary>
    void Prefetch(Tensor rows);

    /// <summary>A source of these rows in that order, owned by the caller.</summary>
    IInputSource Subset(Tensor rows);

    /// <summary>A source of the same inputs, not copied, owned by the caller.</summary>
    IInputSource Share();

    /// <summary>A source whose batches are on that device, owned by the caller.</summary>
    IInputSource To(Device device);

    /// <summary>Hash of each stored input in this order of rows (int64, shape [N]).</summary>
    long[] Hash(Tensor order);

    /// <summary>What a fingerprint says about how inputs are stored, apart from shape and normalisation.</summary>
    string Storage { get; }

    /// <summary>From now on the source lives as long as its data set, not as long as the dispose scope it was made in.</summary>
    void Detach();
}
