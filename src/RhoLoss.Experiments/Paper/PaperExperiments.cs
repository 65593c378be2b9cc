using RhoLoss.Experiments.Paper.Definitions;

namespace RhoLoss.Experiments.Paper;

/// <summary>The tables and figures of the paper that can be run.</summary>
public static class PaperExperiments
{
    /// <summary>All of them, tables first.</summary>
    public static IReadOnlyList<PaperExperiment> All { get; } =
        [
            Ladder.Table1, Speedups.Table2, Speedups.Table3, Approximation.Table4, Speedups.Fig1, Robustness.Fig2, Properties.Fig3,
            Robustness.Fig6, Approximation.Fig7, Robustness.Fig8, ActiveLearning.Fig9
        ];

    /// <summary>The experiment of that name.</summary>
    /// <exception cref="InvalidInputException">There is none; the message names the nearest.</exception>
    public static PaperExperiment Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        string[] ids = [.. All.Select(experiment => experiment.Id)];
        return All.FirstOrDefault(experiment => experiment.Id == id) ?? throw new InvalidInputException(
            $"There is no experiment {id}. The nearest is {NearestName.Of(id, ids)}; there are {string.Join(", ", ids)}. "
            + "`rho reproduce` lists them.");
    }
}
