using RhoLoss.Experiments.Approximations;
using RhoLoss.Experiments.Networks;

namespace RhoLoss.Experiments.Paper.Definitions;

/// <summary>Table 1.</summary>
internal static class Ladder
{
    private static readonly string[] Settings = ["noise.kind=uniform", "noise.fraction=0.1", "training.seeds=[0, 1, 2]"];

    /// <summary>Spearman's correlations of the approximations of Section 4.1.</summary>
    public static LadderExperiment Table1 { get; } = new(
        "table1",
        "Table 1: the impact of approximations",
        "How much does each approximation of the selection function change what is selected?",
        scale => new ExperimentPart("noise", "QMNIST, 10 % label noise", "qmnist", PaperData.Digits(scale), Settings, []),
        scale => scale == PaperScale.Paper ? new LadderOptions()
            : new LadderOptions
            {
                Model = new Architecture("mlp", [256, 256, 256]),
                SmallModel = new Architecture("mlp", [64, 64, 64]),
                EnsembleSize = 3,
                ConvergenceEpochs = 3,
                ConvergenceTolerance = 0.05,
                BatchSize = 250,
                HoldoutEpochs = 8,
                TimeSteps = 20,
            });
}
