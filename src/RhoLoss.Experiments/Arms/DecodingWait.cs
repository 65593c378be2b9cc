using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Arms;

/// <summary>How much of the time of training passes in waiting for streamed inputs, counted from its making on.</summary>
internal sealed class DecodingWait(LabeledDataset data, Trainer trainer)
{
    private readonly double _waitedBefore = data.DataWaitSeconds, _secondsBefore = trainer.Seconds;

    /// <summary>What to say of it; null for inputs that are not decoded, or without a step.</summary>
    public RunEvent? Report(Arm arm)
    {
        if (!data.IsStreamed || data.Tokens is not null || trainer.Seconds <= _secondsBefore) { return null; }
        double share = (data.DataWaitSeconds - _waitedBefore) / (trainer.Seconds - _secondsBefore);
        string text = string.Create(
            CultureInfo.InvariantCulture, $"{arm}: {100 * share:0.0} % of the training time was spent waiting for inputs to be decoded");
        return share > 0.1
            ? new RunEvent.Notice(text + "; more data.loader-threads or data.cache-megabytes, or smaller files, would help")
            : new RunEvent.Stage(text);
    }
}
