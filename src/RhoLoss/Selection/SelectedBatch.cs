using RhoLoss.Data;
using RhoLoss.Selection.Scoring;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>What a <see cref="BatchSelector"/> chose from B_t. The caller's dispose scope owns the tensors.</summary>
/// <param name="Batch">b_t, on which to take the gradient step.</param>
/// <param name="Positions">
/// Position of each chosen example among <paramref name="Candidates"/>, int64, shape [k]; best first, except for sampled batches.
/// </param>
/// <param name="Weights">Factor of each chosen example's loss, float32, shape [k]; <c>null</c> when all are 1.</param>
/// <param name="Candidates">What was computed about B_t on the way.</param>
public sealed record SelectedBatch(Batch Batch, Tensor Positions, Tensor? Weights, ScoredCandidates Candidates)
{
    /// <summary>Inputs of b_t, shape [k, …].</summary>
    public Tensor Inputs => Batch.Inputs;

    /// <summary>Labels of b_t, int64, shape [k].</summary>
    public Tensor Labels => Batch.Labels;

    /// <summary>Stable ids of b_t, int64, shape [k].</summary>
    public Tensor Indices => Batch.Indices;

    /// <summary>Lets b_t and the small tensors a candidate outlive a selection; everything else of it is freed.</summary>
    internal void MoveToOuter(DisposeScope scope)
    {
        ScoredCandidates c = Candidates;
        Tensor?[] kept =
        [
            Batch.Indices, Batch.Inputs, Batch.Labels, Batch.Weights, Positions, Weights,
            c.Indices, c.Labels, c.Scores, c.Logits, c.Loss, c.Correct, c.IrreducibleLoss,
        ];
        foreach (Tensor? tensor in kept)
        {
            if (tensor is not null && scope.Contains(tensor)) { scope.MoveToOuter(tensor); }
        }
    }
}

/// <summary>
/// What scoring computed about the candidates: all of B_t, or those a scorer shortlisted;
/// <c>null</c> where the selection function did not ask.
/// </summary>
/// <param name="Indices">Stable ids, int64, shape [n_B].</param>
/// <param name="Labels">Labels, int64, shape [n_B].</param>
/// <param name="Scores">Scores, shape [n_B]; <c>null</c> when b_t was drawn without scoring.</param>
/// <param name="Logits">Logits, shape [n_B, C].</param>
/// <param name="Loss">L[y|x; D_t] in nats, shape [n_B].</param>
/// <param name="IrreducibleLoss">L[y|x; D_ho] in nats, shape [n_B].</param>
public sealed record ScoredCandidates(Tensor Indices, Tensor? Labels, Tensor? Scores, Tensor? Logits, Tensor? Loss, Tensor? IrreducibleLoss)
{
    /// <summary>What is known of these candidates by now.</summary>
    internal static ScoredCandidates Of(Candidates candidates, Tensor? scores)
    {
        Measurements known = candidates.Known;
        Tensor? labels = known.Logits is null ? null : candidates.Labels;
        return new ScoredCandidates(candidates.Indices, labels, scores, known.Logits, known.Loss, candidates.IrreducibleLossIfComputed)
        {
            Forwarded = candidates.Forwarded,
            Correct = known.Correct,
            SpeaksForTarget = candidates.ScorerSpeaksForTarget,
        };
    }

    /// <summary>
    /// Number of candidates that a model was run on: n_B, or 0, or what a scorer did not know already, or k while
    /// <see cref="ImportanceSampling.OnlyWhenItPays"/> draws uniformly.
    /// </summary>
    public int Forwarded { get; init; }

    /// <summary>Share predicted right, float32, shape [n_B]; null where it was not asked for.</summary>
    public Tensor? Correct { get; init; }

    /// <summary>Whether they were measured by the target with its current parameters, not by a proxy or from memory.</summary>
    public bool SpeaksForTarget { get; init; } = true;
}
