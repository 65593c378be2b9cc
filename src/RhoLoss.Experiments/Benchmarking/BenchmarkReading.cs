using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>What the timings of all rounds say.</summary>
internal sealed class BenchmarkReading(
    Turns turns, BenchmarkOptions options, long targetMultiplyAdds, long proxyMultiplyAdds, Precision proxyPrecision)
{
    private const int HandfulBelow = 32;   // a pass over fewer examples is too short to be compared with a peak

    public BenchmarkReport Report(double replicaSpearman, double processorShare, string processor)
    {
        ByPrecision steps = Both(p => turns.Seconds(Uniform(p))), shares = Both(ForwardShare);
        Precision fastest = options.Precisions.MinBy(p => turns.Seconds(Uniform(p)));
        IEnumerable<ScorerKind> scorers = ScorerTable.All.OrderBy(scorer => scorer.ReplaysPlan);
        ScorerRow[] rows = [.. options.Precisions.Order().SelectMany(step => scorers.Select(scorer => Row(step, scorer)))];
        (string flat, string torchSharps, string authors, string plain, _) = Benchmark.Keys;
        string target = Benchmark.Key(Precision.Float32, ScorerTable.Target.Name);
        string replica = Benchmark.Key(Precision.Float32, ScorerTable.Replica.Name);
        return new BenchmarkReport(
            options.Model, options.Threads, options.LargeBatch, options.Batch, ForwardShare(fastest), Both(Peak), steps, rows,
            new OptimizerStepRow(turns.Seconds(flat), turns.Seconds(torchSharps)),
            Recommendation.Of(rows, NameOf(fastest)), NameOf(fastest), shares,
            turns.Median(t => t(plain).Seconds / t(replica).Forward), turns.Median(t => t(target).Forward / t(replica).Forward),
            turns.Median(t =>
                Math.Pow(
                    t(Benchmark.Key(fastest, ScorerArms.OtherProxy)).Forward / t(Benchmark.Key(fastest, ScorerTable.Proxy.Name)).Forward,
                    proxyPrecision == Precision.BFloat16 ? 1 : -1)),
            replicaSpearman,
            new AuthorsOrderRow(turns.Seconds(authors), turns.Ratio(authors, target), turns.Ratio(authors, replica)),
            targetMultiplyAdds, options.Rounds, processorShare, processor, NativeConvolutions.NameOf(NativeConvolutions.Path));
    }

    private ScorerRow Row(Precision step, ScorerKind scorer)
    {
        string key = Benchmark.Key(step, scorer.Name), uniform = Uniform(step),
            target = Benchmark.Key(step, ScorerTable.Target.Name), making = Benchmark.Keys.PlanMaking;
        bool plan = scorer.ReplaysPlan;
        int scored = (int)turns.Median(t => t(key).Scored);
        double rho = plan ? 0 : turns.Median(t => PerExample(t(key)) / PerExample(t(target)));
        double[] costs = turns.Each(t => t(key).Seconds / t(uniform).Seconds);
        Precision precision = scorer.Precision switch
        {
            ScorerPrecision.BFloat16 => Precision.BFloat16,
            ScorerPrecision.AsProxy => proxyPrecision,
            ScorerPrecision.Float32 => Precision.Float32,
            _ => step
        };
        double operations = 2.0 * scored * (scorer.NeedsProxy ? proxyMultiplyAdds : targetMultiplyAdds);
        return new ScorerRow(
            scorer.Name, NameOf(precision), turns.Median(t => t(key).Selection - t(uniform).Selection), rho, turns.Ratio(key, uniform),
            scored < HandfulBelow ? null : turns.Median(t => operations / t(key).Forward) / (1e9 * Peak(precision)),
            NameOf(step), scored, costs.Min(), costs.Max(), 1 + ForwardShare(step) * rho * scored / options.Batch,
            plan ? turns.Median(t => (t(key).Seconds + t(making).Seconds) / t(uniform).Seconds) : null);
    }

    private static double PerExample(Turn turn) => turn.Forward / turn.Scored;

    /// <summary>GFLOP/s of the best round: what else the machine does can only lower it.</summary>
    private double Peak(Precision precision) => turns.Each(t => 1e-9 / t(Benchmark.PeakKey(precision)).Seconds).Max();

    private double ForwardShare(Precision precision) => turns.Ratio(Benchmark.ForwardKey(precision), Uniform(precision));

    private static string Uniform(Precision precision) => Benchmark.Key(precision, ScorerArms.Uniform);

    private static ByPrecision Both(Func<Precision, double> number) => new(number(Precision.Float32), number(Precision.BFloat16));

    private static string NameOf(Precision precision) => precision == Precision.BFloat16 ? "bfloat16" : "float32";
}
