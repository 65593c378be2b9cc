using RhoLoss.Selection;

namespace RhoLoss.Experiments.Registry;

/// <summary>
/// Section <c>scoring</c>: what scores the candidates and how, and the parameters of the selection functions that have some.
/// </summary>
public sealed record ScoringSection(
    ScoringMode Mode, RunningStatistics RunningStatistics, string Scorer, int RefreshEvery,
    string ProxyModel, ValueList<int> ProxyHidden, int ProxyTrainEvery, double ProxyTrainShare,
    int ProxyDownscale, PrecisionChoice ProxyPrecision, double ProxyLearningRate,
    int Rescored, double CascadeShare, string PlanFile,
    double Exponent, double IrreducibleExponent, double TargetExponent, double Smoothing, double Filter,
    int SvpEpochs, int DropoutPasses, bool VarianceReduction);
