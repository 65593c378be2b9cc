using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>What a method may choose by that chooses once, before training.</summary>
/// <param name="Training">D.</param>
/// <param name="Holdout">D_ho; null where the recipe keeps none.</param>
/// <param name="Share">Share of D that is chosen.</param>
/// <param name="Seed">Of what is drawn.</param>
/// <param name="ViaProxy">Trains the small network of the recipe and gives the ids that it chose.</param>
/// <param name="Relevance">Counts the n-grams of holdout and training set; there where the row says that it needs relevance.</param>
public sealed record ChoiceParts(
    LabeledDataset Training, LabeledDataset? Holdout, double Share, long Seed, Func<Tensor> ViaProxy, MooreLewisReference? Relevance);
