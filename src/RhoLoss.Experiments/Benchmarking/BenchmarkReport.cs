using System.Diagnostics.CodeAnalysis;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>
/// What a benchmark measured; the names are those of <c>rho bench --json</c>. Times are medians over rounds,
/// ratios medians of ratios within a round.
/// </summary>
/// <param name="Model">As it was asked for.</param>
/// <param name="Threads">Threads inside one operation.</param>
/// <param name="LargeBatch">n_B.</param>
/// <param name="Batch">n_b.</param>
/// <param name="ForwardShare">f: forward pass of n_b over a uniform step, at <paramref name="StepPrecision"/>.</param>
/// <param name="MatmulPeakGflops">Best of large square matrix products, 2n³ operations each.</param>
/// <param name="UniformStepSeconds">
/// A step of the trainer with uniform selection. bfloat16 is channels-last with float32 masters, float32 the plain layout.
/// </param>
/// <param name="Scorers">One row a scorer and precision of the step.</param>
/// <param name="OptimizerStep">AdamW on the model's parameters.</param>
/// <param name="Recommended">
/// The cheapest scorer at <paramref name="StepPrecision"/>, or <c>uniform</c>; see <see cref="Recommendation"/>.
/// </param>
/// <param name="StepPrecision">The precision, of those measured, in which a uniform step is fastest.</param>
/// <param name="ForwardShares">f at either precision.</param>
/// <param name="ReplicaSpeedup">
/// A plain float32 forward pass of n_B, in TorchSharp with memory as the C library keeps it, over scoring
/// n_B by the replica, its refresh included.
/// </param>
/// <param name="ReplicaSpeedupOverTarget">
/// Scoring n_B by the target in float32, its memory kept (<see cref="NativeMemory"/>), over scoring it by the replica.
/// </param>
/// <param name="ProxyBfloat16Speedup">Seconds to score n_B by the proxy in float32 over those in bfloat16 and channels-last.</param>
/// <param name="ReplicaSpearman">Rank correlation of the two models' losses on images that the target has trained on for a while.</param>
/// <param name="AuthorsOrder">The order of operations of the authors' step, against ours.</param>
/// <param name="MultiplyAddsPerExample">Of convolutions and linear layers in a forward pass.</param>
/// <param name="Rounds">Times everything was measured.</param>
/// <param name="ProcessorShare">
/// Processor time this process got, over wall-clock time and threads: near 1 on an idle machine with
/// one thread, a few tenths less with more.
/// </param>
/// <param name="Processor">What it was measured on.</param>
/// <param name="Convolutions">How convolutions are computed (<see cref="NativeConvolutions"/>): figures of another path than
/// <c>onednn</c> say little of other machines.</param>
public sealed record BenchmarkReport(
    string Model, int Threads, int LargeBatch, int Batch,
    double ForwardShare, ByPrecision MatmulPeakGflops, ByPrecision UniformStepSeconds,
    IReadOnlyList<ScorerRow> Scorers, OptimizerStepRow OptimizerStep, string Recommended, string StepPrecision, ByPrecision ForwardShares,
    double ReplicaSpeedup, double ReplicaSpeedupOverTarget, double ProxyBfloat16Speedup, double ReplicaSpearman,
    AuthorsOrderRow AuthorsOrder,
    long MultiplyAddsPerExample, int Rounds, double ProcessorShare, string Processor, string Convolutions);

/// <summary>One number for each precision.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "These are the types.")]
public sealed record ByPrecision(double Float32, double Bfloat16);

/// <summary>What a scorer costs.</summary>
/// <param name="Name">Name of the scorer.</param>
/// <param name="Precision">What the model that scores computes in; of a plan, the model that made it.</param>
/// <param name="ScoreSeconds">
/// Seconds a step spends on selection beyond uniform's: gathering, scoring, choosing, and training a proxy. A difference of measured
/// times: below 0 where it is smaller than their noise.
/// </param>
/// <param name="Rho">
/// ρ: time to score an example over the target's forward time of one at the step's precision; 0 when no model runs.
/// </param>
/// <param name="StepCost">C: whole step over the uniform step of the same precision.</param>
/// <param name="PeakFraction">
/// Operations of the scoring forward pass a second, over the matrix-product peak of its precision; null when no model runs, or only on a
/// handful. Above 1 where convolutions, which another library computes, run at a higher rate than LibTorch's matrix product.
/// </param>
/// <param name="StepPrecision">What the target trains in.</param>
/// <param name="Scored">Examples a step runs a model on to score them.</param>
/// <param name="StepCostMin">Lowest C of a round.</param>
/// <param name="StepCostMax">Highest C of a round.</param>
/// <param name="StepCostByModel">C = 1 + f·ρ·scored/n_b: what the cost model says.</param>
/// <param name="StepCostWithPlan">
/// Of a plan: C with the making of the plan counted in full, as for a single run. Null for the others.
/// </param>
public sealed record ScorerRow(
    string Name, string Precision, double ScoreSeconds, double Rho, double StepCost, double? PeakFraction,
    string StepPrecision, int Scored, double StepCostMin, double StepCostMax, double StepCostByModel, double? StepCostWithPlan);

/// <summary>An AdamW step on all parameters of the model in float32: this library's pass over flat parameters, and TorchSharp's.</summary>
public sealed record OptimizerStepRow(double FlatSeconds, double TorchSharpSeconds);

/// <summary>The authors' order of operations in TorchSharp, float32, with memory as the C library keeps it.</summary>
/// <param name="StepSeconds">Seconds a step.</param>
/// <param name="OverTarget">Its time over a step of the trainer with the target as scorer, float32: above 1, ours is faster.</param>
/// <param name="OverReplica">Its time over a step of the trainer with the replica as scorer, trained in float32.</param>
public sealed record AuthorsOrderRow(double StepSeconds, double OverTarget, double OverReplica);
