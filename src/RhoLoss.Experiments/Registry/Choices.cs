using RhoLoss.Data;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>What can be chosen once, before training, to be trained on alone. The caller owns the sets.</summary>
internal static class Choices
{
    /// <summary>The points that a small network is least certain of (SVP; Coleman et al., 2020).</summary>
    public static LabeledDataset ViaProxy(ChoiceParts parts)
    {
        using IDisposable scope = NewDisposeScope();
        return parts.Training.Subset(parts.ViaProxy());
    }

    /// <summary>The most relevant share by n-grams of holdout and pool (Moore and Lewis, 2010); of equals the lower rows.</summary>
    public static LabeledDataset MostRelevant(ChoiceParts parts)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor order = sort(parts.Relevance!.Of(parts.Training), descending: true, stable: true).indices;
        return parts.Training.Subset(parts.Training.Ids.index_select(0, First(order, parts).sort().Values));
    }

    /// <summary>A random share: what choosing has to beat that only makes the set smaller.</summary>
    public static LabeledDataset AtRandom(ChoiceParts parts)
    {
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Stream(parts.Seed, 0);
        Tensor order = randperm(parts.Training.Count, dtype: int64, generator: generator);
        return parts.Training.Subset(parts.Training.Ids.index_select(0, First(order, parts).sort().Values));
    }

    /// <summary>
    /// What is known to be worth training on: neither corrupted nor of low relevance, by flags that no method sees. The bound of what
    /// selection can reach.
    /// </summary>
    /// <exception cref="InvalidInputException">Nothing is known, or nothing is left.</exception>
    public static LabeledDataset KnownGood(ChoiceParts parts)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor[] known =
        [
            .. new[] { ExampleFlags.Corrupted, ExampleFlags.LowRelevance }.Select(parts.Training.Flag).OfType<Tensor>(),
        ];
        if (known.Length == 0)
        {
            throw new InvalidInputException(
                "The oracle trains on what is known to be clean and relevant, but of these data nothing is known. "
                + "Set noise.kind, data.relevance-classes or data.on-task, or choose another method.");
        }
        Tensor good = known.Aggregate((a, b) => a.logical_or(b)).logical_not();
        if (!good.any().item<bool>())
        {
            throw new InvalidInputException("The oracle trains on what is known to be clean and relevant, but no example is both.");
        }
        return parts.Training.Subset(parts.Training.Ids.masked_select(good));
    }

    /// <summary>The holdout itself: whether the pool is needed at all.</summary>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public static LabeledDataset OnlyHoldout(ChoiceParts parts)
    {
        using IDisposable scope = NewDisposeScope();
        LabeledDataset holdout = HoldoutOf(parts);
        return holdout.Subset(holdout.Ids);
    }

    /// <summary>D and, behind it, the holdout.</summary>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public static LabeledDataset WithHoldout(ChoiceParts parts) => parts.Training.Concat(HoldoutOf(parts));

    private static LabeledDataset HoldoutOf(ChoiceParts parts) => parts.Holdout ?? throw new InvalidInputException(
        "Training on the holdout needs one, but data.holdout-fraction is 0. Set it above 0, or choose another method.");

    private static Tensor First(Tensor order, ChoiceParts parts) =>
        order.slice(0, 0, Math.Max(1, (long)Math.Floor(parts.Share * parts.Training.Count + 1e-9)), 1).to(parts.Training.Ids.device);
}
