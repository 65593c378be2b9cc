using RhoLoss.Data;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection.Scoring;

/// <summary>
/// BatchNorm, whose buffers a forward pass moves, and dropout, which draws from the process-wide generator:
/// a target that shows every trace of scoring.
/// </summary>
internal sealed class TracingNet : nn.Module<Tensor, Tensor>
{
    private readonly Linear _first = nn.Linear(8, 16), _second = nn.Linear(16, 3);
    private readonly BatchNorm1d _norm = nn.BatchNorm1d(16);
    private readonly Dropout _dropout = nn.Dropout(0.5);

    public TracingNet(long seed) : base(nameof(TracingNet))
    {
        RegisterComponents();
        Initialization.Reset(_first, seed);
        Initialization.Reset(_second, seed + 100);
    }

    public override Tensor forward(Tensor input) => _second.forward(_dropout.forward(_norm.forward(_first.forward(input)).relu()));
}

/// <summary>Gives the inputs as logits and notes the ids it was asked for.</summary>
internal sealed class InputScorer : Scorer
{
    public List<long[]> Asked { get; } = [];

    public int Observed { get; private set; }

    public override string Name => "inputs";

    public override Measurements Measure(Candidates candidates, Measures wanted)
    {
        Asked.Add(Toys.Longs(candidates.Indices));
        candidates.CountForwarded(candidates.Count);
        return candidates.MeasurementsOf(candidates.Inputs.clone(), wanted);
    }

    public override void Observe(TrainedBatch trained) => Observed++;
}

internal static class Scores
{
    /// <summary>A selector that scores by training loss and keeps k of n_B.</summary>
    public static BatchSelector ByLoss(Scorer scorer, int batchSize, int largeBatchSize) =>
        new(scorer, SelectionFunctions.TrainLoss, null, batchSize, new BatchSelectorOptions { LargeBatchSize = largeBatchSize });

    /// <summary>Adds a number to every parameter: a training step whose result is known.</summary>
    public static void Shift(nn.Module model, float by)
    {
        using IDisposable noGradient = no_grad();
        foreach (Parameter parameter in model.parameters()) { parameter.add_(by); }
    }

    /// <summary>The batch of the first k candidates, with logits 0: a step as observed by a scorer that learns from b_t alone.</summary>
    public static void ObserveStep(Scorer scorer, LabeledDataset data, params long[] ids)
    {
        using IDisposable scope = NewDisposeScope();
        scorer.Observe(TrainedBatch.Of(data.Gather(tensor(ids)), zeros(ids.Length, data.Classes)));
    }

    /// <summary>Spearman's rank correlation of values without ties: 1 − 6 Σ d² / (n (n² − 1)).</summary>
    public static double Spearman(double[] first, double[] second)
    {
        static double[] Ranks(double[] values)
        {
            int[] order = [.. Enumerable.Range(0, values.Length).OrderBy(i => values[i])];
            var ranks = new double[values.Length];
            for (int r = 0; r < order.Length; r++) { ranks[order[r]] = r; }
            return ranks;
        }
        double n = first.Length;
        return 1 - 6 * Ranks(first).Zip(Ranks(second), (a, b) => (a - b) * (a - b)).Sum() / (n * (n * n - 1));
    }
}
