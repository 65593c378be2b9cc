using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Registry;

/// <summary>Every scorer that a recipe can name. A new one is a class in the library and a row here.</summary>
public static class ScorerTable
{
    /// <summary>Scores with the target, as the paper does.</summary>
    public static ScorerKind Target { get; } = new(
        "target", "the model being trained",
        parts => parts.Around(new TargetScorer(parts.Target.Model, parts.Scoring.Mode, parts.Scoring.RunningStatistics)))
    {
        RunsTarget = true,
        RunsDropout = true,
    };

    /// <summary>Scores with a copy of the target.</summary>
    public static ScorerKind Replica { get; } = new(
        "replica", "a copy of it in a faster format",
        parts => parts.Around(
            new ReplicaScorer(parts.Target.Parameters, parts.NewTarget(), FastFormat, parts.Scoring.Mode, parts.Scoring.RefreshEvery)))
    {
        RunsTarget = true,
        RunsDropout = true,
        Precision = ScorerPrecision.BFloat16,
        Keys = ["scoring.refresh-every"],
    };

    /// <summary>Scores with a small network.</summary>
    public static ScorerKind Proxy { get; } = new("proxy", "a small model trained beside it", CreateProxy)
    {
        NeedsProxy = true,
        Precision = ScorerPrecision.AsProxy,
        Keys =
        [
            "scoring.proxy-model", "scoring.proxy-hidden", "scoring.proxy-learning-rate", "scoring.proxy-train-every",
            "scoring.proxy-train-share", "scoring.proxy-downscale", "scoring.proxy-precision",
        ],
    };

    /// <summary>Replays what a small network chose beforehand.</summary>
    public static ScorerKind Plan { get; } = new("plan", "ids planned beforehand by a small model", Create: null)
    {
        NeedsProxy = true,
        Precision = ScorerPrecision.Float32,
        Keys = ["scoring.proxy-model", "scoring.proxy-hidden", "scoring.proxy-learning-rate", "scoring.plan-file"],
    };

    /// <summary>Candidates that are scored anew although they are remembered.</summary>
    internal static readonly ArmParameter<long> Rescored = new(
        "rescored", -1, $"at least -1 and at most {int.MaxValue}", count => count is >= -1 and <= int.MaxValue,
        "oldest candidates of a large batch that the target scores anew; -1: a quarter of training.batch-size, at least 1")
    {
        FormerKey = "scoring.rescored",
        DecidesPlan = false,
    };

    private static readonly ArmParameter<double> CascadeShare = new(
        "share", 0.4, "above 0 and at most 1", share => share is > 0 and <= 1, "share of the candidates that the target scores")
    {
        FormerKey = "scoring.cascade-share",
        DecidesPlan = false,
    };

    /// <summary>The rows, in the order in which messages and documents list them.</summary>
    public static IReadOnlyList<ScorerKind> All { get; } =
    [
        Target,
        Replica,
        Proxy,

        // A handful of candidates has no batch statistics of its own: those of the last training steps serve. It is always the cheapest,
        // but in runs of a few epochs it lost accuracy (docs/results/score-study.md).
        new("last-seen", "what is remembered from when an example was last seen", parts => new LastSeenScorer(
            parts.Data, parts.Around(new TargetScorer(parts.Target.Model, ScoringMode.Eval)), parts.Rescored, parts.Keeps))
        {
            IsRecommended = false,
            Parameters = [Rescored],
        },

        new("cascade", "memory drops the certain losers, the target scores the rest", parts => new CascadeScorer(
            parts.Data, parts.Around(new TargetScorer(parts.Target.Model, parts.Scoring.Mode, parts.Scoring.RunningStatistics)),
            parts.Scoring.Of(CascadeShare), keeps: parts.Keeps))
        {
            RunsTarget = true,
            Parameters = [CascadeShare],
        },

        Plan,
    ];

    /// <summary>The names of all rows.</summary>
    public static ValueList<string> Names { get; } = [.. All.Select(scorer => scorer.Name)];

    /// <summary>The row of that name, or null.</summary>
    public static ScorerKind? Find(string name) => All.FirstOrDefault(scorer => scorer.Name == name);

    private static ComputeFormat FastFormat => new() { Precision = Precision.BFloat16, ChannelsLast = true };

    private static Scorer CreateProxy(ScorerParts parts)
    {
        ScoringSection scoring = parts.Scoring;
        return parts.Around(new ProxyScorer(parts.NewProxy(scoring.ProxyDownscale), new ProxyOptions
        {
            Optimizer = new AdamWOptions { LearningRate = scoring.ProxyLearningRate },
            Format = parts.ProxyFormat,
            TrainEvery = scoring.ProxyTrainEvery,
            TrainShare = scoring.ProxyTrainShare,
            Downscale = scoring.ProxyDownscale,
            Mode = parts.Scoring.Mode,
            Seed = parts.ProxySeed,
        }));
    }
}
