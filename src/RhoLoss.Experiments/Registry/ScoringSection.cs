using RhoLoss.Selection;

namespace RhoLoss.Experiments.Registry;

/// <summary>
/// Section <c>scoring</c>: what scores the candidates and how; and the sections <c>methods</c> and <c>scorers</c>, which hold what only one
/// of them reads.
/// </summary>
public sealed record ScoringSection(
    ScoringMode Mode, RunningStatistics RunningStatistics, string Scorer, int RefreshEvery,
    string ProxyModel, ValueList<int> ProxyHidden, int ProxyTrainEvery, double ProxyTrainShare,
    int ProxyDownscale, PrecisionChoice ProxyPrecision, double ProxyLearningRate,
    string PlanFile, int DropoutPasses, ArmParameters Parameters)
{
    /// <summary>The value of a parameter of one method or scorer.</summary>
    public T Of<T>(ArmParameter<T> parameter)
        where T : struct => Parameters.Of(parameter);
}
