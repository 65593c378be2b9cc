using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Approximations;

/// <summary>D_ho and D as one data set, so that a model can be trained on examples of both. Its ids are rows: D_ho's come first.</summary>
internal sealed class LadderData : IDisposable
{
    private readonly Tensor _trainingIds;

    /// <param name="holdout">D_ho; copied.</param>
    /// <param name="training">D; copied.</param>
    public LadderData(LabeledDataset holdout, LabeledDataset training)
    {
        using DisposeScope scope = NewDisposeScope();
        Batch first = holdout.Gather(holdout.Ids), second = training.Gather(training.Ids);
        All = new LabeledDataset(
            cat([first.Inputs, second.Inputs]), cat([first.Labels, second.Labels]), training.Classes, tokens: training.Tokens);
        HoldoutIds = [.. Enumerable.Range(0, holdout.Count).Select(row => (long)row)];
        _trainingIds = All.Ids.slice(0, holdout.Count, All.Count, 1).clone().DetachFromDisposeScope();
    }

    /// <summary>The examples of both.</summary>
    public LabeledDataset All { get; }

    /// <summary>Ids of D_ho.</summary>
    public IReadOnlyList<long> HoldoutIds { get; }

    /// <summary>Ids of D, int64, in the order of its rows.</summary>
    public Tensor TrainingIds => _trainingIds;

    /// <summary>Frees the copies.</summary>
    public void Dispose()
    {
        _trainingIds.Dispose();
        All.Dispose();
    }
}
