using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Reports;
using RhoLoss.Randomness;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Approximations;

/// <summary>
/// Table 1: how much each approximation changes what is selected (Section 4.1, App. E). All approximations see the same large batches in
/// the same order, acquire the points that they themselves score highest, and train on those; in each time step the scores of the large
/// batch are compared with Approximation 0's by Spearman's rank correlation.
/// <list type="bullet">
/// <item>0: deep ensembles; after each acquisition the target is trained to convergence on D_t and the IL model on D_ho ∪ D_t.</item>
/// <item>1a: single networks instead of ensembles.</item>
/// <item>1b: one gradient step on each small batch, of five-fold data, instead of convergence; the IL model steps too.</item>
/// <item>2: the IL model is trained on D_ho once and for all. From the same IL model as 1b.</item>
/// <item>3: and it is small.</item>
/// </list>
/// </summary>
public static class ApproximationLadder
{
    /// <summary>Names of the approximations that are compared with Approximation 0.</summary>
    public static IReadOnlyList<string> Names { get; } = ["1a", "1b", "2", "3"];

    /// <summary>Runs it on a training set with a holdout.</summary>
    /// <param name="data">D with its noise, and D_ho.</param>
    /// <param name="options">Sizes and lengths.</param>
    /// <param name="onStep">Told of each time step and how many there are.</param>
    /// <param name="cancellation">Stops between time steps.</param>
    /// <exception cref="InvalidInputException">There is no holdout.</exception>
    public static LadderResult Run(
        ExperimentData data, LadderOptions options, Action<int, int>? onStep = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        if (data.Holdout is null)
        {
            throw new InvalidInputException(
                "The approximations are compared with irreducible losses of a holdout, but data.holdout-fraction is 0. Set it to 0.5.");
        }
        using IDisposable scope = NewDisposeScope();
        using var examples = new LadderData(data.Holdout, data.Training);
        using var sampler = new ShuffledSampler(examples.TrainingIds, options.LargeBatchSize, Seeding.Of(options.Seed, Purpose.Order));
        using var more = new ShuffledSampler(examples.TrainingIds, options.LargeBatchSize, Seeding.Mix(options.Seed, 1));
        using Generator generator = Seeding.Stream(Seeding.Mix(options.Seed, 2), 0);
        List<Approximation> ladder = [];
        try
        {
            Build(ladder, data, examples, options, cancellation);
            // Whole large batches only: ranks of a few points say little.
            int steps = data.Training.Count / options.LargeBatchSize;
            if (options.TimeSteps > 0) { steps = Math.Min(steps, options.TimeSteps); }
            var correlations = Names.ToDictionary(name => name, _ => new List<double>(), StringComparer.Ordinal);
            for (int step = 1; step <= steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                using IDisposable inner = NewDisposeScope();
                Batch largeBatch = examples.All.Gather(sampler.Next());
                Batch[] additional = [.. Enumerable.Range(1, options.StepsPerTimeStep - 1).Select(_ => examples.All.Gather(more.Next()))];
                Tensor[] scores = [.. ladder.Select(a => a.Score(largeBatch))];
                float[] reference = [.. scores[0].cpu().data<float>()];
                for (int i = 1; i < ladder.Count; i++)
                {
                    correlations[ladder[i].Name].Add(SpearmanCorrelation.Of([.. scores[i].cpu().data<float>()], reference));
                }
                for (int i = 0; i < ladder.Count; i++) { ladder[i].Acquire(largeBatch, scores[i], additional, generator); }
                onStep?.Invoke(step, steps);
            }
            return new LadderResult(options.Seed, [.. Names.Select(name => new LadderRung(name, correlations[name]))]);
        }
        finally
        {
            foreach (Approximation approximation in ladder) { approximation.Dispose(); }
        }
    }

    /// <summary>Adds one approximation after the other, so that what is there can be freed when a later one is stopped.</summary>
    private static void Build(
        List<Approximation> ladder, ExperimentData data, LadderData examples, LadderOptions options, CancellationToken cancellation)
    {
        LabeledDataset training = data.Training;
        Ensemble irreducible = OnHoldout(options.Model, options.EnsembleSize, data, examples, options, cancellation);
        Ensemble Target(int members) => new(
            Enumerable.Range(0, members).Select(m => options.Model.Create(training, Seeding.Mix(Seeding.Mix(options.Seed, 500), m))),
            examples.All, options.Optimizer);
        Ensemble SameAsFirst(double learningRateFactor = 1) =>
            irreducible.CloneFirst(1, member => options.Model.Create(training, seed: member), learningRateFactor);
        ladder.Add(new("0", Target(options.EnsembleSize), irreducible, examples, options)
        {
            Converges = true,
            UpdatesIrreducibleLoss = true,
        });
        ladder.Add(new("1a", Target(1), SameAsFirst(), examples, options) { Converges = true, UpdatesIrreducibleLoss = true });
        ladder.Add(new("1b", Target(1), SameAsFirst(options.IrreducibleLossStepFactor), examples, options)
        {
            UpdatesIrreducibleLoss = true,
        });
        ladder.Add(new("2", Target(1), SameAsFirst(), examples, options));
        Ensemble small = OnHoldout(options.SmallModel, 1, data, examples, options, cancellation);
        ladder.Add(new("3", Target(1), small, examples, options));
    }

    private static Ensemble OnHoldout(
        Architecture architecture, int members, ExperimentData data, LadderData examples, LadderOptions options,
        CancellationToken cancellation)
    {
        List<nn.Module<Tensor, Tensor>> trained = [];
        try
        {
            for (int m = 0; m < members; m++)
            {
                trained.Add(architecture.Create(data.Training, Seeding.Mix(Seeding.Mix(options.Seed, 600), m)));
                HoldoutTraining.Run(trained[m], data.Holdout!, data.Training, new HoldoutTrainingOptions
                {
                    Epochs = options.HoldoutEpochs,
                    Patience = options.HoldoutPatience,
                    BatchSize = options.BatchSize,
                    Optimizer = options.Optimizer,
                    Seed = Seeding.Mix(Seeding.Mix(options.Seed, 700), m),
                }, cancellation: cancellation).Dispose();
            }
            return new Ensemble(trained, examples.All, options.Optimizer);
        }
        catch
        {
            foreach (nn.Module<Tensor, Tensor> model in trained) { model.Dispose(); }
            throw;
        }
    }
}

/// <summary>What one run of the ladder measured.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Rungs">One entry an approximation, in the order of the table.</param>
public sealed record LadderResult(long Seed, IReadOnlyList<LadderRung> Rungs);

/// <summary>Agreement of an approximation with Approximation 0.</summary>
/// <param name="Name"><c>1a</c>, <c>1b</c>, <c>2</c> or <c>3</c>.</param>
/// <param name="CorrelationByStep">Spearman's rank correlation of the scores of each large batch.</param>
public sealed record LadderRung(string Name, IReadOnlyList<double> CorrelationByStep)
{
    /// <summary>Mean over the time steps.</summary>
    public double Correlation => CorrelationByStep.Average();
}
