using System.Diagnostics.CodeAnalysis;
using RhoLoss.Selection.Scoring;

namespace RhoLoss.Experiments.Registry;

/// <summary>What the network of a scorer computes in.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "These are the types.")]
public enum ScorerPrecision
{
    /// <summary>What the target trains in.</summary>
    AsTarget,

    /// <summary>bfloat16, whatever the target trains in.</summary>
    BFloat16,

    /// <summary>What <c>scoring.proxy-precision</c> says.</summary>
    AsProxy,

    /// <summary>float32, beforehand.</summary>
    Float32,
}

/// <summary>A row of <see cref="ScorerTable"/>: all that the program knows of a scorer.</summary>
/// <param name="Name">Under which a recipe and an arm's name know it.</param>
/// <param name="Meaning">What it scores with, in a line.</param>
/// <param name="Create">
/// Makes it for a target that is about to be trained; null where batches are chosen before training and nothing scores.
/// </param>
public sealed record ScorerKind(string Name, string Meaning, Func<ScorerParts, Scorer>? Create)
{
    /// <summary>Whether most candidates pass through the target or a copy of it.</summary>
    public bool RunsTarget { get; init; }

    /// <summary>Whether it can run the target's dropout.</summary>
    public bool RunsDropout { get; init; }

    /// <summary>Whether the small network of the recipe scores.</summary>
    public bool NeedsProxy { get; init; }

    /// <summary>What its network computes in.</summary>
    public ScorerPrecision Precision { get; init; }

    /// <summary>
    /// Whether a benchmark may recommend it by its cost alone; not where a comparison has shown that it loses accuracy.
    /// </summary>
    public bool IsRecommended { get; init; } = true;

    /// <summary>Keys of the section <c>scoring</c> that it shares with others.</summary>
    public ValueList<string> Keys { get; init; } = [];

    /// <summary>What only it reads: keys of the section <c>scorers.NAME</c>.</summary>
    public IReadOnlyList<ArmParameter> Parameters { get; init; } = [];

    /// <summary>Full names of all keys that it reads.</summary>
    public IReadOnlyList<string> AllKeys => [.. Keys, .. Parameters.Select(parameter => $"{Section}.{parameter.Name}")];

    /// <summary>The section of its own parameters.</summary>
    public string Section => $"scorers.{Name}";

    /// <summary>Whether it replays batches that were chosen before training.</summary>
    public bool ReplaysPlan => Create is null;
}
