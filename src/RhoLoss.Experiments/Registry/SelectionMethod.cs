using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Registry;

/// <summary>A row of <see cref="MethodTable"/>: all that the program knows of a method.</summary>
/// <param name="Name">Under which a recipe, a summary and a plot know it.</param>
/// <param name="Formula">What it computes, in a line.</param>
/// <param name="Asks">What its score asks a scorer about each candidate, besides dropout passes.</param>
/// <param name="Uses">What it does with irreducible losses.</param>
/// <param name="Color">
/// Of its lines in every plot, <c>#RRGGBB</c>: no other method's, and far from those it is plotted with.
/// </param>
/// <param name="Score">The selection function, with the parameters that a recipe gives it.</param>
public sealed record SelectionMethod(
    string Name, string Formula, Measures Asks, ReferenceUse Uses, string Color, Func<ScoringSection, SelectionFunction> Score)
{
    /// <summary>How scores become a batch; unless a row says otherwise, the largest are taken.</summary>
    public Func<ScoringSection, Drawing> Drawing { get; init; } = _ => new TopScores();

    /// <summary>
    /// What makes its large batches, see <see cref="TrainerOptions.Sampler"/>; null: batches of all examples, shuffled anew in each epoch.
    /// </summary>
    public Func<SamplerParts, IExampleSampler>? Sampler { get; init; }

    /// <summary>Whether all that its sampler hands out is trained on, whatever n_B is.</summary>
    public bool SamplerChooses { get; init; }

    /// <summary>Whether its score runs dropout passes, and so needs dropout in the network that scores.</summary>
    public bool NeedsDropout { get; init; }

    /// <summary>Whether an arm's name may say who scores.</summary>
    public bool TakesScorer { get; init; } = true;

    /// <summary>Whether an arm's name may say which share of the candidates is trained on.</summary>
    public bool TakesShare { get; init; } = true;

    /// <summary>n_B in batches of n_b, for an arm that gives no share; null: <c>training.large-batch-size</c>.</summary>
    public int? BatchesOffered { get; init; }

    /// <summary>Chooses, before training, what each step then trains on whole batches of; null: every step chooses from D.</summary>
    public Func<ChoiceParts, LabeledDataset>? Choice { get; init; }

    /// <summary>Whether it chooses once, before training.</summary>
    public bool ChoosesOnce => Choice is not null;

    /// <summary>Whether a proxy chooses for it.</summary>
    public bool ChoosesViaProxy { get; init; }

    /// <summary>Whether a holdout has to be kept for it, whatever irreducible losses come from.</summary>
    public bool NeedsHoldout { get; init; }

    /// <summary>Whether it trains on examples of the holdout.</summary>
    public bool TrainsOnHoldout { get; init; }

    /// <summary>Which share of each batch is of the holdout; null where none or all is.</summary>
    public ArmParameter<double>? HoldoutShare { get; init; }

    /// <summary>Whether it asks which examples are known to be clean and relevant.</summary>
    public bool NeedsProvenance { get; init; }

    /// <summary>How n-grams are counted for its relevance, and what is repeated; there where it needs that.</summary>
    public NGramParameters? NGrams { get; init; }

    /// <summary>
    /// From which share of the training set on, by estimate, that is like the holdout it draws uniformly; null for a method that never
    /// does.
    /// </summary>
    public ArmParameter<double>? UniformFrom { get; init; }

    /// <summary>The highest irreducible loss, in nats, that it lets pass; null where it lets any.</summary>
    public ArmParameter<double>? HighestLoss { get; init; }

    /// <summary>Which share of the candidates the first of two stages leaves to the scorer; null where there is one stage.</summary>
    public ArmParameter<double>? KeptShare { get; init; }

    /// <summary>Whether n-grams of holdout and training set have to be counted first.</summary>
    public bool NeedsRelevance => Uses is ReferenceUse.Relevance or ReferenceUse.RelevanceAndLosses;

    /// <summary>Whether it measures while it trains what selection is worth, with scorers of its own choice.</summary>
    public bool IsGated { get; init; }

    /// <summary>Keys of the section <c>scoring</c> that it shares with others, besides those of its scorer.</summary>
    public ValueList<string> Keys { get; init; } = [];

    /// <summary>What only it reads: keys of the section <c>methods.NAME</c>.</summary>
    public IReadOnlyList<ArmParameter> Parameters { get; init; } = [];

    /// <summary>Full names of all keys that it reads, besides those of its scorer.</summary>
    public IReadOnlyList<string> AllKeys => [.. Keys, .. Parameters.Select(parameter => $"{Section}.{parameter.Name}")];

    /// <summary>The section of its own parameters.</summary>
    public string Section => $"methods.{Name}";

    /// <summary>Whether its score runs a model on candidates.</summary>
    public bool NeedsScorer => Asks != Measures.None || NeedsDropout;

    /// <summary>What a memory keeps of each example: what is asked; of a method that asks nothing, what costs least.</summary>
    public Measures Keeps => Asks == Measures.None ? Measures.Loss : Asks;

    /// <summary>Whether irreducible losses have to exist first.</summary>
    public bool NeedsIrreducibleLosses => Uses != ReferenceUse.None && !NeedsRelevance;

    /// <summary>
    /// Whether a proxy can choose the batches beforehand: not where the choice needs the target itself, trains the irreducible-loss model,
    /// is made once, or is the sampler's.
    /// </summary>
    public bool CanBePlanned => !IsGated && !ChoosesOnce && !NeedsDropout && !NeedsRelevance && Sampler is null
        && Uses != ReferenceUse.Learning;
}
