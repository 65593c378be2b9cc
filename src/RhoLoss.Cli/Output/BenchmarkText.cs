using RhoLoss.Experiments.Benchmarking;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>A benchmark as a table and a sentence for each finding.</summary>
internal static class BenchmarkText
{
    private const double BusyBelow = 0.6;

    /// <summary>A line for each number of loader threads.</summary>
    public static void Write(TextWriter output, DataBenchmarkReport r)
    {
        output.WriteLine(
            Invariant($"{r.Images} images from {r.Folder ?? "generated JPEG files of 500×375 pixels"}, ")
            + Invariant($"read at {r.ImageSize}×{r.ImageSize}, augmented and normalised"));
        output.WriteLine();
        output.WriteLine($"{"threads",7}{"images/s",12}{"per thread",12}{"waiting",10}");
        foreach (DataBenchmarkRow row in r.Rows)
        {
            output.WriteLine(
                Invariant($"{row.Threads,7}{row.ImagesPerSecond,12:0.0}{row.ImagesPerSecondPerThread,12:0.0}")
                + Invariant($"{100 * row.WaitShare,8:0.0} %"));
        }
        output.WriteLine();
        output.WriteLine(
            "waiting: share of a short training loop (an MLP of 64 hidden units) spent waiting for images; less with a larger network.");
    }

    public static void Write(TextWriter output, BenchmarkReport r)
    {
        output.WriteLine(
            Invariant($"{r.Model}, {r.MultiplyAddsPerExample / 1e6:0.0} M multiply-adds a forward pass; ")
            + Invariant($"{r.Batch} of {r.LargeBatch}; {Counted.Of(r.Threads, "thread")} of {r.Processor}; ")
            + Invariant($"medians of {r.Rounds} rounds"));
        output.WriteLine();
        output.WriteLine(Invariant($"{"",-26}{"float32",10}{"bfloat16",10}"));
        Line("matrix product, GFLOP/s", r.MatmulPeakGflops, "0");
        Line("uniform step, ms", new ByPrecision(1e3 * r.UniformStepSeconds.Float32, 1e3 * r.UniformStepSeconds.Bfloat16), "0.00");
        Line("forward share f", r.ForwardShares, "0.00");
        output.WriteLine();
        output.WriteLine(
            Invariant($"{"step",-10}{"scorer",-11}{"computes in",-12}{"scored",7}{"selection, ms",15}{"rho",8}")
            + Invariant($"{"C",8}{"C range",15}{"1+f·rho/q",11}{"of peak",9}"));
        foreach (ScorerRow s in r.Scorers)
        {
            string range = Invariant($"{s.StepCostMin:0.00}-{s.StepCostMax:0.00}");
            string peak = s.PeakFraction is { } fraction ? Invariant($"{100 * fraction:0} %") : "-";
            output.WriteLine(
                Invariant($"{s.StepPrecision,-10}{s.Name,-11}{s.Precision,-12}{s.Scored,7}{1e3 * s.ScoreSeconds,15:0.00}{s.Rho,8:0.000}")
                + Invariant($"{s.StepCost,8:0.00}{range,15}{s.StepCostByModel,11:0.00}{peak,9}"));
        }
        output.WriteLine();
        output.WriteLine(
            "selection: milliseconds a step spends on choosing beyond uniform's; "
            + "rho: time to score one example over the target's forward; C: step over uniform step, in the same round.");
        output.WriteLine(
            "1+f·rho/q: what C would be by forward passes alone; "
            + "of peak: rate of the scoring pass over that of the matrix product above.");
        output.WriteLine();
        foreach (string finding in Findings(r)) { output.WriteLine(finding); }

        void Line(string name, ByPrecision value, string format) =>
            output.WriteLine($"{name,-26}{Number(value.Float32, format),10}{Number(value.Bfloat16, format),10}");
    }

    private static IEnumerable<string> Findings(BenchmarkReport r)
    {
        if (r.Convolutions != NativeConvolutions.NameOf(ConvolutionPath.OneDnn))
        {
            yield return $"Convolutions take the path {r.Convolutions}, as on a processor that does not report its caches: "
                + "these figures are not representative of other machines.";
        }
        double bfloat16 = r.UniformStepSeconds.Bfloat16 / r.UniformStepSeconds.Float32;
        yield return Invariant($"Training in bfloat16 takes {bfloat16:0.00} of a float32 step's ")
            + Invariant($"time{(bfloat16 > 1 ? ": it is slower than float32 here" : "")}.");
        yield return Invariant($"The bfloat16 channels-last replica scores {Counted.Of(r.LargeBatch, "example")} {r.ReplicaSpeedup:0.0} ")
            + Invariant($"× as fast as a plain float32 forward pass, {r.ReplicaSpeedupOverTarget:0.0} × as fast as the float32 ")
            + "target, channels-last and with its memory kept; Spearman's correlation of their losses is "
            + Invariant($"{r.ReplicaSpearman:0.0000}.");
        yield return Invariant($"The proxy scores {r.ProxyBfloat16Speedup:0.0} × as fast in bfloat16 as in float32, both channels-last; ")
            + "the row has what a recipe uses.";
        yield return Invariant($"The flat AdamW step takes {1e3 * r.OptimizerStep.FlatSeconds:0.00} ms, ")
            + Invariant($"TorchSharp's {1e3 * r.OptimizerStep.TorchSharpSeconds:0.00} ms.");
        yield return Invariant($"The authors' order of operations takes {r.AuthorsOrder.OverTarget:0.00} × the time of a float32 step ")
            + Invariant($"here with the target as scorer, {r.AuthorsOrder.OverReplica:0.00} × with the replica.");
        foreach (ScorerRow plan in r.Scorers.Where(s => s.StepCostWithPlan is not null))
        {
            yield return Invariant($"A plan replayed in {plan.StepPrecision} costs C = {plan.StepCost:0.00}; ")
                + Invariant($"with its making charged to one run, {plan.StepCostWithPlan:0.00}.");
        }
        if (r.ProcessorShare < BusyBelow)
        {
            yield return Invariant($"Busy machine: {Counted.Of(r.Threads, "thread")} got {100 * r.ProcessorShare:0} % of their time from ")
                + "the processor, so trust no number here; repeat when it is idle, or with --threads 1.";
        }
        yield return r.Recommended == "uniform"
            ? Invariant($"Recommended: uniform. Every scorer makes a step more than {Recommendation.UsualSaving:0} × as long, ")
                + "more than selection usually saves."
            : Invariant($"Recommended: {r.Recommended}, the cheapest for steps in {r.StepPrecision} but for last-seen; ")
                + "it pays when it saves more steps than its C.";
    }

    private static string Number(double value, string format) => value.ToString(format, System.Globalization.CultureInfo.InvariantCulture);
}
