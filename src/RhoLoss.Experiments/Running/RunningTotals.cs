using System.Security.Cryptography;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Running;

/// <summary>Sums since the start of the arm; part of a checkpoint.</summary>
internal sealed class RunningTotals
{
    public double Seconds { get; set; }

    public double ScoringSeconds { get; set; }

    public long ExamplesTrained { get; set; }

    public long ExamplesScored { get; set; }

    public double EpochLoss { get; set; }

    public int EpochSteps { get; set; }

    public string SelectedSha256 { get; set; } = "";

    public void Add(StepResult step)
    {
        Seconds += step.TotalTime.TotalSeconds;
        ScoringSeconds += step.SelectionTime.TotalSeconds;
        ExamplesTrained += step.Trained;
        ExamplesScored += step.Scored;
        EpochLoss += step.Loss;
        EpochSteps++;
    }

    /// <summary>Chains the ids of a step onto the hash: SHA-256(previous hash ‖ ids).</summary>
    public void AddSelected(Tensor ids)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(SelectedSha256));
        hash.AppendData(ids.cpu().contiguous().bytes);
        SelectedSha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public double TakeMeanLoss()
    {
        double mean = EpochLoss / EpochSteps;
        (EpochLoss, EpochSteps) = (0, 0);
        return mean;
    }
}
