using RhoLoss.Selection.Scoring;

namespace RhoLoss.Selection.Gate;

/// <summary>Uniform selection asks no scorer; but a gate that is told of no step never gets beyond its first uniform ones.</summary>
internal sealed class Unscored : Scorer
{
    public override string Name => "auto";

    internal override bool MissedSteps => true;

    public override Measurements Measure(Candidates candidates, Measures wanted) =>
        throw new InvalidOperationException("Uniform selection has no scores.");
}
