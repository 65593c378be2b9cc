using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Randomness;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Data;

/// <summary>
/// The label noise of a recipe. Structured noise flips the four most confused classes of one small model for training set and
/// holdout alike: an MLP 256-256 after three epochs on the clean holdout, counted on the clean training set (without a holdout:
/// trained on one half of the training set, counted on the other). It is the same whatever <c>model</c> and
/// <c>irreducible-loss</c> are, so that a comparison of networks is not one of noises, and it trains on one thread from
/// <c>noise.seed</c>, so that the same machine always makes the same noise.
/// </summary>
internal sealed class RecipeNoise : IDisposable
{
    private const int Epochs = 3;
    private static readonly ValueList<int> Hidden = [256, 256];

    private readonly NoiseSection _noise;
    private readonly Tensor? _confusion;

    private RecipeNoise(NoiseSection noise, Tensor? confusion)
    {
        _noise = noise;
        _confusion = confusion?.DetachFromDisposeScope();
    }

    /// <summary>Prepares the noise for these clean sets; trains the model of structured noise.</summary>
    /// <exception cref="InvalidInputException">The model confuses fewer than four classes.</exception>
    public static RecipeNoise For(NoiseSection noise, LabeledDataset training, LabeledDataset? holdout)
    {
        using IDisposable scope = NewDisposeScope();
        return new RecipeNoise(noise, noise.Kind == NoiseKind.Structured ? Confusion(noise, training, holdout) : null);
    }

    /// <summary>The set with noise drawn from a stream of its own, or the same labels where there is none.</summary>
    public LabeledDataset Apply(LabeledDataset clean, long stream)
    {
        long seed = Seeding.Mix(_noise.Seed, stream);
        return _noise.Kind switch
        {
            NoiseKind.Uniform => LabelNoise.Uniform(clean, _noise.Fraction, seed),
            NoiseKind.Structured => LabelNoise.Structured(clean, _confusion!, seed, DataRules.FlippedClasses, _noise.Fraction),
            _ => clean.WithLabels(clean.Labels.alias()),
        };
    }

    private static Tensor Confusion(NoiseSection noise, LabeledDataset training, LabeledDataset? holdout)
    {
        if (holdout is not null) { return ConfusionOf(noise, holdout, training); }
        (Tensor first, Tensor second) = StratifiedSplit.Of(training, 0.5, Seeding.Mix(noise.Seed, 4));
        using LabeledDataset seen = training.Subset(first), counted = training.Subset(second);
        return ConfusionOf(noise, seen, counted);
    }

    private static Tensor ConfusionOf(NoiseSection noise, LabeledDataset seen, LabeledDataset counted)
    {
        int threads = get_num_threads();
        set_num_threads(1);   // sums over threads depend on their number, and with them the classes might
        try
        {
            using nn.Module<Tensor, Tensor> model = new Architecture(ModelTable.Mlp, Hidden).Create(seen, Seeding.Mix(noise.Seed, 2));
            HoldoutTraining.Run(model, seen, counted, new HoldoutTrainingOptions { Epochs = Epochs, Seed = Seeding.Mix(noise.Seed, 3) })
                .Dispose();
            return Evaluator.ConfusionMatrix(model, counted);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    /// <summary>Frees the confusion matrix.</summary>
    public void Dispose() => _confusion?.Dispose();
}
