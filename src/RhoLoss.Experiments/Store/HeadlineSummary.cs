namespace RhoLoss.Experiments.Store;

/// <summary>The claim of a recipe: how many times sooner an arm reaches the last metric of a baseline, everything counted.</summary>
/// <param name="Baseline">What the arm is held against.</param>
/// <param name="Arm">The arm.</param>
/// <param name="Seconds">Seconds of the baseline over those of the arm: the geometric mean over seeds.</param>
/// <param name="Low">Lower end of its 95 % interval; null with one seed.</param>
/// <param name="High">Upper end; null with one seed.</param>
/// <param name="Seeds">Number of seeds.</param>
public sealed record HeadlineSummary(string Baseline, string Arm, double Seconds, double? Low, double? High, int Seeds);
